"""What belongs to a fix beside its code: imports, the line that asks, the class of a model."""

from __future__ import annotations

from orm_insight.model.hint import Hint
from orm_insight.ui.components import Edits
from orm_insight.ui.source import Sources


def edits_of(hint: Hint, sources: Sources) -> Edits | None:
    """``None`` where the fix is all there is to write."""
    if not (hint.imports or hint.instead or hint.model_site):
        return None
    site, model = hint.site, hint.model_site
    return Edits(
        imports="\n".join(hint.imports),
        instead=hint.instead,
        replaces=hint.replaces,
        place=sources.place(site, with_excerpt=False) if hint.instead and site else None,
        model=sources.place(model, with_excerpt=False) if model else None,
    )
