"""A candidate as Django code: an entry of ``Meta.indexes``, a migration, and the SQL of both."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import md5

from orm_insight.explain.postgresql.indexes.candidates import Candidate
from orm_insight.explain.postgresql.indexes.catalog import Key
from orm_insight.explain.postgresql.names import Names
from orm_insight.model.catalogue import IndexKind, code_of_index
from orm_insight.model.fix import Call, Expression, Function, Keyword, Literal, Objects
from orm_insight.model.plan import IndexAdvice
from orm_insight.model.schema import ModelFacts

# Django refuses longer names of indexes, for the sake of every database (models.E034).
_MAX_NAME = 30
_FUNCTIONS = {"upper": "Upper", "lower": "Lower"}
_NO_NAME = re.compile(r"\W+")
_IMPORTS = {
    "models": "django.db",
    "Upper": "django.db.models.functions",
    "Lower": "django.db.models.functions",
    "KeyTransform": "django.db.models.fields.json",
    "GinIndex": "django.contrib.postgres.indexes",
    "OpClass": "django.contrib.postgres.indexes",
    "TrigramExtension": "django.contrib.postgres.operations",
    "AddIndexConcurrently": "django.contrib.postgres.operations",
    "migrations": "django.db",
}
_TRIGRAM = "gin_trgm_ops"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The index to be created: its table, and ``CREATE INDEX`` without the name."""

    table: str
    body: str
    needs_trigrams: bool = False

    def create(self, name: str = "", *, concurrently: bool = False) -> str:
        """The statement. Every name in it is quoted here."""
        words = ["CREATE INDEX", "CONCURRENTLY" if concurrently else "", name and _quote(name)]
        return " ".join([*filter(None, words), f"ON {self.table} {self.body}"])


def define(candidate: Candidate) -> Definition:
    table = candidate.table
    keys = ", ".join(_key_sql(key) for key in candidate.keys)
    return Definition(
        table=f"{_quote(table.schema)}.{_quote(table.name)}",
        body=f"USING {candidate.method} ({keys})",
        needs_trigrams=any(key.opclass == _TRIGRAM for key in candidate.keys),
    )


def advise(candidate: Candidate, names: Names) -> IndexAdvice:
    """The advice, not tried yet."""
    table = candidate.table
    model = names.model(table.name)
    definition = define(candidate)
    name = _name(candidate, names)
    sql = definition.create(name, concurrently=True)
    if definition.needs_trigrams:
        sql = f"CREATE EXTENSION IF NOT EXISTS pg_trgm;\n{sql}"
    meta = _meta(candidate, model, name) if model else None
    return IndexAdvice(
        id=md5(f"{definition.table} {definition.body}".encode(), usedforsecurity=False).hexdigest()[
            :10
        ],
        hint=candidate.hint,
        model=model.label if model else None,
        table=table.name,
        fields=tuple(names.field(table.name, key.column) for key in candidate.keys),
        name=name,
        reason=_reason(candidate, names),
        sql=f"{sql};",
        meta=meta.code if meta else "",
        meta_imports=_imports_for(meta.names) if meta else "",
        migration=_migration(meta, model, needs_trigrams=definition.needs_trigrams)
        if model and meta
        else "",
        model_file=model.file if model else "",
        note=_note(candidate),
    )


def _key_sql(key: Key) -> str:
    column = _quote(key.column)
    if key.function == "->":
        column = f"({column} -> '{key.json_key.replace(chr(39), chr(39) * 2)}')"
    elif key.function:
        column = f"({key.function.upper()}({column}))"
    return " ".join(filter(None, [column, key.opclass, "DESC" if key.descending else ""]))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _name(candidate: Candidate, names: Names) -> str:
    """Model and fields, shortened with a hash where Django's limit asks for it."""
    table = candidate.table
    model = names.model(table.name)
    parts = [model.name.lower() if model else table.name]
    parts += [names.field(table.name, key.column) for key in candidate.keys]
    parts += [{"gin": "gin", "btree": "idx"}[candidate.method]]
    full = _NO_NAME.sub("", "_".join(parts)).lower().lstrip("_0123456789")
    plain = full.encode("ascii", "ignore").decode()
    name, salt = full, 0
    while len(name) > _MAX_NAME or name in table.index_names or not name.isascii():
        text = repr((full, candidate.keys, salt)).encode()
        digest = md5(text, usedforsecurity=False).hexdigest()[:6]
        name, salt = f"{plain[: _MAX_NAME - 11].rstrip('_')}_{digest}_idx", salt + 1
    return name


def _meta(candidate: Candidate, model: ModelFacts, name: str) -> Function:
    """``models.Index(fields=["post", "-created_at"], name="...")``."""
    kind = "GinIndex" if candidate.method == "gin" else "models.Index"
    keys = candidate.keys
    if any(key.function for key in keys):
        return Function(kind, tuple(_expression(key, model) for key in keys), _named(name=name))
    fields = tuple(f"{'-' if key.descending else ''}{_field(key, model)}" for key in keys)
    if not any(key.opclass for key in keys):
        return Function(kind, (), _named(fields=fields, name=name))
    opclasses = tuple(key.opclass or _default(key, candidate) for key in keys)
    return Function(kind, (), _named(fields=fields, opclasses=opclasses, name=name))


def _named(**values: str | tuple[str, ...]) -> tuple[Keyword, ...]:
    return tuple(Keyword(name, Literal(value)) for name, value in values.items())


def _default(key: Key, candidate: Candidate) -> str:
    """The operator class of a column: where one needs it, Django wants one for each."""
    kind = candidate.table.columns.get(key.column, "")
    return {"varchar": "text_ops"}.get(kind, f"{kind}_ops")


def _expression(key: Key, model: ModelFacts) -> Expression:
    field = Literal(_field(key, model))
    if key.function == "->":
        found = Function("KeyTransform", (Literal(key.json_key), field))
    else:
        found = Function(_FUNCTIONS[key.function] if key.function else "models.F", (field,))
    if key.opclass:
        found = Function("OpClass", (found,), _named(name=key.opclass))
    return Objects(found, (Call("desc"),)) if key.descending else found


def _field(key: Key, model: ModelFacts) -> str:
    return model.columns.get(key.column, key.column)


def _imports_for(names: Collection[str]) -> str:
    """The lines of import that the names need, each module once."""
    used = [name for name in _IMPORTS if name in names]
    modules: dict[str, list[str]] = {}
    for name in used:
        modules.setdefault(_IMPORTS[name], []).append(name)
    return "\n".join(
        f"from {module} import {', '.join(sorted(found))}"
        for module, found in sorted(modules.items())
    )


def _migration(meta: Function, model: ModelFacts, *, needs_trigrams: bool) -> str:
    app = model.label.split(".")[0]
    operations = ["TrigramExtension(),"] if needs_trigrams else []
    names = {*meta.names, "AddIndexConcurrently", "migrations"}
    names |= {"TrigramExtension"} if needs_trigrams else set()
    operations += [
        "AddIndexConcurrently(",
        f'    model_name="{model.name.lower()}",',
        f"    index={meta.code},",
        "),",
    ]
    lines = [
        f"# python manage.py makemigrations {app} --empty",
        _imports_for(names),
        "",
        "",
        "class Migration(migrations.Migration):",
        "    atomic = False  # CONCURRENTLY works outside of a transaction only",
        "",
        "    dependencies = [...]  # as makemigrations has written them",
        "",
        "    operations = [",
        *(f"        {line}" for line in operations),
        "    ]",
    ]
    return "\n".join(lines)


def _reason(candidate: Candidate, names: Names) -> str:
    table = candidate.table
    model = names.model(table.name)
    of = model.label if model else table.name
    fields = _listed(
        [_described(key, names.field(table.name, key.column)) for key in candidate.keys]
    )
    if candidate.hint == code_of_index(IndexKind.TRIGRAM):
        return f"A trigram index finds the rows of {of} whose {fields} contains the text."
    if candidate.hint == code_of_index(IndexKind.ORDERED):
        return f"An index on {fields} of {of} returns the rows in order, without a sort."
    return f"An index on {fields} of {of} finds just the matching rows."


def _described(key: Key, field: str) -> str:
    if key.function == "->":
        return f"{field}__{key.json_key}"
    text = f"{_FUNCTIONS[key.function]}({field})" if key.function else field
    return f"{text} (descending)" if key.descending else text


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _note(candidate: Candidate) -> str:
    if not candidate.superseded:
        return ""
    return (
        f"It starts with the columns of the index {candidate.superseded}, which would no "
        "longer be needed."
    )
