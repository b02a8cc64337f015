"""A fix as values: what is written, where, what the line that asks then reads, what must be known.

Code is made of them at the edge: ``code`` of each value is the text to paste, ``names`` are those
that its file has to know. Nothing ever reads that text to learn something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from textwrap import indent
from typing import Any, TypeAlias, TypeVar

from orm_insight.model.frames import CallSite

_Value = TypeVar("_Value")


def quoted(text: str) -> str:
    """A literal, with double quotes where these need no backslash."""
    return repr(text) if '"' in text or "\\" in repr(text) else f'"{text}"'


class Part:
    """A value that code is made of; its parts are its fields."""

    __slots__ = ()

    @property
    def names(self) -> frozenset[str]:
        """The names that the file must know for the code to run."""
        return frozenset().union(*(part.own_names() for part in walk(self)))

    def own_names(self) -> frozenset[str]:
        """The names that are in none of its parts."""
        return frozenset()


def walk(value: Any) -> Iterator[Any]:
    """The value and all values in it, outermost first."""
    if isinstance(value, tuple):
        for each in value:
            yield from walk(each)
    elif isinstance(value, Part):
        yield value
        for each in fields(value):  # type: ignore[arg-type]  # every part is a dataclass
            yield from walk(getattr(value, each.name))


def rebuilt(value: _Value, change: Callable[[Any], Any]) -> _Value:
    """The value with each part as ``change`` gives it, innermost first."""
    if isinstance(value, tuple):
        return tuple(rebuilt(each, change) for each in value)  # type: ignore[return-value]
    if not isinstance(value, Part):
        return value
    parts = {each.name: rebuilt(getattr(value, each.name), change) for each in fields(value)}  # type: ignore[arg-type]
    return change(replace(value, **parts))  # type: ignore[no-any-return, type-var]


# -- expressions ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Code(Part):
    """Code as it stands, and the names that it needs."""

    code: str
    needs: frozenset[str] = frozenset()

    def own_names(self) -> frozenset[str]:
        return self.needs


@dataclass(frozen=True, slots=True)
class Literal(Part):
    """A value that is written out: a path of a lookup, a number, a tuple as a list.

    ``is_recorded`` marks one that the statements of one trace had: the application may have an
    expression for it.
    """

    value: object
    is_recorded: bool = False

    @property
    def code(self) -> str:
        value = self.value
        if isinstance(value, tuple):
            return f"[{', '.join(Literal(each).code for each in value)}]"
        return quoted(value) if isinstance(value, str) else repr(value)

    def own_names(self) -> frozenset[str]:
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        known = {"datetime": date, "Decimal": Decimal}
        return frozenset(
            name for name, kind in known.items() if any(isinstance(v, kind) for v in values)
        )


NONE = Literal(None)
TRUE = Literal(value=True)
FALSE = Literal(value=False)


@dataclass(frozen=True, slots=True)
class Keyword(Part):
    """A named argument: ``rating=5``."""

    name: str
    value: Expression

    @property
    def code(self) -> str:
        return f"{self.name}={self.value.code}"


@dataclass(frozen=True, slots=True)
class Call(Part):
    """A method with its arguments, without the object that it is called on."""

    name: str
    arguments: tuple[Expression, ...] = ()
    keywords: tuple[Keyword, ...] = ()

    @property
    def code(self) -> str:
        return f"{self.name}({', '.join(part.code for part in (*self.arguments, *self.keywords))})"

    @property
    def texts(self) -> tuple[str, ...]:
        """The arguments that are literal texts."""
        values = (each.value for each in self.arguments if isinstance(each, Literal))
        return tuple(value for value in values if isinstance(value, str))

    @property
    def is_reset(self) -> bool:
        """``defer(None)`` takes back what was said before."""
        return self.arguments == (NONE,)


@dataclass(frozen=True, slots=True)
class Function(Call):
    """A function or class that is imported, or of an imported module: ``Count("reviews")``.

    ``joins`` is the relation that an aggregate joins, empty where it joins none.
    ``is_multiplied`` is true where the join of another relation would change its value.
    """

    joins: str = ""
    is_multiplied: bool = False

    def own_names(self) -> frozenset[str]:
        return frozenset({self.name.partition(".")[0]})


@dataclass(frozen=True, slots=True)
class Objects(Part):
    """A queryset: calls on a manager or on another queryset, and a slice such as ``[:1]``."""

    base: Expression
    calls: tuple[Call, ...] = ()
    window: str = ""

    @property
    def code(self) -> str:
        return ".".join((self.base.code, *(call.code for call in self.calls))) + self.window


@dataclass(frozen=True, slots=True)
class Prefetch(Part):
    """``Prefetch("reviews", queryset=..., to_attr="matching_reviews")``"""

    lookup: str
    queryset: Objects
    attribute: str = ""

    @property
    def code(self) -> str:
        attribute = f", to_attr={quoted(self.attribute)}" if self.attribute else ""
        return f"Prefetch({quoted(self.lookup)}, queryset={self.queryset.code}{attribute})"

    def own_names(self) -> frozenset[str]:
        return frozenset({"Prefetch"})


Expression: TypeAlias = Code | Literal | Call | Objects | Prefetch


def objects_of(model: str, manager: str, *calls: Call, window: str = "") -> Objects:
    """The objects of a model's manager; ``model`` is a label or the name of the class."""
    name = model.rpartition(".")[2]
    return Objects(Code(f"{name}.{manager}", frozenset({name})), calls, window)


def naming(method: str, *names: str) -> Call:
    """A call with names: ``select_related("author", "publisher")``."""
    return Call(method, tuple(map(Literal, names)))


# -- statements of a class ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assignment(Part):
    """``queryset = Book.objects.select_related("author")``"""

    target: str
    value: Expression

    @property
    def code(self) -> str:
        return f"{self.target} = {self.value.code}"


@dataclass(frozen=True, slots=True)
class Return(Part):
    """``return super().get_queryset(request).select_related("author")``"""

    value: Expression

    @property
    def code(self) -> str:
        return f"return {self.value.code}"


@dataclass(frozen=True, slots=True)
class Block(Part):
    """A first line, and the statements below it.

    ``method`` is the name of the one that it defines. Without ``is_indented`` the first line only
    begins the statements, as ``field = fields["author"]`` does.
    """

    head: str
    body: tuple[Statement, ...]
    method: str = ""
    needs: frozenset[str] = frozenset()
    is_indented: bool = True

    @property
    def code(self) -> str:
        deeper = "    " if self.is_indented else ""
        return "\n".join((self.head, *(indent(each.code, deeper) for each in self.body)))

    def own_names(self) -> frozenset[str]:
        return self.needs


Statement: TypeAlias = Assignment | Return | Block | Code


# -- changes --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Calls(Part):
    """Calls that follow the queryset at the line that builds it."""

    calls: tuple[Call, ...]

    @property
    def code(self) -> str:
        return ".".join(call.code for call in self.calls)


@dataclass(frozen=True, slots=True)
class ClassBody(Part):
    """Statements for the body of a class, or for its ``method``, which is there already."""

    statements: tuple[Statement, ...]
    method: str = ""

    @property
    def code(self) -> str:
        return ("\n" if self.method else "\n\n").join(each.code for each in self.statements)


@dataclass(frozen=True, slots=True)
class Argument(Part):
    """The queryset that a call takes as ``name``; without a name, in the place of the model."""

    name: str
    queryset: Objects

    @property
    def code(self) -> str:
        return f"{self.name}={self.queryset.code}" if self.name else self.queryset.code


@dataclass(frozen=True, slots=True)
class InPlace(Part):
    """A call that stands for what the line does with the queryset: ``count()`` for ``len()``."""

    call: Call
    is_template: bool = False

    @property
    def code(self) -> str:
        return self.call.name if self.is_template else self.call.code


class Form(StrEnum):
    """The form in which a loop finds what was loaded before it."""

    DICTIONARY = "the objects by the field"
    VALUES = "the values of the field that there are"
    OBJECTS = "the objects"


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeLoop(Part):
    """All that a loop looks up one by one by ``field``, loaded before it, kept in ``variable``."""

    how: Form
    objects: Objects
    field: str
    values: Code
    conditions: tuple[Keyword, ...] = ()
    is_async: bool = False
    variable: str = ""

    @property
    def code(self) -> str:
        found = self._in_bulk() if self.how is Form.DICTIONARY else self._filtered()
        return f"{self.variable} = {found}" if self.variable else found

    def _in_bulk(self) -> str:
        named = () if self.field == "pk" else (Keyword("field_name", Literal(self.field)),)
        begin, method = ("await ", "ain_bulk") if self.is_async else ("", "in_bulk")
        filtered = (Call("filter", (), self.conditions),) if self.conditions else ()
        return begin + self._with(*filtered, Call(method, (self.values,), named))

    def _filtered(self) -> str:
        keywords = (Keyword(f"{self.field}__in", self.values), *self.conditions)
        filtered = Call("filter", (), keywords)
        if self.how is Form.OBJECTS:
            return self._with(filtered)
        listed = Call("values_list", (Literal(self.field),), (Keyword("flat", TRUE),))
        found = self._with(filtered, listed)
        return f"{{value async for value in {found}}}" if self.is_async else f"set({found})"

    def _with(self, *calls: Call) -> str:
        return replace(self.objects, calls=(*self.objects.calls, *calls)).code


class MetaIndex(Code):
    """An entry of ``Meta.indexes``."""

    __slots__ = ()


Change: TypeAlias = Calls | ClassBody | Argument | InPlace | BeforeLoop | MetaIndex

# The field of each value that leads to the queryset which it is about.
_HOLD_QUERYSETS: dict[type, str] = {
    Argument: "queryset",
    Assignment: "value",
    Return: "value",
    Block: "body",
    ClassBody: "statements",
}


def with_calls(value: _Value, change: Callable[[tuple[Call, ...]], tuple[Call, ...]]) -> _Value:
    """The change with other calls on the queryset itself; those inside of arguments stay."""
    if isinstance(value, tuple):
        return tuple(with_calls(each, change) for each in value)  # type: ignore[return-value]
    if isinstance(value, Calls | Objects):
        return replace(value, calls=change(value.calls))
    name = _HOLD_QUERYSETS.get(type(value))
    if name is None:
        return value
    return replace(value, **{name: with_calls(getattr(value, name), change)})  # type: ignore[type-var]


def queryset_calls(change: Any) -> list[Call]:
    """The calls on the queryset itself, wherever they are written."""
    found: list[Call] = []

    def look(calls: tuple[Call, ...]) -> tuple[Call, ...]:
        found.extend(calls)
        return calls

    with_calls(change, look)
    return found


# -- the fix --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The second edit: the line at ``site`` reads ``attribute`` of its ``row``.

    ``lookup`` is the relation that the line asks now, ``replaces`` the text that goes, empty where
    the source does not tell it. ``begin`` and ``end`` are written around: ``next(iter(…), None)``.
    """

    attribute: str
    row: str = ""
    lookup: str = ""
    site: CallSite | None = None
    begin: str = ""
    end: str = ""
    replaces: str = ""

    @property
    def code(self) -> str:
        name = f"{self.row}.{self.attribute}" if self.row else self.attribute
        return f"{self.begin}{name}{self.end}"


class Need(StrEnum):
    """The facts that must be known for a fix to be certain."""

    BUILT_HERE = "a line of the application builds the queryset"
    TAKES_CALLS = "the queryset takes further calls, as what union() gives does not"
    OWN_QUERYSET = "the rows are not those of a prefetch, which has a queryset of its own"
    CODE_IS_WHOLE = "the class needs nothing else to be changed"
    SAME_FOR_ALL = "every row asks for the same"
    VALUES_OF_SOURCE = "the source has no expression for the values of the trace"
    VALUES_AT_ORIGIN = "the values exist where the queryset is built"
    OTHER_CONDITIONS = "the other conditions are known"
    ONE_FOR_EACH = "there is one object for each value"
    VALUES_OF_LOOP = "the values that the loop looks up are known"
    SOURCE_IS_READ = "the source of the lines is known"
    INDEX_HELPS = "the index was tried, and helps"
    CAUSE = "the cause is known"
    ANSWER_MAY_BE_KEPT = "the first answer may be used again"
    VALUES_BEFORE_LOOP = "the values are known before the loop"
    USED_ONCE = "the rows are gone through once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing to be known. ``note`` is the sentence that a hint says where it is not."""

    need: Need
    is_known: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One edit, or advice alone where there is no ``change``.

    The change is written ``at`` a line: the one that builds the queryset, the class that gets the
    statements, the call that takes the argument. ``imports`` are the lines that its file lacks.
    """

    change: Change | None = None
    at: CallSite | None = None
    imports: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def code(self) -> str:
        return self.change.code if self.change is not None else ""

    @property
    def names(self) -> frozenset[str]:
        return self.change.names if self.change is not None else frozenset()

    @property
    def is_certain(self) -> bool:
        """Every condition is positively known."""
        return all(condition.is_known for condition in self.conditions)

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences about what is not known."""
        return tuple(each.note for each in self.conditions if each.note and not each.is_known)

    @property
    def definitions(self) -> dict[str, Expression]:
        """The attributes that only this fix gives to the rows, with what their values come from."""
        found: dict[str, Expression] = {}
        for call in queryset_calls(self.change):
            keywords = call.keywords if call.name == "annotate" else ()
            found |= {keyword.name: keyword.value for keyword in keywords}
            prefetches = [each for each in call.arguments if isinstance(each, Prefetch)]
            found |= {each.attribute: each for each in prefetches if each.attribute}
        return found

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of these attributes."""
        return tuple(self.definitions)

    def given(self, need: Need, *, is_known: bool, note: str = "") -> Fix:
        """The fix with a condition more, in the place of what was known of it before."""
        others = tuple(each for each in self.conditions if each.need is not need)
        return replace(
            self, conditions=(*others, Condition(need=need, is_known=is_known, note=note))
        )
