"""The names of a plan's steps, as the database prints them and in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from orm_insight.explain.mysql import steps as mysql_words
from orm_insight.explain.raw_values import number_of, text_of
from orm_insight.model.plan import PlanNode

# Numbers in sentences.


def duration(milliseconds: float) -> str:
    """``184 ms``, ``2.1 ms``, ``0.04 ms``, ``12.3 s``."""
    if milliseconds >= 9_999.5:
        return f"{milliseconds / 1000:,.1f} s"
    if milliseconds >= 99.5:
        return f"{milliseconds:,.0f} ms"
    return f"{milliseconds:.1f} ms" if milliseconds >= 0.95 else f"{milliseconds:.2f} ms"


def amount(number: float) -> str:
    """``49,900``; a fraction below ten keeps a digit: ``2.5``."""
    if number < 10 and number != round(number):
        return f"{number:.1f}"
    return f"{number:,.0f}"


def counted(number: float, noun: str) -> str:
    """``1 row``, ``49,900 rows``."""
    return f"{amount(number)} {noun}" if number == 1 else f"{amount(number)} {noun}s"


def percent(share: float) -> str:
    """``92 %``; never rounded up to all of it."""
    return f"{min(share * 100, 99.4) if share < 1 else 100:.0f} %"


def kilobytes(size: float) -> str:
    """``512 kB``, ``12.3 MB``."""
    return f"{size / 1024:,.1f} MB" if size >= 1024 else f"{size:,.0f} kB"


def index_advice(table: str, columns: Sequence[str]) -> str:
    """The index for conditions on ``columns``; without any, the reason why none helps."""
    if not columns:
        return (
            "No index helps with this condition: contains and icontains, a function around the "
            "column and conditions joined by | read every row. Filter by equality, a range or "
            "startswith, or by another field first."
        )
    fields = ", ".join(f'"{column}"' for column in columns)
    entry = f"Meta.indexes = [models.Index(fields=[{fields}])] in the model of {table}"
    if len(columns) > 1:
        return f"Add {entry}."
    return f"Set db_index=True on the field of the column {columns[0]}, or add {entry}."


JOINS = frozenset({"Hash Join", "Merge Join", "Nested Loop"})
_CHANGES = {
    "Insert": "inserting into",
    "Update": "updating",
    "Delete": "deleting from",
    "Merge": "merging into",
}
_SET_OPERATIONS = {"Intersect": "INTERSECT", "Except": "EXCEPT"}


def title(node: PlanNode) -> str:
    """``Parallel Seq Scan``, ``Hash Join (Left)``, ``Insert``."""
    join = text_of(node.raw, "Join Type") or "Inner"
    words = ["Parallel"] if node.raw.get("Parallel Aware") else []
    if (mode := text_of(node.raw, "Partial Mode")) in {"Partial", "Finalize"}:
        words.append(mode)
    # ModifyTable says less than Insert, Update, Delete or Merge.
    words.append(text_of(node.raw, "Operation") or str(node.node_type))
    if join != "Inner":
        words.append(f"({join})")
    if node.raw.get("Scan Direction") == "Backward":
        words.append("backward")
    return " ".join(words)


def target(node: PlanNode) -> str:
    """``on blog_comment c using blog_comment_pkey``; empty for a step that reads no table."""
    parts = []
    relation = relation_of(node)
    if relation:
        alias = node.alias
        parts.append(f"on {relation}" + (f" {alias}" if alias and alias != relation else ""))
    if node.index:
        parts.append(f"using {node.index}")
    return " ".join(parts)


def relation_of(node: PlanNode) -> str:
    """The table, the CTE or the function that the step itself reads."""
    raw = node.raw
    found = node.relation or raw.get("CTE Name") or raw.get("Function Name")
    if not found and node.node_type in {"Subquery Scan", "Values Scan", "Table Function Scan"}:
        found = node.alias
    return str(found or "")


def role(node: PlanNode) -> str:
    """``CTE recent``, ``InitPlan 1``, ``SubPlan 2``: the name under which other steps use it."""
    name = text_of(node.raw, "Subplan Name")
    relationship = text_of(node.raw, "Parent Relationship")
    if name:
        return name
    return relationship if relationship in {"InitPlan", "SubPlan"} else ""


def describe(node: PlanNode) -> str:
    """The step as a noun of a sentence: ``a sequential scan of blog_comment``."""
    words = _WORDS.get(node.node_type) or mysql_words.describe(node)
    if words is None:
        where = target(node)
        return f"the step {title(node)}" + (f" {where}" if where else "")
    return words(node) if callable(words) else words


def _table(node: PlanNode) -> str:
    return relation_of(node) or str(node.alias or "a subquery")


def _sequential_scan(node: PlanNode) -> str:
    parallel = "parallel " if node.raw.get("Parallel Aware") else ""
    return f"a {parallel}sequential scan of {_table(node)}"


def _index_scan(node: PlanNode) -> str:
    kind = "an index-only scan" if node.node_type == "Index Only Scan" else "an index scan"
    using = f" using {node.index}" if node.index else ""
    return f"{kind} of {_table(node)}{using}"


def _sort(node: PlanNode) -> str:
    kind = "an incremental sort" if node.node_type == "Incremental Sort" else "a sort"
    space = number_of(node.raw, "Sort Space Used")
    # An incremental sort tells it only through the blocks of its temporary files.
    is_spilled = node.buffers is not None and node.buffers.temp_written > 0
    on_disk = node.raw.get("Sort Space Type") == "Disk" or is_spilled
    size = f" ({kilobytes(space)})" if on_disk and space else ""
    # Under a LIMIT a sort reads all rows and gives few.
    rows = max(node.rows or 0, sum(child.rows or 0 for child in node.children))
    of_rows = f" of {counted(rows, 'row')}" if rows else ""
    return f"{kind}{of_rows}{' on disk' if on_disk else ''}{size}"


def _join(node: PlanNode) -> str:
    join = text_of(node.raw, "Join Type") or "Inner"
    kind = "nested loop" if node.node_type == "Nested Loop" else node.node_type.lower()
    if join == "Inner":
        return f"a {kind}"
    if join in {"Semi", "Anti"}:
        return f"a {kind} ({'EXISTS' if join == 'Semi' else 'NOT EXISTS'})"
    return f"a {kind} ({join.lower()} join)"


def _hash(node: PlanNode) -> str:
    batches = number_of(node.raw, "Hash Batches")
    on_disk = f", in {amount(batches)} parts on disk" if batches > 1 else ""
    return f"building a hash table{on_disk}"


def _aggregate(node: PlanNode) -> str:
    on_disk = " on disk" if node.raw.get("Disk Usage") else ""
    if node.raw.get("Strategy") == "Plain":
        return "computing an aggregate over all rows"
    by_hash = " by a hash table" if node.raw.get("Strategy") == "Hashed" else ""
    return f"grouping rows{by_hash}{on_disk}"


def _set_operation(node: PlanNode) -> str:
    command = text_of(node.raw, "Command")
    return f"comparing two sets of rows ({_SET_OPERATIONS.get(command.split(' ')[0], command)})"


def _change(node: PlanNode) -> str:
    verb = _CHANGES.get(text_of(node.raw, "Operation"), "changing")
    return f"{verb} {_table(node)}"


_WORDS: dict[str, str | Callable[[PlanNode], str]] = {
    "Seq Scan": _sequential_scan,
    "Sample Scan": lambda node: f"a scan of a sample of {_table(node)}",
    "Index Scan": _index_scan,
    "Index Only Scan": _index_scan,
    "Bitmap Heap Scan": lambda node: f"a bitmap heap scan of {_table(node)}",
    "Bitmap Index Scan": lambda node: f"a bitmap scan of the index {node.index}",
    "BitmapAnd": "combining the bitmaps of several indexes (AND)",
    "BitmapOr": "combining the bitmaps of several indexes (OR)",
    "Tid Scan": lambda node: f"a scan of {_table(node)} by row location",
    "Tid Range Scan": lambda node: f"a scan of {_table(node)} by row location",
    "Subquery Scan": lambda node: f"a scan of the subquery {_table(node)}",
    "Function Scan": lambda node: f"the function {_table(node)}",
    "Table Function Scan": lambda node: f"the table function {_table(node)}",
    "Values Scan": "a list of values",
    "CTE Scan": lambda node: f"a scan of the CTE {_table(node)}",
    "WorkTable Scan": "reading the rows found by the recursion so far",
    "Named Tuplestore Scan": lambda node: f"reading the transition table {_table(node)}",
    "Foreign Scan": lambda node: f"a foreign scan of {_table(node)}, which queries another server",
    "Sort": _sort,
    "Incremental Sort": _sort,
    "Hash Join": _join,
    "Merge Join": _join,
    "Nested Loop": _join,
    "Hash": _hash,
    "Aggregate": _aggregate,
    "Group": "grouping sorted rows",
    "Unique": "removing duplicates",
    "SetOp": _set_operation,
    "WindowAgg": "a window function",
    "Limit": "stopping at the LIMIT",
    "Result": "computing a result",
    "ProjectSet": "a function that returns a set of rows",
    "Materialize": "keeping rows in memory for repeated reads",
    "Memoize": "a cache of results for repeated lookups",
    "Append": "combining several inputs",
    "Merge Append": "merging several sorted inputs",
    "Recursive Union": "the recursion of a WITH RECURSIVE",
    "Gather": "starting parallel workers and collecting their rows",
    "Gather Merge": "starting parallel workers and merging their sorted rows",
    "LockRows": "locking rows",
    "ModifyTable": _change,
}
