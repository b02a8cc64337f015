"""Statements of every kind, each with what it would do to the database if it ran.

``SETUP`` makes what they need; ``%(…)s`` and ``%s`` are bound as the application would.
"""

from __future__ import annotations

from typing import Any

SETUP = """
CREATE TABLE item (id serial PRIMARY KEY, name text NOT NULL UNIQUE, amount int DEFAULT 0);
INSERT INTO item (name, amount) SELECT 'item ' || i, i FROM generate_series(1, 20) AS i;
CREATE SEQUENCE counter;
SELECT nextval('counter'), lo_create(4711);
CREATE MATERIALIZED VIEW totals AS SELECT sum(amount) FROM item;
CREATE VIEW visible AS SELECT * FROM item;
CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO item (name) VALUES ('written'); RETURN 1; END $$;
CREATE FUNCTION writes_while_planned() RETURNS int LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN INSERT INTO item (name) VALUES ('written'); RETURN 1; END $$;
CREATE FUNCTION writes_as_owner() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS
  $$ BEGIN DELETE FROM item; RETURN 1; END $$;
CREATE FUNCTION breaks_out() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN SET TRANSACTION READ WRITE; DELETE FROM item; RETURN 1; END $$;
CREATE FUNCTION breaks_out_by_config() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN PERFORM set_config('transaction_read_only', 'off', false); DELETE FROM item;
     RETURN 1; END $$;
CREATE FUNCTION swallows_errors() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN
       BEGIN SET TRANSACTION READ WRITE; EXCEPTION WHEN OTHERS THEN NULL; END;
       BEGIN DELETE FROM item; EXCEPTION WHEN OTHERS THEN NULL; END;
       RETURN 1; END $$;
CREATE FUNCTION commits() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN COMMIT; DELETE FROM item; RETURN 1; END $$;
CREATE FUNCTION runs_ddl() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN EXECUTE 'DROP TABLE item CASCADE'; RETURN 1; END $$;
CREATE FUNCTION takes_a_number() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('counter') $$;
CREATE FUNCTION locks() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_advisory_lock(42); RETURN 1; END $$;
CREATE FUNCTION makes_a_temporary_table() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN CREATE TEMPORARY TABLE fleeting (id int); RETURN 1; END $$;
CREATE VIEW tempting AS SELECT id, writes() AS written FROM item;
CREATE PROCEDURE proceeds() LANGUAGE plpgsql AS
  $$ BEGIN DELETE FROM item; COMMIT; END $$;
"""
TEARDOWN = """
DROP PROCEDURE proceeds;
DROP VIEW tempting;
DROP FUNCTION locks, makes_a_temporary_table, writes,
  writes_while_planned, writes_as_owner, breaks_out, breaks_out_by_config,
  swallows_errors, commits, runs_ddl, takes_a_number;
DROP MATERIALIZED VIEW totals; DROP VIEW visible; DROP TABLE item; DROP SEQUENCE counter;
SELECT lo_unlink(4711);
"""

READS: list[tuple[str, Any]] = [
    ("SELECT * FROM item WHERE id = %s", (1,)),
    ("SELECT * FROM item WHERE name = %(name)s", {"name": "item 2"}),
    ("SELECT * FROM item WHERE name LIKE 'item%'", None),
    ("SELECT * FROM item WHERE name LIKE 'item%%' AND 7 %% 2 = 1", ()),
    ("WITH a AS (SELECT * FROM item) SELECT count(*) FROM a", None),
    ("VALUES (1), (2)", None),
    ("TABLE item", None),
    ("(SELECT 1) UNION ALL (SELECT 2);", None),
    ("/* a comment */ -- another\nSELECT * FROM visible", None),
    ("SELECT currval('counter') FROM item WHERE false", None),
]

# The server refuses to run these in a read-only transaction.
WRITES: list[tuple[str, Any]] = [
    ("INSERT INTO item (name) VALUES (%s)", ("new",)),
    (
        "INSERT INTO item (name) VALUES (%s) ON CONFLICT (name) DO UPDATE SET amount = 9",
        ("item 1",),
    ),
    ("INSERT INTO item (name) VALUES (%s) ON CONFLICT DO NOTHING RETURNING id", ("item 1",)),
    ("INSERT INTO item (name) SELECT name || '!' FROM item", None),
    ("UPDATE item SET amount = amount + 1 WHERE id < %s RETURNING *", (5,)),
    ("UPDATE visible SET amount = 0", None),
    ("DELETE FROM item USING visible WHERE visible.id = item.id", None),
    ("/* not hidden */ DELETE FROM item", None),
    (
        "MERGE INTO item USING visible ON false WHEN NOT MATCHED THEN INSERT (name) VALUES ('x')",
        None,
    ),
    ("WITH gone AS (DELETE FROM item RETURNING id) SELECT count(*) FROM gone", None),
    ("WITH a AS (SELECT 1), b AS (UPDATE item SET amount = 1 RETURNING 1) TABLE a", None),
    ("SELECT * FROM item FOR UPDATE", None),
    ("SELECT * FROM item FOR NO KEY UPDATE SKIP LOCKED", None),
    ("SELECT * FROM item FOR SHARE NOWAIT", None),
    ("SELECT * FROM (SELECT * FROM item FOR KEY SHARE) AS locked", None),
    ("SELECT nextval('counter')", None),
    ("SELECT setval('counter', 500)", None),
    ("SELECT takes_a_number()", None),
    ("SELECT writes()", None),
    ("SELECT writes_as_owner()", None),
    ("SELECT count(*) FROM item WHERE writes() = 1", None),
    ("SELECT runs_ddl()", None),
    ("SELECT makes_a_temporary_table()", None),
    ("INSERT INTO item DEFAULT VALUES", None),
    ("INSERT INTO item (name) VALUES (nextval('counter')::text)", None),
    ("INSERT INTO item (name) SELECT unnest(%s::text[]) RETURNING id", (["a", "b"],)),
    ("UPDATE item SET amount = nextval('counter')", None),
    (
        "WITH new AS (INSERT INTO item (name) VALUES (%s) ON CONFLICT (name) "
        "DO UPDATE SET amount = 1 RETURNING id) SELECT * FROM new",
        ("item 1",),
    ),
    ("SELECT * FROM item, LATERAL (SELECT writes()) AS w", None),
    ("SELECT * FROM ROWS FROM (writes()) AS w", None),
    ("SELECT id FROM item ORDER BY writes()", None),
    ("VALUES (writes())", None),
    ("SELECT * FROM tempting", None),
]

# The server may run these; what they do is undone, or never leaves the session.
UNDONE: list[tuple[str, Any]] = [
    ("SELECT swallows_errors()", None),
    ("SELECT set_config('transaction_read_only', 'on', false)", None),
    ("SELECT set_config('default_transaction_read_only', 'off', false)", None),
    ("SELECT set_config('statement_timeout', '0', false)", None),
    ("SELECT pg_notify('channel', 'payload')", None),
    ("SELECT * INTO copied FROM item", None),
    ("SELECT * INTO TEMP copied FROM item", None),
    ("SELECT pg_current_xact_id()", None),
    ("SELECT setseed(0.5)", None),
    ("SELECT locks()", None),
    ("SELECT locks() FROM item", None),
]

# Not run because of their text.
HELD_BACK: list[tuple[str, Any]] = [
    ("CREATE TABLE copied AS SELECT * FROM item", None),
    ("CREATE TEMPORARY TABLE copied AS SELECT * FROM item", None),
    ("CREATE MATERIALIZED VIEW copied AS SELECT * FROM item", None),
    ("SELECT pg_advisory_lock(%s)", (42,)),
    ("SELECT pg_try_advisory_xact_lock(42)", None),
    ('SELECT "pg_advisory_lock"(42)', None),
    ("SELECT pg_catalog.pg_advisory_lock_shared(42)", None),
    ("SELECT pg_advisory_unlock_all()", None),
    ("CREATE TEMP TABLE copied ON COMMIT DROP AS SELECT * FROM item", None),
    ("SELECT pg_reload_conf()", None),
    ("SELECT pg_stat_reset()", None),
    ("SELECT pg_logical_emit_message(false, 'a', 'b')", None),
    ("SELECT lo_export(4711, '/tmp/orm-insight-export')", None),
    ("SELECT pg_create_physical_replication_slot('slot', true)", None),
]

# There is no plan for these, or the server answers with an error.
IMPOSSIBLE: list[tuple[str, Any]] = [
    ("SELECT writes_while_planned()", None),
    ("SELECT locks(), 1 / (amount - amount) FROM item", None),
    ("SELECT breaks_out()", None),
    ("SELECT breaks_out_by_config()", None),
    ("SELECT commits()", None),
    ("SELECT set_config('transaction_read_only', 'off', false)", None),
    ("SELECT lo_create(0)", None),
    ("SELECT lo_unlink(4711)", None),
    ("SELECT 1; DELETE FROM item", None),
    ("SELECT 1; COMMIT; DELETE FROM item", None),
    ("SELECT %s; COMMIT; DELETE FROM item; COMMIT", (1,)),
    ("SELECT %(a)s; ROLLBACK; TRUNCATE item", {"a": 1}),
    ("COMMIT; DELETE FROM item", None),
    ("; DELETE FROM item", None),
    ("ANALYZE DELETE FROM item", None),
    ("(ANALYZE) DELETE FROM item", None),
    ("EXPLAIN ANALYZE DELETE FROM item", None),
    ("DO $$ BEGIN DELETE FROM item; END $$", None),
    ("CALL proceeds()", None),
    ("COPY item FROM STDIN", None),
    ("COPY item TO '/tmp/orm-insight-copy'", None),
    ("COPY (SELECT 1) TO PROGRAM 'cat'", None),
    ("LISTEN channel", None),
    ("NOTIFY channel, 'payload'", None),
    ("TRUNCATE item CASCADE", None),
    ("CREATE TABLE other (id int)", None),
    ("CREATE TEMPORARY TABLE other (id int)", None),
    ("CREATE INDEX CONCURRENTLY ON item (amount)", None),
    ("ALTER TABLE item ADD COLUMN extra int", None),
    ("DROP TABLE item CASCADE", None),
    ("GRANT ALL ON item TO PUBLIC", None),
    ("VACUUM item", None),
    ("REINDEX TABLE item", None),
    ("LOCK TABLE item", None),
    ("SAVEPOINT s1", None),
    ("BEGIN", None),
    ("COMMIT", None),
    ("ROLLBACK", None),
    ("PREPARE TRANSACTION 'x'", None),
    ("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", None),
    ("SET TRANSACTION READ WRITE", None),
    ("SET CONSTRAINTS ALL IMMEDIATE", None),
    ("RESET ALL", None),
    ("PREPARE p AS DELETE FROM item", None),
    ("EXECUTE p", None),
    ("DEALLOCATE ALL", None),
    ("DISCARD ALL", None),
    ("FETCH ALL FROM c", None),
    ("REFRESH MATERIALIZED VIEW totals", None),
    ("ALTER SYSTEM SET work_mem = '1MB'", None),
    ("CREATE ROLE intruder", None),
    ("SELECT 1;;DELETE FROM item", None),
    ("EXPLAIN (ANALYZE, COSTS OFF) DELETE FROM item", None),
    ("COPY item (name) FROM '/etc/hostname'", None),
    ("COPY (DELETE FROM item RETURNING 1) TO STDOUT", None),
    ("UNLISTEN *", None),
    ("ANALYZE item", None),
    ("CLUSTER item USING item_pkey", None),
    ("CHECKPOINT", None),
    ("LOAD 'plpgsql'", None),
    ("COMMENT ON TABLE item IS 'changed'", None),
    ("CREATE RULE gone AS ON INSERT TO item DO INSTEAD NOTHING", None),
    ("CREATE FUNCTION other() RETURNS int LANGUAGE sql AS 'SELECT 1'", None),
    ("CREATE EXTENSION IF NOT EXISTS pg_trgm", None),
    ("ALTER SEQUENCE counter RESTART WITH 700", None),
    ("DROP SEQUENCE counter", None),
    ("SET ROLE postgres", None),
    ("SET work_mem = '1MB'", None),
    ("SHOW work_mem", None),
    ("START TRANSACTION READ WRITE", None),
    ("END", None),
    ("ABORT", None),
    ("RELEASE SAVEPOINT s1", None),
    ("ROLLBACK TO SAVEPOINT s1", None),
    ("COMMIT PREPARED 'x'", None),
    ("CLOSE ALL", None),
    ("MOVE ALL FROM c", None),
    ("", None),
    ("-- nothing", None),
]
CURSORS: list[tuple[str, Any]] = [
    ("DECLARE c CURSOR FOR TABLE item", None),
    ("DECLARE c CURSOR WITH HOLD FOR TABLE item", None),
]
ALL = READS + WRITES + UNDONE + HELD_BACK + IMPOSSIBLE + CURSORS
