"""One hint with everything there is to know: what happens, the change, where, what it costs."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from orm_insight.analysis.patches.fixes import calls_of, statement_of
from orm_insight.analysis.report import Report
from orm_insight.hints.catalogue import Target, rule_of
from orm_insight.model.hint import Hint
from orm_insight.model.trace import CallSite
from orm_insight.ui.contexts import Fact
from orm_insight.ui.diffs import diff_of
from orm_insight.ui.edits import edits_of
from orm_insight.ui.format import count, counted, duration, percent, queries
from orm_insight.ui.hint_contexts import Diff, HintDetail, IgnoreCode
from orm_insight.ui.hints import fix_place, is_of_index, target_of
from orm_insight.ui.links import Links
from orm_insight.ui.paths import display_path
from orm_insight.ui.queries import query_detail, rows_of
from orm_insight.ui.source import Sources

_AROUND = 5
_MAX_SITES = 12
_MAX_QUERIES = 10


def hint_detail(
    number: int,
    report: Report,
    links: Links,
    sources: Sources,
    *,
    about_url: str | None,
    csrf_token: str | None,
) -> HintDetail:
    """The hint with this number in the report. EXPLAIN is offered where there is a token."""
    hint = report.hints[number]
    origin = hint.origin if hint.origin != hint.site else None
    others = [site for site in hint.sites if site not in (hint.site, hint.origin)]
    sentence, advice = _in_words(hint)
    diff, first = diff_of(hint, report, sources), next(iter(hint.queries), None)
    return HintDetail(
        code=hint.code,
        title=hint.title,
        severity=str(hint.severity),
        sentence=sentence,
        advice=advice,
        facts=tuple(_facts(hint, report)),
        fix=hint.fix,
        fix_place=_fix_place(hint),
        is_certain=hint.certain,
        is_only_cost=_is_only_cost(hint),
        diff=diff,
        no_diff=_no_diff(hint, diff, sources),
        origin=sources.place(origin, around=_AROUND) if origin else None,
        site=sources.place(hint.site, around=_AROUND) if hint.site else None,
        other_sites=tuple(sources.place(site, around=_AROUND) for site in others[:_MAX_SITES]),
        more_sites=_more(len(others) - _MAX_SITES),
        first=query_detail(first, links, sources, csrf_token=csrf_token) if first else None,
        queries=rows_of(hint.queries, report, links, sources, hint=number, limit=_MAX_QUERIES),
        queries_url=links.queries(hint=number),
        ignore=_ignore(hint, report, sources),
        about_url=about_url,
        docs=hint.docs,
        edits=edits_of(hint, sources),
    )


def _is_only_cost(hint: Hint) -> bool:
    """What a change would save is not known: the plan may tell."""
    return not (hint.fix or hint.saving.queries)


def _in_words(hint: Hint) -> tuple[Markup, str]:
    """What happens, with its lines, and what to do about it."""
    advice = hint.advice
    rule = rule_of(hint.code)
    does = rule.does if rule is not None else ""
    if not does or hint.site is None or hint.lookup is None:
        where = Markup(", at {}").format(_location(hint.site)) if hint.site else Markup()
        return Markup("{}{}.").format(hint.happens.removesuffix("."), where), advice
    what = Markup(escape(does)).format(_code(hint.lookup))
    rows = Markup("for the {} queryset").format(_code(hint.model or ""))
    if hint.origin is not None and hint.origin != hint.site:
        rows += Markup(" that {} builds").format(_location(hint.origin))
    sentence = Markup("{} {} row by row, {}: {}.")
    return sentence.format(_location(hint.site), what, rows, _sum(hint)), advice


def _sum(hint: Hint) -> str:
    total, left = len(hint.queries), len(hint.queries) - hint.saving.queries
    statements = counted(total, "statement")
    if not hint.saving.queries:
        return statements
    return f"{statements} where {count(left)} would do" if left else f"{statements}, none needed"


def _location(site: CallSite) -> Markup:
    return _code(f"{display_path(site.file)}:{site.line}")


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)


def _facts(hint: Hint, report: Report) -> Iterator[Fact]:
    saving, spent = hint.saving, sum(query.duration_ms for query in hint.queries)
    yield Fact(label="Queries", value=count(len(hint.queries)))
    if saving.queries:
        yield Fact(label="The fix saves", value=queries(saving.queries))
    if saving.ms >= 0.005:
        share = min(saving.ms / report.query_ms, 1.0) if report.query_ms else 0.0
        yield Fact(
            label="Time it takes" if _is_only_cost(hint) else "Time it saves",
            value=duration(saving.ms),
            note=f"{percent(share)} of the database's time here",
            bar=share,
        )
    elif spent:
        yield Fact(label="Time they take", value=duration(spent))
    if hint.model:
        yield Fact(label="Model", value=hint.model)
    if hint.lookup:
        yield Fact(label="Lookup", value=hint.lookup)


def _fix_place(hint: Hint) -> str:
    """Where the code goes: into a class, after a queryset, or in place of what is there."""
    if target_of(hint) in {Target.MODEL, Target.LOOP}:
        return fix_place(hint)
    if hint.origin is None:
        return ""
    where = f"{display_path(hint.origin.file)}:{hint.origin.line}"
    if calls_of(hint.fix):
        return f"after the queryset of {where}"
    if statement_of(hint.fix) is not None:
        return f"in the body of {hint.origin.function}, {where}"
    return f"in place of what {where} does each time"


def _no_diff(hint: Hint, diff: Diff | None, sources: Sources) -> str:
    """Why there is a fix and no diff."""
    if not hint.fix or diff is not None:
        return ""
    if is_of_index(hint):
        return "The page of the plan has the imports and the migration, and tries the index."
    if sources.are_closed:
        return "No diff: this trace was imported, and its files are not read here."
    if hint.origin is not None and sources.is_changed(hint.origin.file):
        return "No diff: the file has changed since this was recorded."
    if not calls_of(hint.fix) and statement_of(hint.fix) is None:
        return "No diff: the code around has to change with it."
    return "No diff: the place cannot be told from the source with certainty."


def _more(left: int) -> str:
    return f"and {counted(left, 'line')} more" if left > 0 else ""


def _ignore(hint: Hint, report: Report, sources: Sources) -> IgnoreCode:
    """Any of the hint's lines will do; the one that fires is where a reader wonders."""
    site = hint.site or hint.origin
    comment = f"orm-insight: ignore[{hint.code}] reason"
    is_template = site is not None and site.is_template
    trace = report.trace
    name = trace.path or trace.name
    return IgnoreCode(
        comment=f"{{# {comment} #}}" if is_template else f"# {comment}",
        place=sources.place(site, with_excerpt=False) if site else None,
        setting=f'ORM_INSIGHT = {{"IGNORE": {{{_quoted(name)}: ["{hint.code}"]}}}}',
    )


def _quoted(text: str) -> str:
    return repr(text) if '"' in text or "\\" in repr(text) else f'"{text}"'
