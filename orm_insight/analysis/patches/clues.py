"""What a trace and the models tell that the source of one file does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orm_insight.model.hint import Hint
from orm_insight.model.schema import Schema
from orm_insight.model.trace import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """``model`` is the name of the class that the origin's queryset loads.

    ``accessors`` are the related managers that built it, ``running`` the functions that ran while
    it was evaluated, ``None`` where the trace does not have that statement. ``modules`` tells where
    models are defined, by their names, as far as these are unique.
    """

    model: str
    accessors: frozenset[str] = frozenset()
    running: frozenset[str] | None = None
    modules: Mapping[str, str]

    @classmethod
    def of(cls, hint: Hint, queries: Iterable[Query], schema: Schema) -> Clues:
        accessors: set[str] = set()
        running: set[str] = set()
        is_found = False
        for query in queries:
            built = query.construction
            if built is None or built.site != hint.origin or built.model != hint.model:
                continue
            is_found = True
            if built.load is not None:
                accessors.add(built.load.relation.name)
            running.update(frame.function.rpartition(".")[2] for frame in query.frames)
        return cls(
            model=(hint.model or "").rpartition(".")[2],
            accessors=frozenset(accessors),
            running=frozenset(running) if is_found else None,
            modules=modules_of(schema),
        )

    def is_lazy(self, method: str) -> bool:
        """Whether a method was seen to return without asking the database."""
        return self.running is not None and method not in self.running


def modules_of(schema: Schema) -> dict[str, str]:
    """Where models are defined, by their names, as far as these are unique."""
    found: dict[str, set[str]] = {}
    for facts in schema.models.values():
        if facts.module:
            found.setdefault(facts.name, set()).add(facts.module)
    return {name: next(iter(modules)) for name, modules in found.items() if len(modules) == 1}
