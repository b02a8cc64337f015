"""What of a query can be copied beside the statement that was sent."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Runnable:
    """The statement with its values, for a ``shell`` such as ``psql``.

    ``note`` says what to know before it is run, such as which values have to be filled in.
    """

    shell: str
    markup: Markup
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DjangoCode:
    """Code that issues the same statement; ``note`` says where it comes from."""

    text: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """``why_not`` says why there is nothing that runs, where there is a shell for it."""

    runnable: Runnable | None = None
    why_not: str = ""
    code: DjangoCode | None = None


NOTHING = Copies()
