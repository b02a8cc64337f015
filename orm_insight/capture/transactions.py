"""Notes when transactions begin and end: ``BEGIN`` and ``COMMIT`` pass no cursor of Django's.

Savepoints do: they are statements like others. The calls are noted by which Django opens and ends a
transaction; the driver sends ``BEGIN`` together with the first statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from orm_insight import faults
from orm_insight.capture.active import active
from orm_insight.capture.recorder import NotedTransaction, Recorder
from orm_insight.model.trace import Transaction, TransactionOutcome
from orm_insight.patching import Patches

_BEGUN = "_orm_insight_begun"


def assemble_transactions(recorder: Recorder, ended: float) -> tuple[Transaction, ...]:
    """The transactions in order of their beginning; open ones last until ``ended``."""
    begun: list[NotedTransaction] = [
        (alias, start, ended, ended, "open") for alias, start in recorder.begun.items()
    ]
    return tuple(
        Transaction(
            alias=alias,
            started_ms=(start - recorder.started) * 1e3,
            duration_ms=(end - start) * 1e3,
            outcome=outcome,
            end_ms=(end - ending) * 1e3,
        )
        for alias, start, ending, end, outcome in sorted(
            [*recorder.transactions, *begun], key=lambda noted: noted[1]
        )
    )


def _beginning(original: Callable[..., Any]) -> Callable[..., Any]:
    def set_autocommit(connection: Any, autocommit: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(connection, autocommit, *args, **kwargs)
        if active.get() is not None or _BEGUN in connection.__dict__:
            if autocommit:
                connection.__dict__.pop(_BEGUN, None)
            else:
                _note_begin(connection)
        return result

    return set_autocommit


def _ending(outcome: TransactionOutcome, original: Callable[..., Any]) -> Callable[..., Any]:
    def end(connection: Any) -> Any:
        if (begun := connection.__dict__.pop(_BEGUN, None)) is None:
            return original(connection)
        started, ended_as = perf_counter(), outcome
        try:
            return original(connection)
        except BaseException:
            ended_as = "rolled back"
            raise
        finally:
            _note_end(connection.alias, begun, started, ended_as)

    return end


_patches = Patches(
    (BaseDatabaseWrapper, "set_autocommit", _beginning),
    (BaseDatabaseWrapper, "commit", partial(_ending, "committed")),
    (BaseDatabaseWrapper, "rollback", partial(_ending, "rolled back")),
)
install, uninstall = _patches.install, _patches.undo


def _note_begin(connection: Any) -> None:
    try:
        begun = perf_counter()
        for recorder in _recorders():
            connection.__dict__[_BEGUN] = recorder.begun[connection.alias] = begun
    except Exception as error:
        faults.report("note the begin of a transaction", error)


def _note_end(alias: str, begun: float, ending: float, outcome: TransactionOutcome) -> None:
    try:
        ended = perf_counter()
        for recorder in _recorders():
            recorder.begun.pop(alias, None)
            if len(recorder.transactions) < recorder.limit:
                start = max(begun, recorder.started)
                recorder.transactions.append((alias, start, ending, ended, outcome))
    except Exception as error:
        faults.report("note the end of a transaction", error)


def _recorders() -> Iterator[Recorder]:
    recorder = active.get()
    recorder = recorder.current() if recorder is not None else None
    while recorder is not None:
        yield recorder
        recorder = recorder.outer
