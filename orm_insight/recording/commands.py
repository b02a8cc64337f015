"""Records each management command, under the words with which it was called.

Django runs all of them through ``BaseCommand.execute``, from a shell and by ``call_command``.
Commands that serve or wait are left alone (``IGNORE_COMMANDS``): their requests and tasks have
traces of their own.
"""

from __future__ import annotations

import re
import shlex
from argparse import Action, ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, DjangoHelpFormatter

from orm_insight import faults
from orm_insight.capture.code_roles import Role, declare
from orm_insight.capture.redaction import SecretColumns
from orm_insight.conf import get_config
from orm_insight.imports import late
from orm_insight.patching import Patches

if TYPE_CHECKING:
    from orm_insight.recording import runs
else:
    runs = late("orm_insight.recording.runs")


MAX_NAME = 300
MASK = "***"

_PARSER = "_orm_insight_parser"
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_BASE_OPTIONS = {"help", *(name[2:].replace("-", "_") for name in DjangoHelpFormatter.show_last)}


def _keeping_parser(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_parser(command: Any, prog_name: str, subcommand: str, **options: Any) -> Any:
        """Only the parser knows what the options are called, and which values are defaults."""
        parser = original(command, prog_name, subcommand, **options)
        setattr(command, _PARSER, (subcommand, parser))
        return parser

    return create_parser


def _recording(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(command: Any, *args: Any, **options: Any) -> Any:
        words = _called(command, args, options)
        if words is None:
            return original(command, *args, **options)
        route = f"{type(command).__module__}.{type(command).__qualname__}"
        with runs.recorded("command", words, route=route):
            return original(command, *args, **options)

    return execute


# Its caller is the script that starts everything: no hint could be about that.
declare(BaseCommand.run_from_argv.__code__, Role.BOUNDARY)
_patches = Patches(
    (BaseCommand, "create_parser", _keeping_parser), (BaseCommand, "execute", _recording)
)
install, uninstall = _patches.install, _patches.undo


def _called(command: Any, args: Any, options: Mapping[str, Any]) -> str | None:
    """The command's name with its arguments; ``None`` where it is not to be recorded."""
    try:
        name, parser = getattr(command, _PARSER, (type(command).__module__.split(".")[-1], None))
        config = get_config()
        if not config.commands or name in config.ignore_commands:
            return None
        words = [name]
        if parser is not None:
            is_secret = SecretColumns(config.secret_names).is_secret
            words += (_quoted(word) for word in _words(parser, args, options, is_secret))
        return " ".join(words)[:MAX_NAME]
    except Exception as error:
        faults.report("name a command", error)
        return None


def _quoted(word: str) -> str:
    return word if word == MASK else shlex.quote(_CREDENTIALS.sub(MASK, word))


_IsSecret = Callable[[str], bool]


def _words(
    parser: ArgumentParser, args: Any, options: Mapping[str, Any], is_secret: _IsSecret
) -> Iterator[str]:
    """The given arguments, then the options whose value is not the default."""
    given = {**options, "args": args}
    actions = [a for a in parser._actions if a.dest in given and a.dest not in _BASE_OPTIONS]
    subcommands = [action for action in actions if isinstance(action, _SubParsersAction)]
    for action in actions:
        if not action.option_strings and action not in subcommands:
            yield from _values(action, given[action.dest], is_secret)
    for action in actions:
        if action.option_strings and _is_given(action, given[action.dest]):
            yield max(action.option_strings, key=len)
            if action.nargs != 0:
                yield from _values(action, given[action.dest], is_secret)
    for action in subcommands:
        if (chosen := given[action.dest]) in action.choices:
            yield chosen
            yield from _words(action.choices[chosen], args, options, is_secret)


def _is_given(action: Action, value: Any) -> bool:
    if action.nargs == 0 and value == action.const:
        return bool(value != action.default)
    return bool(value != action.default and value is not None and action.nargs != 0)


def _values(action: Action, value: Any, is_secret: _IsSecret) -> Iterator[str]:
    values = value if isinstance(value, list | tuple) else [] if value is None else [value]
    options = (option.strip("-").replace("-", "_") for option in action.option_strings)
    hides = any(map(is_secret, (action.dest, *options)))
    yield from (MASK if hides else str(value) for value in values)
