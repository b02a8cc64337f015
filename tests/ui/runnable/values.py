"""Values that are hard to write as literals, and texts as they are compared."""

from __future__ import annotations

import html5lib

TEXT = "it's \"a\" \\back\\ 100%s %% :name :'p1' $1 ?\n\tä€𝄞 -- no /* comment */;"


def plain(markup) -> str:
    """The text that a browser copies."""
    return "".join(html5lib.parseFragment(str(markup)).itertext())
