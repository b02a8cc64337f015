"""Values that are withheld before a trace is stored."""

from __future__ import annotations

import pytest

import orm_insight
from orm_insight.capture.redaction import SecretColumns, redact_everything, withheld
from orm_insight.model.trace import Redacted
from tests.testapp.models import Person

secret_columns = SecretColumns(("password", "token", "secret", "key"))


@pytest.mark.parametrize(
    "column", ["password", "Password", "api_key", "key", "authtoken", "secret_answer"]
)
def test_secret_names(column: str) -> None:
    assert secret_columns.is_secret(column)


@pytest.mark.parametrize("column", ["keyword", "monkey", "author_id", "pass_count"])
def test_other_names(column: str) -> None:
    assert not secret_columns.is_secret(column)


def test_only_the_secret_parameter_is_withheld() -> None:
    sql = 'SELECT * FROM "auth_user" WHERE "name" = %s AND "password" = %s'
    assert secret_columns(sql, ("ann", "hunter2")) == ("ann", withheld("hunter2"))


def test_column_that_is_only_read() -> None:
    sql = 'SELECT "auth_user"."password" FROM "auth_user" WHERE "auth_user"."id" = %s'
    assert secret_columns(sql, (1,)) == (1,)


def test_unknown_column_next_to_a_secret_one() -> None:
    sql = "SELECT login(%s) FROM users WHERE token IS NOT NULL"
    assert secret_columns(sql, ("hunter2",)) == (withheld("hunter2"),)


def test_named_parameters() -> None:
    sql = "UPDATE users SET token = %(new)s WHERE id = %(id)s"
    assert secret_columns(sql, {"new": "t", "id": 1}) == {"new": withheld("t"), "id": 1}


def test_parameters_that_do_not_fit_the_text() -> None:
    found = secret_columns("SELECT token WHERE token = %s", ("a", "b"))
    assert found == (withheld("a"), withheld("b"))
    assert secret_columns("SELECT token", ("a",)) == (withheld("a"),)


def test_everything() -> None:
    assert redact_everything("", (1, "a")) == (withheld(1), withheld("a"))
    assert redact_everything("", {"a": 1}) == {"a": withheld(1)}
    assert redact_everything("", None) is None


@pytest.mark.django_db
def test_with_debug_off_nothing_is_stored() -> None:
    with orm_insight.capture() as trace:
        list(Person.objects.filter(name="somebody"))
    [value] = trace.queries[0].params or ()
    assert isinstance(value, Redacted)


def test_equal_values_stay_equal_and_say_nothing() -> None:
    assert withheld("a") == withheld("a") != withheld("b")
    assert withheld(1) != withheld("1")
    assert withheld([1]) == withheld([1])
    assert "hunter2" not in repr(withheld("hunter2"))


@pytest.mark.django_db
def test_settings_may_keep_parameters(settings) -> None:
    settings.ORM_INSIGHT = {**settings.ORM_INSIGHT, "REDACT_PARAMS": False}
    with orm_insight.capture() as trace:
        list(Person.objects.filter(name="somebody"))
    assert trace.queries[0].params == ("somebody",)
