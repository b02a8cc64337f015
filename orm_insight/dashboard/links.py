"""Addresses of the dashboard, below the prefix that the user chose."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from orm_insight.conf import get_config
from orm_insight.model.trace import SpanReference, Trace
from orm_insight.recording import requests

APP_NAME = requests.APP_NAME


def address(name: str, *args: object) -> str:
    return reverse(f"{APP_NAME}:{name}", args=args)


def with_query(url: str, **parameters: object) -> str:
    """Add the parameters that have a value to the address."""
    given = {key: value for key, value in parameters.items() if value not in (None, "", 0)}
    # Names of files may have characters that cannot be encoded.
    return f"{url}?{urlencode(given, errors='replace')}" if given else url


def span_url(span: SpanReference | None) -> str | None:
    """The address of a trace in the user's OpenTelemetry tool, if it was sampled."""
    template = get_config().otel_trace_url
    if span is None or template is None or not span.is_sampled:
        return None
    return template.format(trace_id=span.trace_id, span_id=span.span_id)


def comparison_url(before: str = "", after: str = "", *, name: str = "compare") -> str:
    return with_query(address(name), before=before, after=after)


def problem_url(problem_id: str) -> str:
    return f"{address('problems')}#p-{problem_id}"


@dataclass(frozen=True, slots=True)
class TraceLinks:
    """The addresses of one trace. An imported trace has no EXPLAIN and no problems."""

    trace_id: str
    is_imported: bool = False

    @classmethod
    def of(cls, trace: Trace) -> TraceLinks:
        return cls(trace.id, trace.is_imported)

    def trace(self) -> str:
        return address("trace", self.trace_id)

    def problem(self, problem_id: str) -> str | None:
        return None if self.is_imported else problem_url(problem_id)

    def hint(self, number: int) -> str:
        return f"{self.trace()}#oi-hint-{number + 1}"

    def hint_page(self, problem_id: str) -> str:
        return address("hint", self.trace_id, problem_id)

    def hint_json(self, problem_id: str) -> str:
        return address("hint-json", self.trace_id, problem_id)

    def hint_markdown(self, problem_id: str) -> str:
        return address("hint-markdown", self.trace_id, problem_id)

    def pin(self) -> str:
        return address("pin", self.trace_id)

    def deep(self) -> str:
        return address("deep", self.trace_id)

    def json(self) -> str:
        return address("trace-json", self.trace_id)

    def export(self) -> str:
        return address("export", self.trace_id)

    def chrome(self) -> str:
        return address("chrome", self.trace_id)

    def query(self, index: int) -> str:
        return address("query", self.trace_id, index)

    def queries(self, *, hint: int | None = None, group: int | None = None, offset: int = 0) -> str:
        # Numbers count from 1 in addresses, because ``with_query`` leaves out 0.
        return with_query(
            address("queries", self.trace_id),
            hint=None if hint is None else hint + 1,
            group=None if group is None else group + 1,
            offset=offset,
        )

    def groups(self, *, offset: int = 0) -> str:
        return with_query(address("groups", self.trace_id), offset=offset)

    def explain(self, index: int) -> str | None:
        return None if self.is_imported else address("explain", self.trace_id, index)

    @staticmethod
    def about(code: str) -> str:
        return address("about", code)

    def plan_json(self, index: int) -> str:
        return address("plan-json", self.trace_id, index)
