"""The Markdown of a hint."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from orm_insight.model.hint import Hint, Severity
from orm_insight.ui.components import Fact, Queries
from orm_insight.ui.hint_markdown import HintSources, hint_markdown
from orm_insight.ui.hints import HintDetail, IgnoreCode
from orm_insight.ui.queries import query_detail
from orm_insight.ui.source import Sources
from tests.builders import make_query, make_trace


class _Links:
    """No page of the dashboard is named."""

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


QUERY = make_query('SELECT "a" FROM "b" WHERE "c" = %s', params=("hidden",))

DETAIL = HintDetail(
    code="ORM501",
    title="asks the same again",
    severity="high",
    sentence=Markup("<code>views.py:1</code> asks &lt;twice&gt;."),
    advice="Keep the result.",
    facts=(Fact(label="Statements", value="4"), Fact(label="Time", value="3 ms", note="9 %")),
    fix="posts = list(posts)",
    fix_place="where it is built",
    certain=True,
    is_only_cost=False,
    diff=None,
    no_diff="",
    together=None,
    origin=None,
    site=None,
    other_sites=(),
    more_sites="",
    first=query_detail(QUERY, _Links(), Sources(make_trace())),
    queries=Queries(rows=(), total=1),
    queries_url=None,
    ignore=IgnoreCode(comment="", place=None, setting=""),
    about_url=None,
    docs="https://docs.djangoproject.com/x",
)

HINT = Hint(code="ORM501", title="", message="", severity=Severity.HIGH, queries=(QUERY,))


def markdown(hint=HINT, name: str = "GET /posts/", **facts) -> str:
    return hint_markdown(
        HintSources(
            hint=hint,
            detail=replace(DETAIL, **facts),
            trace=make_trace(name=name),
            sources=Sources(make_trace()),
        )
    )
