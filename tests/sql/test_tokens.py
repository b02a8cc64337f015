"""The tokenizer: each kind of token, where the databases differ, and that nothing makes it slow."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from orm_insight.sql.tokens import Kind, count_values, tokenize
from tests.sql.hostile import HOSTILE, is_linear
from tests.sql.texts import sql_texts

SPACES = (Kind.SPACE, Kind.COMMENT)


def cut(sql: str, *, coarse: bool = False) -> list[tuple[Kind, str]]:
    return [token for token in tokenize(sql, coarse=coarse) if token[0] not in SPACES]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("  \t\n\r ", Kind.SPACE),
        ("-- a 'comment'", Kind.COMMENT),
        ("/* a 'comment' */", Kind.COMMENT),
        ("/* a /* nested */ one */", Kind.COMMENT),
        ("/* never closed", Kind.COMMENT),
        ("/**/", Kind.COMMENT),
        ("SELECT", Kind.WORD),
        ("blog_post", Kind.WORD),
        ("übung", Kind.WORD),
        ("a$b", Kind.WORD),
        ('"blog_post"', Kind.NAME),
        ('"a ""quoted"" name"', Kind.NAME),
        ('"never closed', Kind.NAME),
        ("`blog_post`", Kind.NAME),
        ("`a ``quoted`` name`", Kind.NAME),
        ('U&"d\\0061t"', Kind.NAME),
        ("'text'", Kind.STRING),
        ("''", Kind.STRING),
        ("'it''s'", Kind.STRING),
        ("'a backslash \\'", Kind.STRING),
        ("'two\nlines'", Kind.STRING),
        ("'-- no comment'", Kind.STRING),
        ("'never closed", Kind.STRING),
        ("E'it\\'s'", Kind.STRING),
        ("e'it''s \\\\'", Kind.STRING),
        ("E'never closed\\", Kind.STRING),
        ("x'ff'", Kind.STRING),
        ("B'01'", Kind.STRING),
        ("U&'d\\0061t'", Kind.STRING),
        ("$$it's$$", Kind.STRING),
        ("$tag$ $$ $other$ $tag$", Kind.STRING),
        ("$tag$ never closed $$", Kind.STRING),
        ("0", Kind.NUMBER),
        ("1_000", Kind.NUMBER),
        ("1.5", Kind.NUMBER),
        (".5", Kind.NUMBER),
        ("1.5e-10", Kind.NUMBER),
        ("0xFF", Kind.NUMBER),
        ("%s", Kind.PLACEHOLDER),
        ("%(name of it)s", Kind.PLACEHOLDER),
        ("%b", Kind.PLACEHOLDER),
        ("?", Kind.PLACEHOLDER),
        ("?12", Kind.PLACEHOLDER),
        (":name", Kind.PLACEHOLDER),
        ("@name", Kind.PLACEHOLDER),
        ("$1", Kind.PLACEHOLDER),
        ("(", Kind.PUNCTUATION),
        (";", Kind.PUNCTUATION),
        ("::", Kind.OPERATOR),
        ("->>", Kind.OPERATOR),
        ("?|", Kind.OPERATOR),
        ("<=", Kind.OPERATOR),
        ("%", Kind.OPERATOR),
        ("\0", Kind.OPERATOR),
    ],
)
def test_text_is_one_token(sql, kind):
    assert list(tokenize(sql)) == [(kind, sql)]


@pytest.mark.parametrize(
    ("sql", "texts"),
    [
        ("", []),
        ('"a"."b"', ['"a"', ".", '"b"']),
        ("a=%s", ["a", "=", "%s"]),
        ("a%%2", ["a", "%", "%", "2"]),
        ("a::int", ["a", "::", "int"]),
        ("a[1:2]", ["a", "[", "1", ":", "2", "]"]),
        ("'a' 'b'", ["'a'", "'b'"]),
        ("name'text'", ["name", "'text'"]),
        ("data ? 'key'", ["data", "?", "'key'"]),
        ("5-3", ["5", "-", "3"]),
        ("a--b\nc", ["a", "c"]),
        ("a/* b */c", ["a", "c"]),
        ("(%s, %s)", ["(", "%s", ",", "%s", ")"]),
        ("1..2", ["1.", ".2"]),
    ],
)
def test_text_is_cut(sql, texts):
    assert [text for _, text in cut(sql)] == texts


def test_comment_that_does_not_add_up_ends_where_other_databases_end_it():
    assert cut("/* see /* here */ SELECT") == [(Kind.WORD, "SELECT")]


def test_comments_before_an_uneven_one_are_nested():
    assert cut("/* a /* b */ c */ SELECT /* /* */ x") == [(Kind.WORD, "SELECT"), (Kind.WORD, "x")]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("%s, %s", Kind.LIST),
        ("1,2.5 ,\n 3", Kind.LIST),
        ("'a', ?, $1, 5", Kind.LIST),
        ('"a"."b"', Kind.NAME),
        ('"a"."b", "a"."c"', Kind.NAME),
        ("`a`.`b`", Kind.NAME),
    ],
)
def test_lists_are_one_token_on_request(sql, kind):
    coarse = cut(f"({sql})", coarse=True)

    assert coarse == [(Kind.PUNCTUATION, "("), (kind, sql), (Kind.PUNCTUATION, ")")]


@pytest.mark.parametrize(
    "sql",
    ["(%s)", "(%s::int, %s::int)", "(1, a)", "('it''s')", "(E'a', b)", "('a' || 'b', 'c' || 'd')"],
)
def test_other_lists_are_cut_as_ever(sql):
    assert cut(sql, coarse=True) == cut(sql)


@pytest.mark.parametrize("sql", ["1, 2, 3", "'a', '1, 2', %s", "?,?,?", "$1, $2, 2.5"])
def test_values_of_a_list_are_counted(sql):
    assert count_values(sql) == 3


@settings(deadline=None)
@given(sql_texts)
def test_no_character_is_lost(sql):
    assert "".join(text for _, text in tokenize(sql)) == sql
    assert "".join(text for _, text in tokenize(sql, coarse=True)) == sql


def exhaust(sql: str) -> None:
    for _ in tokenize(sql, coarse=True):
        pass


@pytest.mark.parametrize("build", HOSTILE)
def test_hostile_text_takes_linear_time(build):
    assert is_linear(lambda length: exhaust(build(length)))
