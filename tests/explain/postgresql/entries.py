"""Rows that need an index."""

from __future__ import annotations

ROWS = 40_000

FILL = f"""
INSERT INTO pgapp_entry
  (owner_id, kind, title, number, created_at, is_open, document, labels)
SELECT i % 500, 'kind ' || i % 20, 'title ' || md5(i::text), i,
  '2026-01-01'::timestamptz + i * interval '1 minute', i % 200 = 0,
  jsonb_build_object('color', 'c' || i % 900), ARRAY['l' || i % 900]
FROM generate_series(1, {ROWS}) AS i;
ANALYZE pgapp_entry;
"""
