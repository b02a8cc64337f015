"""The documents about hints that come with the package, one for each code, and their index."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.http import HttpRequest

from orm_insight.dashboard.links import address
from orm_insight.dashboard.responses import shell_of
from orm_insight.ui.hint_contexts import AboutPage
from orm_insight.ui.markdown import markup_of, title_of

_PACKAGE = Path(__file__).resolve().parent.parent
# Beside the code in what is installed, beside the package in a checkout.
_FOLDERS = (_PACKAGE / "docs" / "hints", _PACKAGE.parent / "docs" / "hints")
_INDEX = "README"
_CODE = re.compile(r"ORM\d{3}")
_DOCUMENT = re.compile(rf"(?:\./)?({_CODE.pattern}|{_INDEX})\.md(#[\w-]*)?")


@cache
def documents() -> dict[str, str]:
    """The texts by code, the index among them: nothing else can be asked for."""
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    return {
        path.stem: path.read_text(encoding="utf-8")
        for path in (sorted(folder.glob("*.md")) if folder else ())
        if path.stem == _INDEX or _CODE.fullmatch(path.stem)
    }


def about_url(code: str) -> str | None:
    """Where the document of a code is shown, if there is one."""
    return address("about", code) if code in documents() else None


def about_page(request: HttpRequest, code: str | None = None) -> AboutPage | None:
    """The document of a code, or the index; ``None`` where there is none."""
    text = documents().get(code or _INDEX)
    if text is None or code == _INDEX:
        return None
    return AboutPage(
        shell=shell_of(request),
        title=title_of(text),
        text=markup_of(text, _resolve),
        index_url=address("about-all") if code and _INDEX in documents() else None,
    )


def _resolve(target: str) -> str | None:
    """Documents link to each other, and to Django's documentation."""
    if target.startswith("https://"):
        return target
    found = _DOCUMENT.fullmatch(target)
    if found is None or found[1] not in documents():
        return None
    return address("about-all") if found[1] == _INDEX else address("about", found[1])
