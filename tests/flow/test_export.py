"""An export is checked by a stranger with Python's standard library and openssl, and no changed byte of it passes.

Tests: ledger/proof/proofs.py, partnerproof/cli/export.py, casebook/export/claim_export.py,
casebook/export/claim_rows.py, casebook/export/exhibits.py, casebook/export/certification.py,
casebook/export/shown_pages.py, casebook/files/pdf.py.
"""

from __future__ import annotations

import gzip
import html
import json
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.proof.verifier import ARCHIVE, BROKEN, NOT_CHECKED, OK, check_export, write_manifest, zip_info
from tests.conftest import made_once, run_partnerproof
from tests.flow.sealed import PAGE, authorities_of, claim_of, crawl, flip, log_of, make_sealed, of

# U+2028 ends a line for some readers, and not for JSON
HOSTILE = PAGE.replace(
    "<title>V</title>", "<title>\u2028V\u2028W <script>alert(1)</script>=cmd|' /C calc'!A1</title>"
).replace("<img", "<img alt='\"><script>alert(2)</script>'")


@pytest.fixture(scope="module")
def sealed(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    def make(folder: Path) -> None:
        make_sealed(acme_once, folder / "space", logo_png, text=HOSTILE, name="../<b>Bright</b> Harbour")

    made = made_once(tmp_path_factory, "exported", make)
    return shutil.copytree(made / "space", tmp_path_factory.mktemp("exported") / "space")


@pytest.fixture(scope="module")
def exported(sealed: Path) -> Path:
    out = sealed.parent / "claim.zip"
    with authorities_of(sealed):
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
        assert done.stdout.count("stamped") == 4  # the seal and manifest.json, by two
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
        assert any(path.name in line for line in broken) or path.name == "stamps.json", path
        assert broken
        path.write_bytes(original)
    (folder / "note.txt").write_text("mine")
    assert of(check_export(folder), BROKEN) == ["note.txt: is no part of the export: it was added"]
    (folder / "note.txt").unlink()
    (folder / "dossier.html").unlink()
    assert of(check_export(folder), BROKEN) == ["dossier.html: is missing"]


def test_a_whole_new_manifest_does_not_hide_a_changed_row_or_record(folder):
    """Who can write digests anew still can't write the seal."""
    rows = folder / "proof" / "rows.jsonl"
    rows.write_text(rows.read_text().replace("Harbour", "Arbour"))
    about = {"format": "partnerproof export 1"}
    forge_manifest(folder, about)
    broken = of(check_export(folder), BROKEN)
    assert broken
    assert all("is not the sealed one" in line for line in broken)


def forge_manifest(folder: Path, about: dict[str, object]) -> None:
    """Write the manifest anew, and take away the tokens over the old one, as whoever can write digests would."""
    shutil.rmtree(folder / "proof" / "manifest", ignore_errors=True)
    write_manifest(folder, about)


def rewrite(wacz: Path, change: Callable[[str, bytes], bytes]) -> None:
    """Write a WACZ anew, as whoever can write digests would."""
    with zipfile.ZipFile(wacz) as archive:
        before = [(member.filename, archive.read(member)) for member in archive.infolist()]
    with zipfile.ZipFile(wacz, "w") as archive:
        for name, data in before:
            archive.writestr(zip_info(name), change(name, data))


def test_a_record_that_is_not_listed_is_found_before_between_and_behind_the_others(folder):
    """A player shows all records of an archive, also one that nothing speaks of."""
    wacz, listed = folder / "evidence.wacz", folder / "proof" / "records.jsonl"
    originals = wacz.read_bytes(), listed.read_bytes()
    forged = gzip.compress(b"WARC/1.1\r\n")
    rewrite(wacz, lambda name, data: data + forged if name == ARCHIVE else data)
    forge_manifest(folder, {})
    assert of(check_export(folder), BROKEN)[0].endswith("does not list")
    wacz.write_bytes(originals[0])
    for place in (0, 2):  # the first and one between
        lines = originals[1].splitlines(keepends=True)
        listed.write_bytes(b"".join([*lines[:place], *lines[place + 1 :]]))
        forge_manifest(folder, {})
        assert of(check_export(folder), BROKEN)[0].endswith("does not list")


def test_the_archive_holds_no_byte_beside_its_members(folder):
    wacz = folder / "evidence.wacz"
    wacz.write_bytes(wacz.read_bytes() + b"PK")
    forge_manifest(folder, {})
    assert of(check_export(folder), BROKEN)[0].startswith("container evidence.wacz")


def test_seals_and_tokens_are_those_that_the_log_tells_of(folder):
    (head,) = folder.glob("proof/seals/*/head.json")
    first, second = sorted(head.parent.glob("*.tsr"))
    original = first.read_bytes()
    shutil.copy(second, first)
    forge_manifest(folder, {})
    assert of(check_export(folder), BROKEN) == [
        f"seal {head.parent.name}, token of first: is not the one that custody.jsonl tells of"
    ]
    first.write_bytes(original)
    for token in (first, second):  # without tokens nothing else would show it
        token.unlink()
    head.write_text(head.read_text().replace('"made_at":"20', '"made_at":"19'))
    forge_manifest(folder, {})
    assert of(check_export(folder), BROKEN) == [f"seal {head.parent.name}: is not the one that custody.jsonl tells of"]


def test_a_changed_row_that_is_said_not_to_be_sealed_is_not_ok(folder):
    rows = folder / "proof" / "rows.jsonl"
    lines = rows.read_text().splitlines()
    rows.write_text("\n".join([json.dumps(json.loads(lines[0]) | {"leaf": None}), *lines[1:]]) + "\n")
    forge_manifest(folder, {})
    assert "rows: 1 rows lead to no seal: nothing shows that they are as they were first written" in of(
        check_export(folder), NOT_CHECKED
    )


def test_links_and_what_is_no_file_are_named(folder, tmp_path):
    (folder / "more").symlink_to(tmp_path)
    assert of(check_export(folder), BROKEN) == ["more: is no part of the export: it was added"]
    (folder / "more").unlink()
    (folder / "dossier.html").unlink()
    (folder / "dossier.html").symlink_to(tmp_path)
    assert of(check_export(folder), BROKEN) == ["dossier.html: is no file"]


def test_the_pages_for_people_have_a_time_of_their_own(exported, folder):
    told = {check.what: check for check in check_export(exported)}
    for name in ("first", "second"):
        assert told[f"proof/manifest/{name}.tsr"].outcome == OK
        assert told[f"proof/manifest/{name}.tsr"].detail.startswith("stamped ")
    (folder / "dossier.html").write_text("<h1>All is well</h1>")
    about = json.loads((folder / "manifest.json").read_bytes())
    write_manifest(folder, {key: about[key] for key in about if key not in ("files", "sha256")})
    broken = of(check_export(folder), BROKEN)
    assert [line.partition(":")[0] for line in broken] == [
        "proof/manifest/first.tsr",
        "proof/manifest/second.tsr",
    ]
    (folder / "proof" / "manifest" / "more.txt").write_text("x")
    assert "proof/manifest/more.txt: is no part of the export: it was added" in of(check_export(folder), BROKEN)


def test_an_export_that_nobody_stamped_says_so(sealed, tmp_path):
    told = run_partnerproof("-w", sealed, "export", "--no-pictures", claim_of(sealed), "--out", tmp_path / "claim.zip")
    assert told.startswith("wrote ")
    said = of(check_export(tmp_path / "claim.zip"), NOT_CHECKED)
    assert "manifest.json: no authority has stamped it: when the pages for people were written is only said" in said


def test_the_workspace_knows_its_own_exports(sealed, exported, folder, tmp_path):
    """The pages for people are under no seal: who changes them and writes a new manifest is found out where the log is."""
    told = run_partnerproof("-w", sealed, "verify", exported)
    assert "is the export that the custody log of this workspace tells of, made " in told
    (folder / "dossier.html").write_text("<h1>All is well</h1>")
    forge_manifest(folder, {})
    told = run_partnerproof("-w", sealed, "verify", folder, code=3)
    assert "not checked manifest.json: the custody log of this workspace tells of no such export" in " ".join(
        told.split()
    )
    assert "custody log of this workspace" not in run_partnerproof("verify", exported, cwd=tmp_path)


def test_the_log_tells_of_the_export_and_withholds_what_concerns_others(sealed, exported, tmp_path, logo_png):
    entry = next(entry for entry in log_of(sealed) if entry["event"] == "exported")
    from ledger.proof.verifier import file_facts

    assert {key: entry["details"][key] for key in ("bytes", "sha256")} == file_facts(exported)
    root = shutil.copytree(sealed, tmp_path / "space")
    crawl(root, logo_png, name="Second")
    from ledger.proof.custody import CustodyLog
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
    assert any("lead to no seal" in line for line in of(checks, NOT_CHECKED))
    with zipfile.ZipFile(out) as archive:
        assert "of them, which no seal covers" in archive.read("certification-draft.html").decode()
        assert "of its rows and records no seal covers" in archive.read("READ-ME.html").decode()
    run_partnerproof("-w", acme, "seal")
    run_partnerproof("-w", acme, "export", "--no-pictures", claim_of(acme), "--out", out)
    assert not any("lead to no seal" in line for line in of(check_export(out), NOT_CHECKED))


def test_a_claim_that_is_not_there_is_named(sealed):
    assert "which no claim begins with" in run_partnerproof("-w", sealed, "export", "00000000", code=2)
    assert "its first 6 digits or more" in run_partnerproof("-w", sealed, "export", "a", code=2)


def test_a_token_whose_entry_a_killed_process_did_not_write_is_in_the_next_export(sealed, tmp_path):
    """Its entry is written later, and does not know how far the clock was off."""
    from ledger.proof.custody import CustodyLog
    from ledger.vocabulary import CustodyEvent

    root = shutil.copytree(sealed, tmp_path / "space")
    (root / "var" / "custody.jsonl").unlink()
    log = CustodyLog(root / "var" / "custody.jsonl")
    for entry in log_of(sealed):
        details = {k: v for k, v in entry["details"].items() if k not in ("stamped_at", "clock_offset_s")}
        log.add(CustodyEvent(entry["event"]), details)
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", root, "export", "--no-pictures", claim_of(root), "--out", out)
    with zipfile.ZipFile(out) as archive:
        draft = archive.read("certification-draft.html").decode()
    assert "stamped by first and second" in draft
    assert "No time-stamping authority's answer is on record with the clock's offset" in html.unescape(draft)


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


def test_no_word_runs_off_a_page_of_the_pdf(sealed, tmp_path):
    pytest.importorskip("weasyprint")
    pdfium = pytest.importorskip("pypdfium2")
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", sealed, "export", "--no-pictures", claim_of(sealed), "--pdf", "--out", out)
    with zipfile.ZipFile(out) as archive:
        document = pdfium.PdfDocument(archive.read("dossier.pdf"))
        rows = [json.loads(line) for line in archive.read("proof/rows.jsonl").splitlines()]
    told = []
    for page in document:
        text = page.get_textpage()
        boxes = [text.get_charbox(place) for place in range(text.count_chars())]
        assert all(left >= 0 and right <= page.get_width() for left, _, right, _ in boxes)
        told.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    said = "".join("".join(told).replace("\ufffe", "").split())
    shown = [dict(zip(row["columns"], row["values"], strict=True)) for row in rows if row["table"] == "captures"]
    assert any(str(capture["payload_sha256"]) in said for capture in shown)
