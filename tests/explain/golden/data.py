"""The tables that the plans are about; the same rows on every server."""

from __future__ import annotations

TABLES = """
CREATE TABLE author (id int PRIMARY KEY, name text NOT NULL, country int NOT NULL);
INSERT INTO author SELECT i, 'author ' || i, i % 20 FROM generate_series(1, 1000) AS i;
CREATE TABLE post (
  id int PRIMARY KEY, author_id int NOT NULL REFERENCES author, day int NOT NULL,
  state int NOT NULL, title text NOT NULL);
INSERT INTO post SELECT i, 1 + i % 1000, i % 365, i % 50, 'post ' || i || repeat('x', 60)
  FROM generate_series(1, 20000) AS i;
CREATE INDEX post_author ON post (author_id);
CREATE INDEX post_day ON post (day);
CREATE INDEX post_state ON post (state);
CREATE TABLE comment (id int PRIMARY KEY, post_id int NOT NULL, points int NOT NULL, text text);
INSERT INTO comment SELECT i, 1 + i % 20000, i % 1000, md5(i::text)
  FROM generate_series(1, 100000) AS i;
CREATE INDEX comment_post ON comment (post_id);
CREATE INDEX comment_points ON comment (points);
CREATE TABLE visit (day int NOT NULL, page int NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM (0) TO (100);
CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM (100) TO (200);
CREATE TABLE visit_3 PARTITION OF visit FOR VALUES FROM (200) TO (366);
INSERT INTO visit SELECT i % 366, i % 77 FROM generate_series(1, 30000) AS i;
CREATE TABLE log (entry text);
CREATE FUNCTION write_log() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO log VALUES (NEW.name); RETURN NEW; END $$;
CREATE TRIGGER logged AFTER INSERT OR UPDATE ON author FOR EACH ROW EXECUTE FUNCTION write_log();
CREATE TABLE note (id int PRIMARY KEY, body text);
INSERT INTO note SELECT i, 'note ' || i FROM generate_series(1, 20000) AS i;
ALTER TABLE note SET (autovacuum_enabled = false);
VACUUM ANALYZE author, post, comment, note;
ANALYZE visit;
UPDATE note SET body = body || '!' WHERE id % 3 = 0;
"""
# Only where the server's extension is there.
FOREIGN = """
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE far (id int, name text) SERVER files
  OPTIONS (program 'seq 1 5000 | sed "s/.*/&,name &/"', format 'csv');
"""
