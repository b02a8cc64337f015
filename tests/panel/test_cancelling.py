"""The toolbar's window is closed while the database works: the statement ends with the request."""

from __future__ import annotations

from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
from django.db import connection
from django.urls import reverse

from orm_insight import insight
from orm_insight.panel.pages import signer
from tests.builders import make_query, make_trace
from tests.explain.waiting import running_statements, wait_until

MARK = "pg_sleep(28)"


def is_running() -> bool:
    return bool(running_statements(connection.get_connection_params(), MARK))


@pytest.mark.postgres
def test_statement_ends_when_the_client_leaves(live_asgi):
    connection.ensure_connection()
    trace = make_trace(make_query(f"SELECT {MARK}", vendor="postgresql", alias="default"))
    insight.keep(trace)
    address = urlsplit(live_asgi.url)
    path = reverse("djdt:orm_insight_explain", args=(0,))
    form = urlencode({"signed": signer.sign(trace.id)})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    client = HTTPConnection(address.hostname, address.port, timeout=20)
    client.request("POST", f"{path}?analyze", form, headers)
    wait_until(is_running)
    client.close()
    wait_until(lambda: not is_running())
