"""Tests of stored templates: as measured, bit for bit; whatever is wrong with a file, the drawing is measured anew."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from pathlib import Path

import numpy as np
import pytest
from drawings import draw_mark, encode

from ledger.shipped import FORGOTTEN_AFTER_DAYS
from matcher.looking.compare import Template
from matcher.looking.stored_templates import (
    load_is_alone,
    load_templates,
    store_is_alone,
    store_templates,
)
from matcher.looking.templates import describe_mark, measure_mark

MARK, OTHER_MARK = encode(draw_mark("orrery")), encode(draw_mark("lattice"))
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 60"><rect width="90" height="60" rx="9" fill="#053"/>'
    b'<path d="M15 45L30 15L45 45M50 15v30h25" stroke="#fff" stroke-width="6" fill="none"/></svg>'
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    describe_mark.cache_clear()
    return tmp_path / "cache" / "partnerproof" / "templates"


def measured(content: bytes) -> tuple[Template, ...]:
    templates = measure_mark(content)
    assert isinstance(templates, tuple)
    return templates


def are_equal(ours: object, theirs: object) -> bool:
    """Equal bit for bit, types of arrays included."""
    if is_dataclass(ours) and is_dataclass(theirs):
        mine, other = asdict(ours), asdict(theirs)  # type: ignore[arg-type]  # instances, not classes
        return mine.keys() == other.keys() and all(are_equal(mine[name], other[name]) for name in mine)
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(are_equal(ours[name], theirs[name]) for name in ours)
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        return (ours.dtype, ours.shape, ours.tobytes()) == (theirs.dtype, theirs.shape, theirs.tobytes())
    return type(ours) is type(theirs) and ours == theirs


def file_of(cache: Path, content: bytes) -> Path:
    """The one file that storing a drawing makes."""
    before = set(cache.rglob("*.npy"))
    store_templates(content, measured(content))
    return next(iter(set(cache.rglob("*.npy")) - before))


@pytest.mark.parametrize("content", [MARK, SVG], ids=["transparent", "on a tile"])
def test_stored_templates_are_the_measured_ones_bit_for_bit(cache: Path, content: bytes):
    assert load_templates(content) is None
    templates = measured(content)
    store_templates(content, templates)
    stored = load_templates(content)
    assert stored is not None
    assert len(stored) == len(templates) > 1
    assert all(are_equal(ours, theirs) for ours, theirs in zip(stored, templates, strict=True))


def test_a_drawing_is_measured_once_for_all_processes(cache: Path):
    described = describe_mark(MARK)
    (file,) = cache.rglob("*.npy")
    written = file.stat().st_mtime_ns
    describe_mark.cache_clear()  # as another process begins
    again = describe_mark(MARK)
    assert isinstance(described, tuple)
    assert isinstance(again, tuple)
    assert all(are_equal(ours, theirs) for ours, theirs in zip(described, again, strict=True))
    assert file.stat().st_mtime_ns == written


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5_000])


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def _put_a_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps([print, "never run"]))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "cut": _cut,
    "one bit": _flip_a_bit,
    "empty": lambda path: path.write_bytes(b""),
    "a pickle": _put_a_pickle,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_measured_anew_and_replaced(cache: Path, damage: Callable[[Path], object]):
    file = file_of(cache, MARK)
    sound = file.read_bytes()
    damage(file)
    assert load_templates(MARK) is None
    assert isinstance(describe_mark(MARK), tuple)
    assert file.read_bytes() == sound
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_another_drawings_file_is_not_taken(cache: Path):
    file, other = file_of(cache, MARK), file_of(cache, OTHER_MARK)
    file.write_bytes(other.read_bytes())
    assert load_templates(MARK) is None
    assert load_templates(OTHER_MARK) is not None


def test_a_folder_that_others_may_write_to_is_not_used(cache: Path):
    folder = file_of(cache, MARK).parent
    folder.chmod(0o777)
    assert load_templates(MARK) is None
    store_templates(OTHER_MARK, measured(OTHER_MARK))
    assert len(list(folder.iterdir())) == 1
    folder.chmod(0o700)
    assert load_templates(MARK) is not None


def test_where_nothing_can_be_stored_drawings_are_still_described(cache: Path):
    cache.parent.parent.mkdir(parents=True)
    cache.parent.write_bytes(b"a file where the folder should be")
    assert isinstance(describe_mark(MARK), tuple)
    assert load_templates(MARK) is None


def test_without_a_home_nothing_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")  # relative: the specification has it ignored
    monkeypatch.setenv("HOME", "")
    monkeypatch.chdir(tmp_path)
    store_templates(MARK, measured(MARK))
    assert load_templates(MARK) is None
    assert list(tmp_path.iterdir()) == []


def test_a_refused_drawing_is_not_stored(cache: Path):
    assert not isinstance(describe_mark(b"no picture"), tuple)
    assert list(cache.rglob("*.npy")) == []


def test_what_other_versions_measured_goes_after_long_disuse(cache: Path):
    long_ago = time.time() - (FORGOTTEN_AFTER_DAYS + 1) * 24 * 3600
    for name in ("1-old", "2-young"):
        (cache / name).mkdir(parents=True)
        (cache / name / "a.npy").write_bytes(b"")
    os.utime(cache / "1-old", (long_ago, long_ago))
    current = file_of(cache, MARK).parent
    assert {path.name for path in cache.iterdir()} == {"2-young", current.name}


def test_whether_a_drawing_is_without_other_marks_is_stored_for_each_set_of_logos(cache: Path):
    store_is_alone(MARK, "one set", is_alone=False)
    store_is_alone(OTHER_MARK, "one set", is_alone=True)
    assert load_is_alone(MARK, "one set") is False
    assert load_is_alone(OTHER_MARK, "one set") is True
    assert load_is_alone(MARK, "another set") is None
    stored = next(path for path in cache.rglob("*-one set.npy"))
    _flip_a_bit(stored)
    assert None in (load_is_alone(MARK, "one set"), load_is_alone(OTHER_MARK, "one set"))
