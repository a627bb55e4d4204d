"""A redacted export: what was ticked is nowhere in the zip file in any form, the rest is as it was sealed, and it says what it is.

Tests: ledger/archive/redacted_records.py, casebook/export/redacted_copy.py.
"""

from __future__ import annotations

import base64
import csv
import gzip
import html
import io
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

import pytest
from PIL import Image, PngImagePlugin
from warcio.archiveiterator import ArchiveIterator

from crawler.drawing.browser import why_no_browser
from ledger.proof.custody import CustodyLog
from ledger.proof.verifier import BROKEN, NOT_CHECKED, OK, check_export, write_manifest
from ledger.vocabulary import CustodyEvent
from tests.casebook.export.test_redaction import cloudflare
from tests.conftest import SmallServer, made_once, run_partnerproof, send
from tests.flow.sealed import claim_of, configure, log_of, of
from tests.ledger.authorities import AuthorityServers

WORDS = "<p>" + "Words about our work for ports. " * 30 + "</p>"
ADDRESS = "erika.muster@harbour.example"
HOME = f"""<title>Our partners, by Erika Mustermann</title><meta name="author" content="Erika Mustermann"><h1>Our partners</h1>{WORDS}
<img src='/l.png' alt='Erika Mustermann with Acme'><p>We are a partner of Acme, says <b>Erika</b> <i>Muster<wbr>mann</i>, CEO.</p>
<a href="mailto:{ADDRESS}?subject=Erika%20Mustermann">Erika Mustermann</a> <a href="tel:+4930901820">call</a> 030 / 90 18 20
<span data-cfemail="{cloudflare(ADDRESS)}">[email&#160;protected]</span> erika.muster [at] harbour [dot] example &#69;rika&nbsp;Mustermann
<script type="application/ld+json">{{"@type": "Person", "name": "\\u0045rika Mustermann", "url": "/team/erika-mustermann"}}</script>
<script>const mail = atob("{base64.b64encode(ADDRESS.encode()).decode()}"), name = "Erika " + "Mustermann";</script>
<p>Frau Bleibt, Leiterin</p><p><a href="/partners">Our partners in China</a></p>"""
CHINESE = f"<html><head><meta charset=gb2312><title>合作伙伴</title></head><h1>合作伙伴 Our partners</h1>{WORDS}<p>总经理：张伟 电话 030-901820</p><img src='/l.png?by=Erika+Mustermann'><p>我们是 Acme 的合作伙伴。</p>"
NEEDLES = ("erika mustermann", "erikamustermann", ADDRESS, "张伟")
NUMBER = re.compile(
    r"30[\s\-./()]{0,4}9[\s\-./()]{0,4}0[\s\-./()]{0,4}1[\s\-./()]{0,4}8[\s\-./()]{0,4}2[\s\-./()]{0,4}0(?!\d)"
)
CHARSETS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030", "cp1252")


@pytest.fixture(scope="module")
def space(acme_once: Path, tmp_path_factory: pytest.TempPathFactory, logo_png: bytes) -> Path:
    made = made_once(tmp_path_factory, "redacted", lambda folder: _crawl(folder, acme_once, logo_png))
    return shutil.copytree(made / "space", tmp_path_factory.mktemp("redacted") / "space")


def _crawl(folder: Path, acme_once: Path, logo_png: bytes) -> None:
    root = shutil.copytree(acme_once, folder / "space")
    remarks = PngImagePlugin.PngInfo()
    remarks.add_text("Author", "Erika Mustermann", zip=True)
    file = io.BytesIO()
    with Image.open(io.BytesIO(logo_png)) as logo:
        logo.save(file, "PNG", pnginfo=remarks)
    zipped = gzip.compress(HOME.encode())
    server = SmallServer(
        {
            "/": send(zipped, Content_Encoding="gzip", X_Author="Erika Mustermann", Link="</team/erika-mustermann>; rel=me"),
            "/partners": send(CHINESE.encode("gb18030"), "text/html; charset=gb2312"),
            "/l.png": send(file.getvalue(), "image/png"),
        }
    )  # fmt: skip
    (root / "seeds" / "v.csv").write_text(f'name,url,country\n"Bright Harbour",{server.url}/,DE\n', encoding="utf-8")
    with AuthorityServers() as authorities:
        configure(root, authorities.config)
        for _ in range(2):  # the second visit gives revisits
            run_partnerproof("-w", root, "crawl", root / "seeds" / "v.csv", "--delay", "0", "--allow-private")
    server.close()
    CustodyLog(root / "var" / "custody.jsonl").add(
        CustodyEvent.VIEWED, {"claim": claim_of(root)}, by="Erika Mustermann"
    )


@pytest.fixture(scope="module")
def listed(space: Path) -> Path:
    path = space.parent / "personal.csv"
    told = run_partnerproof("-w", space, "export", claim_of(space), "--list-personal", path)
    assert "none ticked" in told
    return path


@pytest.fixture(scope="module")
def ticked(listed: Path) -> Path:
    with listed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for row in rows[1:]:
        if "Bleibt" not in row[2]:
            row[0] = "x"
    rows.append(["x", "outline", "5,5,40,20", "exhibits/01-logo-image.png"])
    path = listed.with_name("ticked.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture(scope="module")
def exported(space: Path, ticked: Path) -> Path:
    out = space.parent / "claim.zip"
    told = run_partnerproof("-w", space, "export", claim_of(space), "--redact", ticked, "--out", out)
    assert "redacted: " in told
    return out


def blobs(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Everything in a file, unpacked: members of zip files, gzip members, records, content codings."""
    yield name, data
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from blobs(f"{name}/{member}", archive.read(member))
    elif data[:2] == b"\x1f\x8b":
        yield from blobs(f"{name}, unpacked", gzip.decompress(data))
    elif name.endswith("data.warc.gz, unpacked"):
        for record in ArchiveIterator(io.BytesIO(data)):
            yield f"{name}, {record.rec_headers.get_header('WARC-Target-URI')}", record.content_stream().read()
    elif data[:4] == b"\x89PNG":
        with Image.open(io.BytesIO(data)) as picture:
            yield f"{name}, remarks", repr(picture.info).encode()


def readings(data: bytes) -> Iterator[str]:
    """A text in every charset, and with everything undone that hides words."""
    for charset in CHARSETS:
        text = data.decode(charset, "ignore")
        for _ in range(3):
            for form in (text, re.sub(r"<[^<>]*>", "", text)):
                yield " ".join(
                    re.sub(r"[\s\u00a0_+-]+", " ", unicodedata.normalize("NFC", form).replace("\u00ad", ""))
                    .lower()
                    .split()
                )
            text = html.unescape(unquote(re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)))
    for code in re.findall(rb"[A-Za-z0-9+/]{16,}", data):
        yield base64.b64decode(code[: len(code) // 4 * 4]).decode("utf-8", "ignore").lower()
    for code in re.findall(rb"(?:cfemail=\"|protection#)([0-9a-f]+)", data):
        key, *rest = bytes.fromhex(code.decode())
        yield bytes(byte ^ key for byte in rest).decode("utf-8", "ignore").lower()
    yield unquote_to_bytes(data).decode("gb18030", "ignore")


def leaks(path: Path) -> list[str]:
    found = []
    for name, data in blobs(path.name, path.read_bytes()):
        for reading in readings(data):
            found += [f"{name}: {needle}" for needle in NEEDLES if needle in reading]
            if "remarks" not in name and not name.endswith((".png", ".tsr", ".pem")):
                found += [f"{name}: {hit}" for hit in NUMBER.findall(reading)]
    return sorted(set(found))


def test_the_list_has_what_the_pages_hold(listed):
    with listed.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["text"]: row for row in csv.DictReader(file)}
    assert {"Erika Mustermann", "Bleibt", "张伟", ADDRESS, "'+49 30 901820"} <= rows.keys()
    assert rows["Erika Mustermann"]["kind"] == "name"
    assert rows["张伟"]["where"].endswith("/partners")
    assert all(row["tick"] == "" and int(row["times"]) and row["why"] for row in rows.values())


def test_what_was_ticked_is_nowhere(space, exported, tmp_path):
    plain = tmp_path / "plain.zip"
    run_partnerproof("-w", space, "export", claim_of(space), "--out", plain)
    told = "\n".join(leaks(plain))
    for needle in {*NEEDLES} - {"erikamustermann"}:
        assert needle in told, f"the search itself does not find {needle}"
    assert leaks(exported) == []
    with zipfile.ZipFile(exported) as archive:
        assert "████" in archive.read("dossier.html").decode()
        with zipfile.ZipFile(io.BytesIO(archive.read("evidence.wacz"))) as wacz:
            bodies = gzip.decompress(wacz.read("archive/data.warc.gz"))
    assert b"Frau Bleibt" in bodies
    assert "合作伙伴".encode("gb18030") in bodies


def test_originals_stay_as_they_are(space, exported):
    from tests.flow.sealed import verify

    assert not of(verify(space), BROKEN)
    with sqlite3.connect(f"file:{space}/var/partnerproof.db?mode=ro", uri=True) as database:
        assert database.execute("SELECT count(*) FROM pages WHERE title LIKE '%Erika%'").fetchone()[0]


def test_it_says_what_it_is_and_all_else_is_checked(exported, ticked):
    checks = check_export(exported)
    assert not of(checks, BROKEN)
    told = "\n".join(of(checks, NOT_CHECKED))
    with zipfile.ZipFile(exported) as archive:
        about = json.loads(archive.read("manifest.json"))["redaction"]
        rows = [json.loads(line) for line in archive.read("proof/rows.jsonl").splitlines()]
        records = [json.loads(line) for line in archive.read("proof/records.jsonl").splitlines()]
        read_me = archive.read("READ-ME.html").decode()
        draft = archive.read("certification-draft.html").decode()
    from ledger.identity import sha256_hex

    assert about["list_sha256"] == sha256_hex(ticked.read_bytes())
    assert about["outlines"] == 1
    assert (about["rows"], about["records"]) == tuple(
        sum(one.get("redacted", False) for one in entries) for entries in (rows, records)
    )
    assert 0 < about["rows"] < len(rows)
    assert 0 < about["records"] < len(records)
    assert about["log_entries"] == 1
    assert f"rows: {about['rows']} are redacted copies" in told
    assert f"records: {about['records']} are redacted copies" in told
    assert "custody.jsonl: 1 entries are redacted copies" in told
    sealed = "\n".join(of(checks, OK))
    assert f"rows: {len(rows) - about['rows']} rows of the database are as they were sealed" in sealed
    assert f"records: {len(records) - about['records']} records of the web archive are as they were sealed" in sealed
    assert "This is a redacted copy" in read_me
    assert "are redacted copies" in draft


def test_a_stranger_gets_exit_code_3(exported, tmp_path):
    with zipfile.ZipFile(exported) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", tmp_path / "verify.py", exported], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Nothing is broken" in done.stdout


def test_nothing_hides_behind_the_word_redacted(exported, tmp_path):
    """A row that is called redacted has to have a digest that was sealed, and manifest.json has to count it."""
    with zipfile.ZipFile(exported) as archive:
        archive.extractall(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    about = {key: value for key, value in manifest.items() if key not in ("files", "sha256")}
    rows = tmp_path / "proof" / "rows.jsonl"
    lines = [json.loads(line) for line in rows.read_bytes().splitlines()]
    changed = next(line for line in lines if not line.get("redacted"))
    changed |= {"redacted": True, "digest": "0" * 64}
    rows.write_bytes(
        b"".join(
            json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"
            for line in lines
        )
    )
    write_manifest(tmp_path, about)
    broken = "\n".join(of(check_export(tmp_path), BROKEN))
    assert "is not the sealed one" in broken
    assert "lines redacted where manifest.json has" in broken
    write_manifest(tmp_path, {key: value for key, value in about.items() if key != "redaction"})
    assert "lines redacted where manifest.json has 0" in "\n".join(of(check_export(tmp_path), BROKEN))


def test_the_archive_in_it_is_valid(exported, tmp_path):
    with zipfile.ZipFile(exported) as archive:
        (tmp_path / "evidence.wacz").write_bytes(archive.read("evidence.wacz"))
    with zipfile.ZipFile(tmp_path / "evidence.wacz") as wacz:
        (tmp_path / "data.warc.gz").write_bytes(wacz.read("archive/data.warc.gz"))
        index = gzip.decompress(wacz.read("indexes/index.cdx.gz")).decode().splitlines()
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", tmp_path / "data.warc.gz"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    digests: dict[str, str] = {}
    with (tmp_path / "data.warc.gz").open("rb") as file:
        marked = []
        for record in ArchiveIterator(file, check_digests="raise"):
            record.raw_stream.read()
            headers = record.rec_headers
            marked.append(headers.get_header("WARC-Redacted"))
            digests.setdefault(headers.get_header("WARC-Target-URI"), headers.get_header("WARC-Payload-Digest"))
            if marked[-1] is not None:
                assert re.fullmatch(r"<urn:uuid:[0-9a-f-]{36}>", marked[-1])
                assert marked[-1] != headers.get_header("WARC-Record-ID")
    assert None in marked
    assert any(marked)
    data = (tmp_path / "data.warc.gz").read_bytes()
    for line in index:
        entry = json.loads(line.split(" ", 2)[2])
        start = int(entry["offset"])
        record = next(iter(ArchiveIterator(io.BytesIO(data[start : start + int(entry["length"])]))))
        assert record.rec_headers.get_header("WARC-Target-URI") == entry["url"]
        assert record.rec_headers.get_header("WARC-Payload-Digest") == entry["digest"]


def test_outlined_pictures_are_painted_over_wherever_they_are(exported):
    with zipfile.ZipFile(exported) as archive:
        painted = archive.read("exhibits/01-logo-image.png")
        dossier = archive.read("dossier.html").decode()
        with zipfile.ZipFile(io.BytesIO(archive.read("evidence.wacz"))) as wacz:
            records = [(record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read()) for record in ArchiveIterator(io.BytesIO(wacz.read("archive/data.warc.gz"))) if record.rec_type == "response"]  # fmt: skip
    with Image.open(io.BytesIO(painted)) as picture:
        assert picture.getpixel((10, 10)) == (0, 0, 0)
    assert any(
        base64.b64decode(code) == painted for code in re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", dossier)
    )
    for url, body in records:
        if "/l.png" in url and body:
            with Image.open(io.BytesIO(body)) as picture:
                assert picture.convert("RGB").getcolors() == [(picture.width * picture.height, (128, 128, 128))]


def test_the_log_says_that_it_was_redacted(space, exported):
    entries = [entry["details"] for entry in log_of(space) if entry["event"] == "exported"]
    told = [entry["redacted"] for entry in entries if entry["file"] == exported.name]
    assert told[0]["texts"] > 3


def test_mistakes_in_the_list_are_told_and_nothing_is_written(space, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text('tick,kind,text,where\nx,nmae,Ada Vane,\nx,outline,"1,2,3,4",exhibits/9.png\n')
    out = tmp_path / "claim.zip"
    told = run_partnerproof("-w", space, "export", claim_of(space), "--redact", path, "--out", out, code=2)
    assert "line 2, kind" in told
    assert "line 3, where" in told
    assert not out.exists()
    told = run_partnerproof("-w", space, "export", claim_of(space), "--list-personal", path, "--redact", path, code=2)
    assert "writes a list and no export" in told


def test_as_pdf(space, ticked, tmp_path):
    pytest.importorskip("weasyprint")
    pdfium = pytest.importorskip("pypdfium2")
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", space, "export", claim_of(space), "--redact", ticked, "--pdf", "--out", out)
    with zipfile.ZipFile(out) as archive:
        document = pdfium.PdfDocument(archive.read("dossier.pdf"))
    text = " ".join("".join(page.get_textpage().get_text_bounded() for page in document).split())
    assert "Erika" not in text
    assert "Our partners" in text
    document.close()


@pytest.mark.skipif(why_no_browser() is not None, reason=f"no browser here: {why_no_browser()}")
def test_a_drawn_page_and_its_screenshot(serve, acme, tmp_path, logo_png):
    script = "document.getElementById('root').innerHTML = '<h1>Our partners</h1><p>We are a partner of Acme. Erika Mustermann, CEO</p><img src=\"/acme.png\" width=220 height=80>' + (location.pathname == '/' ? '<a href=\"/partners\">Our partners</a>' : '<p>' + 'More words. '.repeat(99))"
    shell = '<html lang="en"><title>Vendor</title><div id="root"></div><script src="/app.js"></script></html>'
    server = serve(
        {
            "/": send(shell), "/partners": send(shell.replace("Vendor", "Partners")), "/app.js": send(script, "text/javascript"),
            "/acme.png": send(logo_png, "image/png"),
        }
    )  # fmt: skip
    port = server.url.rsplit(":", 1)[1]
    (tmp_path / "v.csv").write_text(f"name,url\nV,http://vendor.example:{port}/\n")
    run_partnerproof(
        "-w", acme, "crawl", tmp_path / "v.csv", "--resolve", f"vendor.example:{port}:127.0.0.1", "--delay", "0"
    )
    path = tmp_path / "personal.csv"
    run_partnerproof("-w", acme, "export", claim_of(acme), "--list-personal", path)
    assert "Erika Mustermann,the page as drawn" in path.read_text(encoding="utf-8-sig")
    path.write_text(
        'tick,kind,text,where\nx,name,Erika Mustermann,\nx,outline,"0,0,300,200",exhibits/02-page-as-drawn.png\n'
    )
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", acme, "export", claim_of(acme), "--redact", path, "--out", out)
    assert not of(check_export(out), BROKEN)
    assert leaks(out) == []
    with zipfile.ZipFile(out) as archive:
        exhibit = archive.read("exhibits/02-page-as-drawn.png")
        with zipfile.ZipFile(io.BytesIO(archive.read("evidence.wacz"))) as wacz:
            made: dict[str, list[bytes]] = {"conversion": [], "resource": []}
            for record in ArchiveIterator(io.BytesIO(wacz.read("archive/data.warc.gz")), check_digests="raise"):
                if record.rec_type in made:
                    made[record.rec_type].append(record.content_stream().read())
    assert exhibit in made["resource"]
    with Image.open(io.BytesIO(exhibit)) as picture:
        assert picture.convert("RGB").getpixel((150, 100)) == (0, 0, 0)
        assert picture.convert("RGB").getpixel((picture.width - 5, 5)) != (0, 0, 0)
    assert len(made["conversion"]) == 2
    assert all("████, CEO" in document.decode() for document in made["conversion"])
    whole = tmp_path / "whole.zip"
    run_partnerproof("-w", acme, "export", claim_of(acme), "--out", whole)
    with zipfile.ZipFile(whole) as archive:
        numbered = {name: archive.read(name) for name in archive.namelist() if "page-as-drawn" in name}
    with zipfile.ZipFile(out) as archive:
        redacted = {name: archive.read(name) for name in archive.namelist() if "page-as-drawn" in name}
    assert len(numbered) == 2
    assert numbered.keys() == redacted.keys()
    other = "exhibits/03-page-as-drawn.png"  # of the two only the one with an outline differs
    assert [name for name in numbered if numbered[name] == redacted[name]] == [other]
