"""Everything in a PostgreSQL database that a statement could change, as one comparable value."""

from __future__ import annotations

from typing import Any

from django.db import connections

OBJECTS = """
SELECT 'relations', md5(string_agg(n.nspname || '.' || c.relname || c.relkind::text
    || c.relacl::text, ',' ORDER BY c.oid))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT LIKE 'pg\\_toast%%'
UNION ALL SELECT 'columns', md5(string_agg(attname, ',' ORDER BY attrelid, attnum))
  FROM pg_attribute
UNION ALL SELECT 'functions', count(*)::text FROM pg_proc
UNION ALL SELECT 'comments', count(*)::text FROM pg_description
UNION ALL SELECT 'rules', count(*)::text FROM pg_rewrite
UNION ALL SELECT 'triggers', count(*)::text FROM pg_trigger
UNION ALL SELECT 'constraints', count(*)::text FROM pg_constraint
UNION ALL SELECT 'extensions', count(*)::text FROM pg_extension
UNION ALL SELECT 'configuration', md5(string_agg(name || setting, ',' ORDER BY sourcefile, seqno))
  FROM pg_file_settings
UNION ALL SELECT 'contents of large objects', md5(string_agg(data, '' ORDER BY loid, pageno))
  FROM pg_largeobject
UNION ALL SELECT 'roles', md5(string_agg(rolname, ',' ORDER BY oid)) FROM pg_roles
UNION ALL SELECT 'settings', md5(coalesce(string_agg(setconfig::text, ','), ''))
  FROM pg_db_role_setting
UNION ALL SELECT 'large objects', count(*)::text FROM pg_largeobject_metadata
UNION ALL SELECT 'prepared transactions', count(*)::text FROM pg_prepared_xacts
UNION ALL SELECT 'replication slots', count(*)::text FROM pg_replication_slots
UNION ALL SELECT 'advisory locks', count(*)::text FROM pg_locks WHERE locktype = 'advisory'
"""
RELATIONS = """
SELECT quote_ident(schemaname) || '.' || quote_ident(name), kind FROM (
  SELECT schemaname, tablename AS name, 'table' AS kind FROM pg_tables
  UNION ALL SELECT schemaname, matviewname, 'table' FROM pg_matviews
  UNION ALL SELECT schemaname, sequencename, 'sequence' FROM pg_sequences
) AS found
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
CHECKSUM = "SELECT count(*), md5(string_agg(r::text, ',' ORDER BY r::text)) FROM {} AS r"
POSITION = "SELECT last_value, is_called FROM {}"


def snapshot(alias: str = "default") -> dict[str, Any]:
    """Rows of every table, position of every sequence, and what else exists."""
    with connections[alias].cursor() as cursor:
        cursor.execute(OBJECTS)
        state: dict[str, Any] = dict(cursor.fetchall())
        cursor.execute(RELATIONS)
        for name, kind in cursor.fetchall():
            cursor.execute((POSITION if kind == "sequence" else CHECKSUM).format(name))
            state[name] = cursor.fetchone()
    return state
