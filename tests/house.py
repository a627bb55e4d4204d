"""What the code says of itself, read from its syntax: modules, imports, SQL, records that are written. For tests/test_house.py."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ledger import records

ROOT = Path(__file__).parents[1]
ROOMS = ("ledger", "crawler", "matcher", "casebook", "partnerproof")
RECORDS = {name: kind.table for name, kind in vars(records).items() if hasattr(kind, "table")}
_WRITES = re.compile(r"(?:\bINSERT(?: OR \w+)? INTO|\bDELETE FROM|^\s*UPDATE|[\"']UPDATE)\s+(\w+)", re.M)
_READS = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)")
_CTE = re.compile(r"(?:\bWITH(?: RECURSIVE)?|,)\s*(\w+)\s*(?:\([^)]*\)\s*)?AS\s*\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module. name: dotted; reads, writes: tables and views of its own SQL, and tables of records that it makes."""

    name: str
    path: Path
    docstring: str
    lines: int
    imports: frozenset[str]
    sql: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()  # of writes those that it writes itself, not by handing out records
    row_calls: tuple[int, ...] = field(default=())  # lines that read untyped rows
    stores: bool = (
        False  # it calls add or put of a ledger; else the records that it makes are for somebody else to store
    )

    @property
    def room(self) -> str:
        return self.name.split(".")[0]


@cache
def all_modules() -> dict[str, Module]:
    """Return every module of the rooms, by its dotted name."""
    paths = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    names = {_dotted(path): path for path in paths}
    return {name: _read(name, path, frozenset(names)) for name, path in names.items()}


def _dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read(name: str, path: Path, names: frozenset[str]) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    texts = _sql_texts(tree)
    known = _known_tables()
    written = {table for sql in texts for table in _WRITES.findall(sql)} & known
    read = {table for sql in texts for table in _READS.findall(sql)} - {
        cte for sql in texts for cte in _CTE.findall(sql)
    }
    made = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    updated = {
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and _is_method(node, "update")
        and node.args
        and isinstance(node.args[0], ast.Name)
    }
    imported = _record_names(tree)
    return Module(
        name=name,
        path=path,
        docstring=ast.get_docstring(tree) or "",
        lines=text.count("\n"),
        imports=_imports(tree, names) - {name},
        sql=texts,
        reads=frozenset(table for name in read & known for table in _expand(name)),
        writes=frozenset(written | {RECORDS[imported[local]] for local in (made | updated) & imported.keys()}),
        changes=frozenset(written | {RECORDS[imported[local]] for local in updated & imported.keys()}),
        stores=any(
            isinstance(node, ast.Call) and (_is_method(node, "add") or _is_method(node, "put")) and _is_ledger(node)
            for node in ast.walk(tree)
        ),
        row_calls=tuple(
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and any(_is_method(node, call) for call in ("rows", "row", "each"))
            and _is_ledger(node)
        ),
    )


def _is_method(node: ast.Call, name: str) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == name


def _is_ledger(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value).endswith("ledger")


def _record_names(tree: ast.Module) -> dict[str, str]:
    """Local name → name of the record, for what a module imports of ledger.records."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "ledger.records"
        for alias in node.names
        if alias.name in RECORDS
    }


def _sql_texts(tree: ast.Module) -> tuple[str, ...]:
    texts = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            texts.append("".join(str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
    is_sql = re.compile(r"\b(?:SELECT\b.*\bFROM|INSERT\b.*\bINTO|DELETE FROM|UPDATE \w+ SET|JOIN \w+)\b", re.S)
    docstrings = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return tuple(text for text in texts if is_sql.search(text) and text not in docstrings)


@cache
def _shared_views() -> dict[str, frozenset[str]]:
    """The views that the program's own queries share, each with the tables that it reads."""
    text = (ROOT / "ledger" / "views.sql").read_text(encoding="utf-8")
    views = re.findall(r"^CREATE VIEW (\w+) (.*?);$", text, re.M | re.S)
    return {name: frozenset(_READS.findall(sql)) & _known_tables() for name, sql in views if not name.startswith("v_")}


def _expand(name: str) -> frozenset[str]:
    return _shared_views().get(name, frozenset({name}))


@cache
def _known_tables() -> frozenset[str]:
    text = "".join((ROOT / "ledger" / file).read_text(encoding="utf-8") for file in ("schema.sql", "views.sql"))
    return frozenset(re.findall(r"^CREATE (?:VIRTUAL )?(?:TABLE|VIEW) (\w+)", text, re.M))


def _imports(tree: ast.Module, names: frozenset[str]) -> frozenset[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in names else node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return frozenset(found & names)


def head_tables(module: Module, which: str) -> frozenset[str] | None:
    """Tables and views that a module's docstring names under "Reads:" or "Writes:"; None where it has no such line."""
    flat = " ".join(module.docstring.split("\n\n1.")[0].split())
    match = re.search(rf"\b{which}: (.*?)(?:\.(?: |$))", flat)
    if match is None:
        return None
    if re.search(r"\b(?:all|every)\b", match[1]):
        return _known_tables()
    return frozenset(re.findall(r"\w+", match[1])) & _known_tables()
