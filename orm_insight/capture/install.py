"""Puts the execute wrapper on every connection, once, and takes it off by identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.backends.signals import connection_created

from orm_insight.capture import cursors, propagation, provenance, streaming, transactions
from orm_insight.capture.code_roles import Role, declare
from orm_insight.capture.wrapper import record_query
from orm_insight.imports import late, when_imported

if TYPE_CHECKING:
    from django.core.handlers import base, exception
    from django.template import base as template_base
else:
    base = late("django.core.handlers.base")
    exception = late("django.core.handlers.exception")
    template_base = late("django.template.base")


def install() -> None:
    """Begin to watch this process; a second call changes nothing."""
    when_imported("django.core.handlers.base", _declare_handlers)
    when_imported("django.template.base", _declare_templates)
    for code in streaming.CODES:
        declare(code, Role.BOUNDARY)
    provenance.install()
    propagation.install()
    cursors.install()
    transactions.install()
    connection_created.connect(_watch, dispatch_uid="orm_insight")
    for connection in connections.all(initialized_only=True):
        _watch(connection=connection)


def uninstall() -> None:
    connection_created.disconnect(dispatch_uid="orm_insight")
    for connection in connections.all(initialized_only=True):
        wrappers = connection.execute_wrappers
        connection.execute_wrappers = [w for w in wrappers if w is not record_query]
    transactions.uninstall()
    cursors.uninstall()
    propagation.uninstall()
    provenance.uninstall()


def _watch(*, connection: Any, **_: Any) -> None:
    """Put ours first in the list: ``connection.execute_wrapper()`` takes off the last at its end.

    Later wrappers run inside of ours. A connection may well open in the middle of such a block; a
    wrapper appended there would be taken off in place of the block's own.
    """
    if record_query not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, record_query)
    cursors.learn_kinds()


def _declare_handlers() -> None:
    """Declare the frames of Django that tell where a view begins."""
    handler: Any = base.BaseHandler
    for function in (handler._get_response, handler._get_response_async):
        declare(function.__code__, Role.BOUNDARY)
    for code in exception.convert_exception_to_response.__code__.co_consts:
        if hasattr(code, "co_code"):
            declare(code, Role.BOUNDARY)


def _declare_templates() -> None:
    """Declare the frame of Django that tells which template node is rendered."""
    declare(template_base.Node.render_annotated.__code__, Role.TEMPLATE_NODE)
