"""An export is checked by a stranger with Python's standard library and openssl, and no changed byte of it passes."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from ledger.verifier import BROKEN, NOT_CHECKED, check_export
from tests.conftest import run_partnerproof
from tests.flow.sealed import PAGE, claim_of, crawl, flip, log_of, make_sealed, of

HOSTILE = PAGE.replace("<title>V</title>", "<title><script>alert(1)</script>=cmd|' /C calc'!A1</title>").replace(
    "<img", "<img alt='\"><script>alert(2)</script>'"
)


@pytest.fixture(scope="module")
def sealed(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "space"
    return make_sealed(acme_once, folder, logo_png, text=HOSTILE, name="../<b>Bright</b> Harbour")


@pytest.fixture(scope="module")
def exported(sealed: Path) -> Path:
    out = sealed.parent / "claim.zip"
    run_partnerproof("-w", sealed, "export", "--no-pictures", claim_of(sealed), "--out", out)
    return out


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(exported) as archive:
        archive.extractall(tmp_path / "unpacked")
    return tmp_path / "unpacked"


def alone(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the verifier as a stranger does; without any network where the system allows that."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), *map(str, arguments)]
    if subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode == 0:
        command = ["unshare", "-rn", *command]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder.parent)


def test_a_stranger_checks_an_export_with_nothing_installed(exported, folder):
    for arguments in ((), (exported,), (folder,)):
        done = alone(folder, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "All is as it was sealed" in done.stdout
        assert done.stdout.count("stamped") == 2
    assert "export of" not in alone(folder, "nowhere.zip").stdout
    assert alone(folder, "nowhere.zip").returncode == 2


def test_it_holds_what_it_promises(folder):
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names >= {
        "READ-ME.html", "dossier.html", "evidence.wacz", "certification-draft.html", "reply-form.html",
        "search-certificate.html", "custody.jsonl", "manifest.json", "verify.py", "proof/rows.jsonl",
        "exhibits/01-logo-official.png", "exhibits/01-logo-found.png",
    }  # fmt: skip
    tables = {json.loads(line)["table"] for line in (folder / "proof" / "rows.jsonl").read_text().splitlines()}
    assert tables >= {"claims", "verdicts", "searches", "captures", "pages", "sightings", "logo_matches", "official_logos", "register_snapshots"}  # fmt: skip
    assert all(
        json.loads(line)["leaf"] is not None for line in (folder / "proof" / "rows.jsonl").read_text().splitlines()
    )


def test_its_pages_need_nothing_from_outside_and_run_nothing_of_the_vendor(folder):
    for page in folder.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script>alert" not in text
        assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
        assert 'src="http' not in text
        assert 'href="http' not in text


def test_every_changed_byte_of_an_export_is_found_and_named(exported, tmp_path):
    rng = random.Random(3)
    original = exported.read_bytes()
    other = tmp_path / "claim.zip"
    for _ in range(40):
        place = rng.randrange(len(original))
        other.write_bytes(original)
        flip(other, place)
        assert any(check.outcome == BROKEN for check in check_export(other)), place


def test_every_file_of_an_unpacked_export_is_watched(folder):
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        original = path.read_bytes()
        flip(path, len(original) // 2)
        broken = of(check_export(folder), BROKEN)
        assert any(path.name in line for line in broken), path
        path.write_bytes(original)
    (folder / "note.txt").write_text("mine")
    assert of(check_export(folder), BROKEN) == ["note.txt: is no part of the export: it was added"]
    (folder / "note.txt").unlink()
    (folder / "dossier.html").unlink()
    assert of(check_export(folder), BROKEN) == ["dossier.html: is missing"]


def test_a_whole_new_manifest_does_not_hide_a_changed_row_or_record(folder):
    """Who can write digests anew still can't write the seal."""
    from ledger.verifier import write_manifest

    rows = folder / "proof" / "rows.jsonl"
    rows.write_text(rows.read_text().replace("Harbour", "Arbour"))
    about = {"format": "partnerproof export 1"}
    write_manifest(folder, about)
    broken = of(check_export(folder), BROKEN)
    assert broken
    assert all("is not the sealed one" in line for line in broken)


def test_the_log_tells_of_the_export_and_withholds_what_concerns_others(sealed, exported, tmp_path, logo_png):
    entry = next(entry for entry in log_of(sealed) if entry["event"] == "exported")
    from ledger.verifier import file_facts

    assert {key: entry["details"][key] for key in ("bytes", "sha256")} == file_facts(exported)
    root = shutil.copytree(sealed, tmp_path / "space")
    crawl(root, logo_png, name="Second")
    from ledger.custody import CustodyLog
    from ledger.vocabulary import CustodyEvent

    CustodyLog(root / "var" / "custody.jsonl").add(CustodyEvent.VIEWED, {"claim": "f" * 32}, by="Ann")
    out = tmp_path / "again.zip"
    run_partnerproof("-w", root, "export", "--no-pictures", claim_of(root), "--out", out)
    with zipfile.ZipFile(out) as archive:
        lines = [json.loads(line) for line in archive.read("custody.jsonl").decode().splitlines()]
    assert [line.get("withheld") for line in lines if line["seq"] == len(lines)] == [True]
    assert "Ann" not in json.dumps(lines)
    assert not of(check_export(out), BROKEN)


def test_what_is_not_sealed_yet_is_said(acme, logo_png, tmp_path):
    (acme / "partnerproof.toml").write_text(
        (acme / "partnerproof.toml").read_text().replace("after_crawl = true", "after_crawl = false")
    )
    crawl(acme, logo_png)
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", acme, "export", "--no-pictures", claim_of(acme), "--out", out)
    checks = check_export(out)
    assert not of(checks, BROKEN)
    assert any("written after the last seal" in line for line in of(checks, NOT_CHECKED))
    run_partnerproof("-w", acme, "seal")
    run_partnerproof("-w", acme, "export", "--no-pictures", claim_of(acme), "--out", out)
    assert not any("after the last seal" in line for line in of(check_export(out), NOT_CHECKED))


def test_a_claim_that_is_not_there_is_named(sealed):
    assert "which no claim begins with" in run_partnerproof("-w", sealed, "export", "00000000", code=2)
    assert "its first 6 digits or more" in run_partnerproof("-w", sealed, "export", "a", code=2)


def test_a_killed_export_leaves_an_earlier_one_as_it_was(sealed, exported, tmp_path):
    out = shutil.copy(exported, tmp_path / "claim.zip")
    before = out.read_bytes()
    rng = random.Random(2)
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-m", "partnerproof", "-w", sealed, "export", "--no-pictures", claim_of(sealed), "--out", out],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(rng.uniform(0.5, 1.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert out.read_bytes() == before or not of(check_export(out), BROKEN)


def test_a_disk_that_refuses_leaves_no_half_export(sealed, tmp_path):
    (tmp_path / "claim.zip").mkdir()
    told = run_partnerproof(
        "-w", sealed, "export", "--no-pictures", claim_of(sealed), "--out", tmp_path / "claim.zip", code=3
    )
    assert "could not be written" in told
    assert [path.name for path in tmp_path.iterdir()] == ["claim.zip"]


def test_the_archive_in_it_is_well_formed(folder, tmp_path):
    from warcio.archiveiterator import ArchiveIterator

    with zipfile.ZipFile(folder / "evidence.wacz") as wacz:
        assert all(info.compress_type == zipfile.ZIP_STORED for info in wacz.infolist())
        package = json.loads(wacz.read("datapackage.json"))
        (tmp_path / "data.warc.gz").write_bytes(wacz.read("archive/data.warc.gz"))
        pages = [json.loads(line) for line in wacz.read("pages/pages.jsonl").splitlines()]
    assert package["mainPageUrl"] == pages[1]["url"]
    with (tmp_path / "data.warc.gz").open("rb") as file:
        records = [
            (record.rec_type, record.digest_checker.passed if record.raw_stream.read() is not None else None)
            for record in ArchiveIterator(file, check_digests=True)
        ]
    assert {kind for kind, _ in records} >= {"response", "request"}
    assert False not in [passed for _, passed in records]
