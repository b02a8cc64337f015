"""Records each management command, under the words with which it was called.

Django runs all of them through ``BaseCommand.execute``, from a shell and by ``call_command``.
What serves or waits is left alone (``IGNORE_COMMANDS``): its requests and tasks have traces of
their own.
"""

from __future__ import annotations

import re
import shlex
from argparse import Action, ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

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
_BASE_OPTIONS = frozenset(
    {
        "force_color",
        "help",
        "no_color",
        "pythonpath",
        "settings",
        "skip_checks",
        "traceback",
        "verbosity",
        "version",
    }
)


def _keeping_parser(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_parser(command: Any, prog_name: str, subcommand: str, **options: Any) -> Any:
        """Only the parser knows what the options are called, and which values are defaults."""
        parser = original(command, prog_name, subcommand, **options)
        setattr(command, _PARSER, (subcommand, parser))
        return parser

    return create_parser


def _recording(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute(command: Any, *args: Any, **options: Any) -> Any:
        name, words = _called(command, args, options)
        if name is None:
            return original(command, *args, **options)
        recording = runs.begin_run("command", words)
        error: BaseException | None = None
        try:
            return original(command, *args, **options)
        except BaseException as raised:
            error = raised
            raise
        finally:
            runs.finish_run(
                recording, route=_route(command), error=None if _is_exit(error) else error
            )

    return execute


# Outside of it is the script that everything is started by, which no hint could be about.
declare(BaseCommand.run_from_argv.__code__, Role.BOUNDARY)
_patches = Patches(
    (BaseCommand, "create_parser", _keeping_parser), (BaseCommand, "execute", _recording)
)
install, uninstall = _patches.install, _patches.undo


def _is_exit(error: BaseException | None) -> bool:
    """``sys.exit()`` without a reason is how some commands end well."""
    return isinstance(error, SystemExit) and not error.code


def _route(command: Any) -> str:
    return f"{type(command).__module__}.{type(command).__qualname__}"


def _called(command: Any, args: Any, options: Mapping[str, Any]) -> tuple[str | None, str]:
    """The command's name, ``None`` where it is not to be recorded, and the name with arguments."""
    try:
        name, parser = getattr(command, _PARSER, (type(command).__module__.split(".")[-1], None))
        config = get_config()
        if not config.commands or name in config.ignore_commands:
            return None, ""
        words = [name]
        if parser is not None:
            is_secret = SecretColumns(config.secret_names).is_secret
            words += (_quoted(word) for word in _words(parser, args, options, is_secret))
        return name, " ".join(words)[:MAX_NAME]
    except Exception as error:
        faults.report("name a command", error)
        return None, ""


def _quoted(word: str) -> str:
    return word if word == MASK else shlex.quote(_CREDENTIALS.sub(MASK, word))


_IsSecret = Callable[[str], bool]


def _words(
    parser: ArgumentParser, args: Any, options: Mapping[str, Any], is_secret: _IsSecret
) -> Iterator[str]:
    """What was given: arguments, then options whose value is not the default."""
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
    names = [
        action.dest,
        *(option.strip("-").replace("-", "_") for option in action.option_strings),
    ]
    hides = any(map(is_secret, names))
    yield from (MASK if hides else str(value) for value in values)
