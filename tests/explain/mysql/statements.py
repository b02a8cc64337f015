"""Statements of every kind for MariaDB, each with what it would do to the database if it ran."""

from __future__ import annotations

from typing import Any

SETUP = [
    "CREATE TABLE item (id int PRIMARY KEY AUTO_INCREMENT, name varchar(50) UNIQUE, amount int)",
    "INSERT INTO item (name, amount) SELECT concat('item ', seq), seq FROM seq_1_to_20",
    "CREATE TABLE plain (id int PRIMARY KEY AUTO_INCREMENT, name varchar(50)) ENGINE=MyISAM",
    "INSERT INTO plain (name) SELECT name FROM item",
    "CREATE TABLE durable (id int PRIMARY KEY AUTO_INCREMENT, name varchar(50)) ENGINE=Aria",
    "INSERT INTO durable (name) SELECT name FROM item",
    "CREATE SEQUENCE counter",
    "CREATE TABLE numbered (id bigint DEFAULT nextval(counter) PRIMARY KEY, name varchar(50))",
    "CREATE FUNCTION writes() RETURNS int MODIFIES SQL DATA "
    "BEGIN INSERT INTO item (name) VALUES ('written'); RETURN 1; END",
    "CREATE FUNCTION writes_at_once() RETURNS int MODIFIES SQL DATA "
    "BEGIN INSERT INTO plain (name) VALUES ('written'); RETURN 1; END",
    "CREATE FUNCTION writes_while_planned(a int) RETURNS int DETERMINISTIC MODIFIES SQL DATA "
    "BEGIN INSERT INTO plain (name) VALUES ('written'); RETURN 1; END",
    "CREATE FUNCTION swallows_errors() RETURNS int MODIFIES SQL DATA "
    "BEGIN DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END; DELETE FROM plain; RETURN 1; END",
    "CREATE FUNCTION doubles(a int) RETURNS int DETERMINISTIC NO SQL RETURN a * 2",
    "CREATE PROCEDURE proceeds() BEGIN DELETE FROM item; COMMIT; END",
    "CREATE TRIGGER notices BEFORE INSERT ON item FOR EACH ROW "
    "INSERT INTO plain (name) VALUES ('noticed')",
    "CREATE VIEW visible AS SELECT * FROM item",
    "CREATE VIEW hiding AS SELECT id, writes_while_planned(1) AS a FROM item",
]
TEARDOWN = [
    "DROP VIEW hiding, visible",
    "DROP PROCEDURE proceeds",
    "DROP FUNCTION writes",
    "DROP FUNCTION writes_at_once",
    "DROP FUNCTION writes_while_planned",
    "DROP FUNCTION swallows_errors",
    "DROP FUNCTION doubles",
    "DROP TABLE item, plain, durable, numbered",
    "DROP SEQUENCE counter",
]

READS: list[tuple[str, Any]] = [
    ("SELECT * FROM item WHERE id = %s", (1,)),
    ("SELECT * FROM item WHERE name = %(name)s", {"name": "item 2"}),
    ("SELECT * FROM item WHERE name LIKE 'item%'", None),
    ("SELECT * FROM item WHERE name LIKE 'item%%' AND 7 %% 2 = 1", ()),
    ("WITH a AS (SELECT * FROM item) SELECT count(*) FROM a", None),
    ("VALUES (1), (2)", None),
    ("(SELECT 1) UNION ALL (SELECT 2);", None),
    ("/* a comment */ SELECT * FROM visible", None),
    ("SELECT * FROM plain JOIN durable USING (id)", None),
    ("SELECT doubles(amount) FROM item WHERE id = doubles(2)", None),
    ("SELECT group_concat(name SEPARATOR '; ') FROM item", None),
    ("SELECT @a := @a + 1 FROM item", None),
    ("SELECT last_insert_id(77)", None),
    ("SELECT * FROM item WHERE name = %s", ("x'; DELETE FROM item; -- ",)),
]

# Explained, not run: the server refuses to in a read-only transaction.
WRITES: list[tuple[str, Any]] = [
    ("INSERT INTO item (name) VALUES (%s)", ("new",)),
    ("INSERT INTO item (name) VALUES ('item 1') ON DUPLICATE KEY UPDATE amount = 9", None),
    ("INSERT IGNORE INTO item (name) VALUES (%s), (%s)", ("item 1", "new")),
    ("INSERT INTO plain (name) SELECT name FROM item", None),
    ("INSERT INTO numbered (name) VALUES ('x')", None),
    ("REPLACE INTO durable (id, name) VALUES (1, 'x')", None),
    ("UPDATE item SET amount = amount + 1 WHERE id < %s", (5,)),
    ("UPDATE item JOIN plain USING (id) SET item.amount = 0, plain.name = ''", None),
    ("DELETE FROM plain", None),
    ("DELETE item FROM item JOIN plain USING (id)", None),
    ("/* not hidden */ DELETE FROM durable WHERE id = 1", None),
]

# Not run because of their text.
HELD_BACK: list[tuple[str, Any]] = [
    ("SELECT * FROM item FOR UPDATE", None),
    ("SELECT * FROM item WHERE id = 1 LOCK IN SHARE MODE", None),
    ("SELECT get_lock('orm-insight', 1)", None),
    ("SELECT release_all_locks()", None),
    ("SELECT * FROM item INTO OUTFILE '{folder}/out.txt'", None),
    ("SELECT name FROM item LIMIT 1 INTO DUMPFILE '{folder}/dump.txt'", None),
    ("SELECT name FROM item LIMIT 1 INTO @a", None),
    ("SELECT 1 /*! INTO OUTFILE '{folder}/hidden.txt' */", None),
]

# There is no plan for these, or the server answers with an error.
IMPOSSIBLE: list[tuple[str, Any]] = [
    ("SELECT nextval(counter)", None),
    ("SELECT NEXT VALUE FOR counter", None),
    ("SELECT setval(counter, 500)", None),
    ("SELECT * FROM item WHERE id = writes_while_planned(1)", None),
    ("SELECT * FROM hiding", None),
    ("SELECT swallows_errors()", None),
    ("UPDATE item SET amount = 1 WHERE id = writes_while_planned(1)", None),
    ("UPDATE item SET amount = 1 WHERE id = (SELECT WRITES_WHILE_PLANNED (1))", None),
    ("DELETE FROM item WHERE id IN (SELECT a FROM hiding)", None),
    ("DELETE FROM item WHERE id = nextval(counter)", None),
    ("INSERT INTO item (name) SELECT writes_at_once()", None),
    ("SELECT 1; DELETE FROM item", None),
    ("SELECT 1; COMMIT; DELETE FROM item", None),
    ("SELECT %s; COMMIT; DELETE FROM item; COMMIT", (1,)),
    ("SELECT 1; /*! DELETE FROM plain */", None),
    ("COMMIT; DELETE FROM item", None),
    ("/*! DELETE FROM plain WHERE id IN (*/ SELECT 1 /*! ) */", None),
    ("EXTENDED DELETE FROM item", None),
    ("FORMAT=JSON DELETE FROM item", None),
    ("FOR CONNECTION 1", None),
    ("ANALYZE DELETE FROM item", None),
    ("EXPLAIN ANALYZE DELETE FROM item", None),
    ("CALL proceeds()", None),
    ("DO writes_at_once()", None),
    ("SET @a = 1", None),
    ("SET GLOBAL max_connections = 10", None),
    ("SET STATEMENT max_statement_time = 0 FOR SELECT 1", None),
    ("TRUNCATE item", None),
    ("CREATE TABLE copied AS SELECT * FROM item", None),
    ("CREATE TEMPORARY TABLE copied (id int)", None),
    ("CREATE OR REPLACE TABLE item (id int)", None),
    ("ALTER TABLE item ADD COLUMN extra int", None),
    ("DROP TABLE item", None),
    ("RENAME TABLE item TO other", None),
    ("ANALYZE TABLE item", None),
    ("OPTIMIZE TABLE item", None),
    ("LOCK TABLES item WRITE", None),
    ("FLUSH TABLES WITH READ LOCK", None),
    ("LOAD DATA INFILE '/etc/hostname' INTO TABLE plain (name)", None),
    ("HANDLER item OPEN", None),
    ("PREPARE p FROM 'DELETE FROM item'", None),
    ("EXECUTE IMMEDIATE 'DELETE FROM plain'", None),
    ("BEGIN NOT ATOMIC DELETE FROM plain; END", None),
    ("XA START 'x'", None),
    ("SAVEPOINT s", None),
    ("BEGIN", None),
    ("COMMIT", None),
    ("KILL 1", None),
    ("SELECT * FROM gone", None),
    ("SELEC 1", None),
    ("", None),
]
ALL = READS + WRITES + HELD_BACK + IMPOSSIBLE
