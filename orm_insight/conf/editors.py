"""URLs that open a file in an editor: the settings ``EDITOR`` and ``EDITOR_PATHS``.

Pure text: no file is read. The template is checked once, so that a URL made of it is safe.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from string import Formatter
from typing import NamedTuple
from urllib.parse import quote

from orm_insight.conf.rules import BadValueError, wrong

_FIELDS = frozenset({"file", "line", "column"})
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:(?=[/\\]|\Z)")
# URLs that run or show their own content.
_FORBIDDEN = frozenset(
    {"about:", "blob:", "data:", "filesystem:", "javascript:", "vbscript:", "view-source:"}
)


class _Known(NamedTuple):
    """An editor's name for people, and its URL; ``{path}`` always begins with a slash."""

    label: str
    template: str


_PATH = "{path}:{line}:{column}"
_OPEN = "open?file={file}&line={line}&column={column}"
_EDITORS: Mapping[str, _Known] = {
    "vscode": _Known("VS Code", f"vscode://file{_PATH}"),
    "vscode-insiders": _Known("VS Code Insiders", f"vscode-insiders://file{_PATH}"),
    "vscodium": _Known("VSCodium", f"vscodium://file{_PATH}"),
    "cursor": _Known("Cursor", f"cursor://file{_PATH}"),
    "windsurf": _Known("Windsurf", f"windsurf://file{_PATH}"),
    "zed": _Known("Zed", f"zed://file{_PATH}"),
    "pycharm": _Known("PyCharm", f"pycharm://{_OPEN}"),
    "idea": _Known("IntelliJ IDEA", f"idea://{_OPEN}"),
    "sublime": _Known("Sublime Text", "subl://open?url=file://{path}&line={line}&column={column}"),
    "textmate": _Known("TextMate", "txmt://open?url=file://{path}&line={line}&column={column}"),
    "macvim": _Known("MacVim", "mvim://open?url=file://{path}&line={line}&column={column}"),
    "emacs": _Known("Emacs", "emacs://open?url=file://{path}&line={line}&column={column}"),
    "nova": _Known("Nova", "nova://open?path={file}&line={line}&column={column}"),
}
NAMES = tuple(_EDITORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """``label`` is the name for people; ``paths`` map folders here to those of the editor."""

    label: str
    template: str
    paths: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, setting: str | None, paths: Mapping[str, str]) -> Editor | None:
        """Return the editor of a setting that the rules below have accepted."""
        if setting is None:
            return None
        known = _EDITORS.get(setting)
        longest_first = sorted(paths.items(), key=lambda item: -len(item[0]))
        return cls(
            label=known.label if known else "your editor",
            template=known.template if known else setting,
            paths=tuple(longest_first),
        )

    def url(self, file: str, line: int, column: int = 1) -> str | None:
        """The URL of a place, or ``None`` for a file that the editor does not have.

        Lines and columns count from 1.
        """
        there = self._there(file)
        if there is None:
            return None
        encoded = _encoded(there)
        path = encoded if encoded.startswith("/") else f"/{encoded}"
        return self.template.format(file=encoded, path=path, line=line, column=column)

    def _there(self, file: str) -> str | None:
        """The file's path for the editor. If folders are mapped, it has no others."""
        if not (file.startswith(("/", "\\\\")) or _DRIVE.match(file)):
            return None
        if not self.paths:
            return file
        for here, there in self.paths:
            folder = here.rstrip("/\\")
            rest = file[len(folder) :]
            if file.startswith(folder) and rest[:1] in ("/", "\\"):
                return f"{there.rstrip('/' + chr(92))}{rest}"
        return None


def _encoded(path: str) -> str:
    """Quote a path for a URL: slashes stay, and so does the colon of a Windows drive."""
    is_windows = _DRIVE.match(path) or path.startswith("\\\\")
    path = path.replace("\\", "/") if is_windows else path
    drive = path[:2] if _DRIVE.match(path) else ""
    return drive + quote(path[len(drive) :], safe="/", errors="surrogatepass")


def editor(value: object) -> str | None:
    """The rule of ``EDITOR``: a name, or a URL with ``{file}`` in it."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise wrong("a string or None", value)
    if value in _EDITORS:
        return value
    scheme = _SCHEME.match(value)
    if scheme is None:
        nearest = next(iter(get_close_matches(value.lower(), NAMES, n=1)), None)
        text = f"is not a known editor ({', '.join(NAMES)}), nor an address such as"
        raise BadValueError(f"{text} 'myeditor://open?file={{file}}'", nearest=nearest)
    if scheme[0].lower() in _FORBIDDEN:
        raise BadValueError(f"must not begin with {scheme[0]}")
    if any(character.isspace() or not character.isprintable() for character in value):
        raise BadValueError("must not contain spaces or control characters")
    _check_fields(value)
    return value


def _check_fields(template: str) -> None:
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise BadValueError(f"is not a template: {error}") from error
    for _, name, specification, conversion in parts:
        if name is not None and (name not in _FIELDS or specification or conversion):
            raise BadValueError("has fields other than {file}, {line} and {column}")
    if "file" not in {name for _, name, _, _ in parts}:
        raise BadValueError("must contain {file} for the path")


def editor_paths(value: object) -> dict[str, str]:
    """The rule of ``EDITOR_PATHS``: folders of the server and their paths for the editor."""
    if not isinstance(value, Mapping) or not all(
        isinstance(text, str) for pair in value.items() for text in pair
    ):
        raise wrong("a dictionary from folders to folders", value)
    for folder in (text for pair in value.items() for text in pair):
        if not (folder.startswith(("/", "\\\\")) or _DRIVE.match(folder)):
            raise BadValueError(f"must contain absolute paths, not {folder!r}")
    return dict(value)
