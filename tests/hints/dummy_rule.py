"""ORM699: a rule that finds something in every trace with a query; only tests know of it."""

from __future__ import annotations

from collections.abc import Iterable

from orm_insight.hints.base import Context
from orm_insight.model.catalogue import docs_of
from orm_insight.model.fix import Call, Fix, InPlace
from orm_insight.model.hint import Hint, Saving, Severity


class FirstQuery:
    """The first query of a trace."""

    code = "ORM699"

    def detect(self, context: Context) -> Iterable[Hint]:
        for query in context.queries[:1]:
            yield Hint(
                code=self.code,
                title="shelf: the dummy finds a query",
                happens="The dummy has looked.",
                message="The dummy has looked. Ask it no more.",
                severity=Severity.MEDIUM,
                model="shelf.Shelf",
                lookup="books",
                change=Fix(change=InPlace(Call("dummy_fix")), at=query.site),
                site=query.site,
                origin=query.site,
                queries=(query,),
                saving=Saving(1, query.duration_ms),
                docs=docs_of(self.code),
            )
