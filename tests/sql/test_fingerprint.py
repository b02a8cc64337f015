"""The fingerprint: the parts it removes, the parts it keeps, and its time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orm_insight.sql import fingerprint as folding
from orm_insight.sql import fingerprint as module
from orm_insight.sql.fingerprint import fingerprint
from orm_insight.sql.tokens import tokenize
from tests.bench.statements import LARGE, ORDINARY
from tests.sql.hostile import HOSTILE, is_linear
from tests.sql.texts import sql_texts


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "BEGIN",
        "SELECT DISTINCT a, b FROM c",
        'SELECT "a"."b" AS "col1" FROM "a" WHERE "a"."c" IS NOT NULL',
        "SELECT COUNT(*) FROM a",
        "select a from b",
        "UPDATE a SET b = NULL, c = TRUE",
        "SELECT a[b], c->d, e::int FROM f",
        "SELECT a FROM b WHERE c IN (SELECT d FROM e)",
        "INSERT INTO a DEFAULT VALUES RETURNING id",
        "SELECT ?",
    ],
)
def test_noop_text_without_values(sql):
    assert fingerprint(sql) == sql


@pytest.mark.parametrize("value", ["1", "'text'", "%s", "?", "%(name)s", "$1", ":name", "-1.5e3"])
def test_value(value):
    assert fingerprint(f"SELECT a FROM b WHERE c = {value}") == "SELECT a FROM b WHERE c = ?"


@pytest.mark.parametrize(
    "sql", ["a = -1", "a = - 1", "a = + 1", "a = 1"], ids=["minus", "space", "plus", "none"]
)
def test_sign_belongs_to_the_number(sql):
    assert fingerprint(sql) == "a = ?"


def test_minus_between_two_values_is_kept():
    assert fingerprint("a - 1 > b-2") == "a - ? > b-?"


@pytest.mark.parametrize(
    "sql",
    [
        "/* url='/' */ SELECT a FROM b",
        "SELECT a FROM b -- why",
        "SELECT a /* IN (1, 2) */ FROM b;",
        "SELECT a/**/FROM b",
        "  SELECT\n\t a\n  FROM b ;\n",
    ],
)
def test_comments_and_spaces(sql):
    assert fingerprint(sql) == "SELECT a FROM b"


def test_spaces_around_brackets_and_commas():
    assert fingerprint("f( a ,b )") == "f(a, b)"


@pytest.mark.parametrize(
    "items",
    [
        "%s",
        "%s, %s",
        "1,2,  3",
        "'a', 'b', NULL, 'c''d'",
        "-1, -2, 3",
        "%(a)s, %(b)s",
        ", ".join(["%s"] * 1_000),
        "1, E'\\'', $$ $$, ?",
    ],
)
def test_in_list(items):
    assert fingerprint(f"a IN ({items}) AND b") == "a IN (?) AND b"


@pytest.mark.parametrize("sql", ["a IN(1)", "a IN ( 1, 2 )", "a IN\n(1)"])
def test_in_list_spacing(sql):
    assert fingerprint(sql) == "a IN (?)"


@pytest.mark.parametrize("rows", ["(%s, %s)", "(%s, %s), (%s, %s)", "(1,2), (NULL, 'a')"])
def test_in_list_of_rows(rows):
    assert fingerprint(f"(a, b) IN ({rows})") == "(a, b) IN ((?, ?))"


def test_in_list_of_casts():
    assert fingerprint("a IN (%s::uuid, %s::uuid, %s::uuid)") == "a IN (?::uuid)"


def test_in_list_keeps_what_is_no_value():
    assert fingerprint("a IN (%s, %s, b, c)") == "a IN (?, b, c)"


def test_in_list_inside_a_subquery():
    sql = "a IN (SELECT 1, 2, 3, 4 FROM b WHERE c IN (1, 2))"

    assert fingerprint(sql) == "a IN (SELECT ?, ?, ?, ? FROM b WHERE c IN (?))"


def test_array():
    assert fingerprint("a = ANY(ARRAY[%s, %s, %s])") == "a = ANY(ARRAY[?])"


@pytest.mark.parametrize(
    "rows",
    ["(%s, %s)", "(%s, %s), (%s, %s), (%s, %s)", "(%s, NULL), (DEFAULT, %s)", "(1,'a'),(2,'b')"],
)
def test_rows_of_values(rows):
    sql = f"INSERT INTO a (b, c) VALUES {rows} RETURNING id"

    assert fingerprint(sql) == "INSERT INTO a (b, c) VALUES (?, ?) RETURNING id"


def test_rows_of_values_inside_a_bracket():
    assert fingerprint("SELECT * FROM (VALUES (1), (2)) AS a") == "SELECT * FROM (VALUES (?)) AS a"


def test_rows_of_different_shape_are_kept():
    assert fingerprint("VALUES (%s, NOW()), (%s, %s)") == "VALUES (?, NOW()), (?, ?)"


def test_values_of_an_upsert():
    sql = "INSERT INTO a VALUES (1), (2) ON DUPLICATE KEY UPDATE b = VALUES(b), c = VALUES(c)"

    assert fingerprint(sql) == (
        "INSERT INTO a VALUES (?) ON DUPLICATE KEY UPDATE b = VALUES (b), c = VALUES (c)"
    )


def test_number_of_arguments_is_kept():
    assert fingerprint("COALESCE(a, %s, %s)") != fingerprint("COALESCE(a, %s)")


@pytest.mark.parametrize("count", [1, 2, 50])
def test_branches_of_a_bulk_update(count):
    branches = " ".join(['WHEN ("a"."id" = %s) THEN %s', 'WHEN ("a"."id" = %s) THEN NULL'] * count)

    assert fingerprint(f"UPDATE a SET b = CASE {branches} ELSE NULL END WHERE c") == (
        'UPDATE a SET b = CASE WHEN ("a"."id" = ?) THEN ? ELSE NULL END WHERE c'
    )


def test_branches_that_differ_are_kept():
    sql = "CASE WHEN a THEN b WHEN c THEN d END"

    assert fingerprint(sql) == sql


@pytest.mark.parametrize("verb", ["SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT"])
@pytest.mark.parametrize("name", ['"s140_x1"', "`s140_x2`", "s3"])
def test_savepoint(verb, name):
    assert fingerprint(f"{verb} {name}") == f"{verb} ?"


def test_question_mark_operators_of_json():
    assert fingerprint("a ? 'b' AND a ?| %s") == "a ? ? AND a ?| ?"


def test_several_statements():
    assert fingerprint("SELECT 1; SELECT 'a';") == "SELECT ?; SELECT ?"


@pytest.mark.parametrize("sql", ["SELECT 'it", 'SELECT "it', "SELECT a FROM (", "))", "END", "\0"])
def test_broken_text_has_a_fingerprint(sql):
    assert fingerprint(sql)


@settings(deadline=None)
@given(sql_texts)
def test_a_fingerprint_is_its_own_fingerprint(sql):
    assert fingerprint(fingerprint(sql)) == fingerprint(sql)


@settings(deadline=None)
@given(st.lists(st.integers() | st.text() | st.none(), min_size=1), st.text(), st.integers())
def test_values_do_not_matter(items, text, number):
    values = ", ".join(map(literal, items))
    sql = f"SELECT {number} FROM a WHERE b = {literal(text)} AND c IN ({values})"

    assert fingerprint(sql) == "SELECT ? FROM a WHERE b = ? AND c IN (?)"


def literal(value: object) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def test_short_texts_are_remembered():
    assert fingerprint(ORDINARY) is fingerprint(ORDINARY)


def test_of_long_texts_the_fingerprint_is_remembered_and_not_the_text():
    long = f"SELECT a FROM b WHERE c = '{'x' * module.CACHED_LENGTH}'"
    held = module._cached_fingerprint.cache_info().currsize

    assert fingerprint(long) is fingerprint(long)
    assert module._cached_fingerprint.cache_info().currsize == held
    assert "SELECT a FROM b WHERE c = ?" in module._of_long_texts.values()


def test_long_fingerprints_are_not_remembered():
    long = "SELECT " + "a, " * module.CACHED_LENGTH

    assert fingerprint(long) not in module._of_long_texts.values()


def test_number_of_remembered_long_texts_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "CACHED_TEXTS", 3)
    for number in range(10):
        fingerprint(f"SELECT '{number}{'x' * module.CACHED_LENGTH}'")

    assert len(module._of_long_texts) <= 3


@pytest.mark.parametrize(
    ("sql", "folded", "most_tokens"),
    [
        (ORDINARY, None, 70),
        (LARGE["placeholders"], "SELECT a FROM b WHERE c IN (?)", 500_000 // 20),
        (LARGE["numbers"], "SELECT a FROM b WHERE c IN (?)", 250_000 // 20),
        (LARGE["text"], "SELECT ?", 3),
        (LARGE["columns"], None, 90_000 // 10),
        (LARGE["rows"], "INSERT INTO a (b) VALUES (?)", 5 * 50_000 + 20),
    ],
    ids=["ordinary", *LARGE],
)
def test_few_tokens_are_read(monkeypatch, sql, folded, most_tokens):
    """Each token costs a microsecond; ``tests.bench.statements`` prints the times."""
    tokens = []

    def counted(text, **options):
        for token in tokenize(text, **options):
            tokens.append(token)
            yield token

    monkeypatch.setattr(folding, "tokenize", counted)

    assert module._fingerprint(sql) == folded or folded is None
    assert len(tokens) <= most_tokens


@pytest.mark.parametrize("build", HOSTILE)
def test_hostile_text_takes_linear_time(build):
    assert is_linear(lambda length: module._fingerprint(build(length)))
