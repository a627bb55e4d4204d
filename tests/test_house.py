"""The house keeps its order: who writes which table, who imports whom, how large files are, and where each module's test is."""

from __future__ import annotations

import ast
import importlib
import re
import statistics
from collections import Counter

import pytest

from partnerproof.flow import STAGES
from tests.house import RECORDS, ROOMS, ROOT, Module, all_modules, head_tables

MODULES = all_modules()
WRITER = {  # table → the one room that writes it
    "ledger": "warc_files captures connections certificates deletions row_deletions",
    "crawler": "seeds crawls visits looks pages page_continuity sightings inline_images passages renders",
    "matcher": (
        "brands official_logos recognitions hashed_images image_hashes image_readings image_words logo_matches name_matches"
        " text_matches rejections"
    ),
    "casebook": (
        "register_snapshots grants snapshot_undos register_keys likeness_names likeness_grams group_snapshots companies"
        " relationships proposed_grants claims claim_evidence absences walls wall_images mark_findings searches near_miss_checks judgings verdicts"
        " pictures holds cases case_events case_words letters letter_texts replies removal_checks alerts accounts sessions"
        " second_factors recovery_codes"
        " saved_views kept_texts sent_forms jobs api_tokens deliveries"
    ),
}
BY_TRIGGERS = {"case_changes"}
STAGE_MODULES = [
    MODULES[path.removesuffix(".py").replace("/", ".")] for stage in STAGES for path in stage.module.split(", ")
]
MOST_MODULES = 20  # of one folder; cli/ has one file a verb


def test_every_table_is_written_by_one_room():
    rooms = {table: room for room, tables in WRITER.items() for table in tables.split()}
    assert rooms.keys() == set(RECORDS.values()) - BY_TRIGGERS
    strange = [
        f"{module.name} writes {table}"
        for module in MODULES.values()
        for table in (module.writes if module.stores else module.changes)
        if rooms[table] != module.room
    ]
    assert strange == []


def test_every_table_is_written_by_somebody():
    assert set().union(*(module.writes for module in MODULES.values())) == set(RECORDS.values()) - BY_TRIGGERS


def test_rows_are_read_as_records_outside_the_ledger():
    assert [module.name for module in MODULES.values() if module.row_calls and module.room != "ledger"] == []


def test_the_command_line_knows_no_sql():
    assert [
        module.name for module in MODULES.values() if module.sql and module.name.startswith("partnerproof.cli")
    ] == []


@pytest.mark.parametrize("module", STAGE_MODULES, ids=lambda module: module.name)
def test_a_stage_reads_and_writes_what_its_head_says(module):
    reads, writes = head_tables(module, "Reads"), head_tables(module, "Writes")
    if reads is None and writes is None:
        assert not module.reads, f"{module.name} has SQL and no line Reads: …"
        return
    reads, writes = reads or frozenset(), writes or frozenset()
    below = _with_imports(module)
    assert not module.stores or module.writes <= writes, f"{module.name}: its head lacks what it writes"
    assert module.reads <= reads | writes, f"{module.name}: its head lacks what it reads"
    assert writes <= set().union(*(other.writes for other in below)), (
        f"{module.name}: its head says too much of writing"
    )


def _with_imports(module: Module) -> list[Module]:
    """A module with all that it imports, near or far."""
    seen, waiting = {module.name}, [module.name]
    while waiting:
        for name in MODULES[waiting.pop()].imports - seen:
            seen.add(name)
            waiting.append(name)
    return [MODULES[name] for name in seen]


def test_no_module_imports_itself_by_way_of_others():
    state: dict[str, int] = {}
    circles: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        state[name] = 1
        for other in sorted(MODULES[name].imports):
            if state.get(other) == 1:
                circles.append(" → ".join((*path[path.index(other) if other in path else 0 :], name, other)))
            elif other not in state:
                visit(other, (*path, name))
        state[name] = 2

    for name in MODULES:
        if name not in state:
            visit(name, ())
    assert circles == []


def test_no_folder_is_crowded():
    folders = Counter(module.path.parent for module in MODULES.values() if module.path.name != "__init__.py")
    crowded = {str(folder.relative_to(ROOT)): count for folder, count in folders.items() if count > MOST_MODULES}
    assert crowded.keys() <= {"partnerproof/cli"}


def test_no_two_modules_have_one_name():
    names = Counter(
        module.path.stem
        for module in MODULES.values()
        if not module.name.startswith("partnerproof.cli.") and not module.path.stem.startswith("__")
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_files_are_small():
    lines = [module.lines for module in MODULES.values() if module.lines > 1]
    assert 60 <= statistics.median(lines) <= 170
    assert sum(count > 400 for count in lines) < 0.05 * len(lines)


def test_packages_below_the_front_door_do_not_import_it():
    """In matcher/ and ledger/ the modules at the top are the front door or leaves that import nothing of the packages."""
    for room in ("matcher", "ledger"):
        door = {
            module.name
            for module in MODULES.values()
            if module.name.count(".") == 1
            and module.room == room
            and any(
                name.count(".") > 1 and not name.startswith("ledger.records.")
                for name in module.imports
                if name.startswith(f"{room}.")
            )
        }
        strange = [
            (module.name, name)
            for module in MODULES.values()
            if module.room == room and module.name.count(".") > 1
            for name in module.imports & door
        ]
        assert strange == []


def test_every_module_has_a_test_that_can_be_found():
    tests = list((ROOT / "tests").rglob("test_*.py"))
    named = "\n".join(
        path.read_text(encoding="utf-8")[:3000].split('"""')[1]
        for path in tests
        if path.read_text(encoding="utf-8").startswith('"""')
    )
    stems = {path.relative_to(ROOT / "tests").as_posix() for path in tests}
    missing = []
    for module in MODULES.values():
        if module.path.stem.startswith("__") or module.lines <= 1:
            continue
        place = module.path.relative_to(ROOT)
        if f"{place.parent.as_posix()}/test_{place.stem}.py" not in stems and place.as_posix() not in named:
            missing.append(place.as_posix())
    assert missing == []


def test_the_glossary_has_the_nouns_of_tables_and_rooms():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    glossary = set(re.findall(r"^\| ([a-z][a-z ]*?) \|", text[text.index("## Glossary") :], re.M))
    nouns = {_noun(table) for table in RECORDS.values()} - {""}
    assert sorted(nouns - glossary) == []
    assert {"template", "naming", "statement", "custody log", "entry lock", "writer lock"} <= glossary
    assert set(ROOMS) - glossary == set(ROOMS)  # rooms have a section of their own


def _noun(table: str) -> str:
    """What a row of a table is; indexes and inner tables have no noun of their own."""
    special = {
        "searches": "search", "row_deletions": "deletion", "inline_images": "sighting", "image_hashes": "region", "hashed_images": "region", "wall_images": "wall",
        "register_keys": "", "likeness_names": "", "likeness_grams": "", "case_words": "", "case_changes": "", "saved_views": "saved view",
        "companies": "company", "claim_evidence": "evidence", "replies": "reply", "register_snapshots": "snapshot",
        "group_snapshots": "snapshot", "snapshot_undos": "snapshot", "letter_texts": "letter", "warc_files": "archive",
        "deliveries": "delivery", "logo_matches": "match", "text_matches": "match", "name_matches": "match", "image_words": "image reading", "official_logos": "official logo", "pictures": "picture",
    }  # fmt: skip
    return special.get(table, table.replace("_", " ").removesuffix("s"))


@pytest.mark.parametrize("path", sorted((ROOT / "bench").glob("*.py")), ids=lambda path: path.stem)
def test_a_benchmark_imports_what_is_there(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ROOMS:
            module = importlib.import_module(node.module)
            assert [one.name for one in node.names if not hasattr(module, one.name)] == [], node.module
