"""What is recorded with each exchange of who answered, and on whose word it was asked.

Tests: crawler/wire/connection_facts.py, partnerproof/safekeeping/sealing.py, casebook/dossier/provenance.py.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from warcio.archiveiterator import ArchiveIterator

from casebook.dossier.provenance import read_exchanges, read_ways
from casebook.verdicts.tiers import TIER_WORDS
from crawler.visits.made_with import digest_files
from ledger.database import Ledger
from ledger.proof.verifier import BROKEN, check_export
from ledger.shipped import shipped_data
from partnerproof.safekeeping.sealing import describe_program
from partnerproof.workspace import find_workspace
from tests.conftest import Answer, run_partnerproof, send
from tests.flow.sealed import PAGE, claim_of, flip, of, verify
from tests.tls import Issued, chain_of, tls_server

HOST = "vendor.example"


def rows(root: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{root}/var/partnerproof.db?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        return database.execute(sql).fetchall()


def check(root: Path, port: int, *more: str, code: int = 1) -> None:  # 1: a finding
    resolve = ("--resolve", f"{HOST}:{port}:127.0.0.1", "--delay", "0")
    run_partnerproof("-w", root, "check", f"https://{HOST}:{port}/", *resolve, *more, code=code)


def records(root: Path) -> list[tuple[str, Any, bytes]]:
    found = []
    for path in sorted((root / "var" / "warc").glob("*.gz")):
        with path.open("rb") as file:
            found += [(r.rec_type, r.rec_headers, r.content_stream().read()) for r in ArchiveIterator(file)]
    return found


@pytest.fixture(scope="module")
def chain() -> list[Issued]:
    return chain_of(HOST)


@pytest.fixture(scope="module")
def trusting(chain, tmp_path_factory) -> Iterator[None]:
    """The root is one of the system's, as far as the crawl knows."""
    roots = tmp_path_factory.mktemp("roots") / "roots.pem"
    roots.write_bytes(chain[-1].certificate.public_bytes(serialization.Encoding.PEM))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(roots))
        yield


@pytest.fixture(scope="module")
def looked_once(acme_once, chain, trusting, tmp_path_factory, logo_png) -> Path:
    folder = tmp_path_factory.mktemp("looked")
    root = shutil.copytree(acme_once, folder / "space")
    answers = {"/": send(PAGE), "/l.png": send(logo_png, "image/png")}
    with tls_server(folder, chain, answers) as port:
        check(root, port)
    return root


@pytest.fixture
def looked(looked_once, tmp_path) -> Path:
    """A vendor's page was looked at over TLS, and sealed."""
    return shutil.copytree(looked_once, tmp_path / "space")


def test_a_connection_is_recorded_once_with_names_cipher_and_the_whole_chain(looked, chain):
    (connection,) = rows(looked, "SELECT * FROM connections")
    assert (connection["host"], connection["remote_ip"]) == (HOST, "127.0.0.1")
    assert json.loads(connection["dns_addresses"]) == ["127.0.0.1"]
    assert (connection["dns_source"], connection["dns_answered_at"]) == ("pinned", None)
    assert (connection["tls_version"], connection["tls_cipher"][:4]) == ("TLSv1.3", "TLS_")
    assert json.loads(connection["certificates"]) == [sha256(one.der).hexdigest() for one in chain]
    assert rows(looked, "SELECT DISTINCT connection_id, tls FROM captures")[0][:] == (connection[0], "verified")
    subjects = {row[0]: row[1] for row in rows(looked, "SELECT subject, issuer FROM certificates")}
    assert subjects == {
        f"CN={HOST}": "CN=Test Authority 1", "CN=Test Authority 1": "CN=Test Root", "CN=Test Root": "CN=Test Root",
    }  # fmt: skip


def test_the_archive_alone_tells_it_too_and_is_well_formed(looked, chain):
    found = records(looked)
    (about,) = [(headers, text) for kind, headers, text in found if kind == "metadata"]
    assert b"host: vendor.example\r\n" in about[1]
    assert b"dns-address: 127.0.0.1\r\n" in about[1]
    assert about[1].count(b"certificate: sha256:") == 3
    answers = [headers for kind, headers, _ in found if kind in ("response", "revisit")]
    for headers in answers:
        assert headers.get_header("WARC-Concurrent-To") == about[0].get_header("WARC-Record-ID")
        said = [value for name, value in headers.headers if name == "WARC-Protocol"]
        assert said == ["http/1.1", "tls/1.3"]
        assert headers.get_header("WARC-Cipher-Suite").startswith("TLS_")
    sent = [text for kind, headers, text in found if headers.get_header("Content-Type") == "application/pkix-cert"]
    assert sent == [one.der for one in chain]
    files = [str(path) for path in (looked / "var" / "warc").glob("*.gz")]
    done = subprocess.run([sys.executable, "-m", "warcio.cli", "check", *files], check=False, capture_output=True)
    assert done.returncode == 0, done.stdout


def test_a_changed_certificate_is_found_and_named(looked):
    row = rows(looked, "SELECT * FROM certificates")[0]
    assert not of(verify(looked), BROKEN)
    flip(looked / "var" / "warc" / row["warc_file"], row["warc_offset"] + 300)
    assert any(f"the certificate {row[0]} was changed" in line for line in of(verify(looked), BROKEN))


def test_an_export_holds_who_answered(looked, chain, tmp_path):
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", looked, "export", "--no-pictures", claim_of(looked), "--out", out)
    assert not of(check_export(out), BROKEN)
    with zipfile.ZipFile(out) as archive:
        entries = [json.loads(line) for line in archive.read("proof/rows.jsonl").splitlines()]
        archive.extract("evidence.wacz", tmp_path)
    assert {entry["table"] for entry in entries} >= {"connections", "certificates"}
    assert all(entry["leaf"] is not None for entry in entries)
    with zipfile.ZipFile(tmp_path / "evidence.wacz") as wacz, wacz.open("archive/data.warc.gz") as file:
        kinds = [(record.rec_type, record.content_stream().read()) for record in ArchiveIterator(file)]
    assert {text for kind, text in kinds if kind == "resource"} == {one.der for one in chain}
    assert "metadata" in [kind for kind, _ in kinds]


def test_a_second_visit_stores_no_certificate_again(looked, chain, tmp_path, logo_png):
    answers = {"/": send(PAGE), "/l.png": send(logo_png, "image/png")}
    with tls_server(tmp_path, chain, answers) as port:
        check(looked, port)
    assert rows(looked, "SELECT count(*) FROM connections")[0][0] == 2
    assert rows(looked, "SELECT count(*) FROM certificates")[0][0] == 3
    assert sum(headers.get_header("Content-Type") == "application/pkix-cert" for _, headers, _ in records(looked)) == 3


@pytest.mark.parametrize(("authorities", "padding", "kept", "left_out"), [(14, 0, 10, 5), (2, 70_000, 2, 1)])
def test_what_a_server_sends_as_its_chain_is_bounded(acme, tmp_path, authorities, padding, kept, left_out):
    chain = chain_of(HOST, authorities=authorities, padding=padding)
    with tls_server(tmp_path, chain, {"/": send(PAGE)}) as port:
        check(acme, port, "--allow-bad-certificates", code=3)  # its image is missing
    (connection,) = rows(acme, "SELECT * FROM connections")
    assert len(json.loads(connection["certificates"])) == kept
    assert connection["certificates_left_out"] == left_out
    assert rows(acme, "SELECT count(*) FROM certificates")[0][0] == kept


def test_plain_http_has_its_addresses_only(acme, serve, logo_png):
    server = serve({"/": send(PAGE), "/l.png": send(logo_png, "image/png")})
    url = server.url.replace("127.0.0.1", "localhost")
    run_partnerproof("-w", acme, "check", f"{url}/", "--allow-private", "--delay", "0", code=1)
    (connection,) = rows(acme, "SELECT * FROM connections")
    assert connection["host"] == "localhost"
    assert "127.0.0.1" in json.loads(connection["dns_addresses"])
    assert connection["dns_source"] == "resolver"
    assert connection["dns_answered_at"] <= connection["noted_at"]
    assert (connection["tls_version"], connection["tls_cipher"], connection["certificates"]) == (None, None, "[]")
    assert not any(headers.get_header("WARC-Cipher-Suite") for _, headers, _ in records(acme))


ROBOTS = send("User-agent: *\nDisallow: /private\n", "text/plain")


@pytest.mark.parametrize(
    ("robots", "obey", "rule", "told"),
    [
        (ROBOTS, True, "allowed", "allowed by http"),
        (None, True, "no-robots", "allowed: there is no robots.txt (404, http"),
        (ROBOTS, False, "not-asked", "robots.txt was not asked for: the operator said so"),
    ],
)
def test_each_capture_says_on_what_ground_it_was_asked_for(acme, serve, logo_png, tmp_path, robots, obey, rule, told):
    answers = {"/": send(PAGE), "/l.png": send(logo_png, "image/png")}
    server = serve(answers | ({"/robots.txt": robots} if robots else {}))
    if not obey:
        config = acme / "partnerproof.toml"
        config.write_text(config.read_text().replace("obey_robots = true", "obey_robots = false"))
    run_partnerproof("-w", acme, "check", f"{server.url}/", "--allow-private", "--delay", "0", code=1)
    found = rows(
        acme,
        "SELECT c.url, c.robots, r.url FROM captures c LEFT JOIN captures r ON r.capture_id = c.robots_capture_id",
    )
    source = f"{server.url}/robots.txt" if obey else None
    told_of = {row[0]: (row[1], row[2]) for row in found}
    assert told_of[f"{server.url}/"] == told_of[f"{server.url}/l.png"] == (rule, source)
    if obey:
        assert told_of[f"{server.url}/robots.txt"] == (None, None)
    run_partnerproof("-w", acme, "report", "--out", tmp_path / "report")
    (dossier,) = (tmp_path / "report").glob("*/*.html")
    assert told in dossier.read_text(encoding="utf-8")


def redirect(location: str, status: int = 302) -> Answer:
    return send("moved", status=status, Location=location)


def test_the_way_from_the_address_wished_for_to_the_one_that_answered_is_told_whole(acme, serve, logo_png, tmp_path):
    answers: dict[str, Answer] = {
        "/": redirect("/wer wir sind/p%C3%A4rtner?a=b c", 301),
        "/wer%20wir%20sind/p%C3%A4rtner": redirect("../../b/"),
        "/b/": redirect("./c#part", 307),
        "/b/c": send(PAGE.replace("/l.png", "/moved.png")),
        "/moved.png": redirect("//HOST/l.png"),
        "/l.png": send(logo_png, "image/png"),
    }
    server = serve(answers)
    answers["/moved.png"] = redirect(server.url.removeprefix("http:") + "/l.png")
    run_partnerproof("-w", acme, "check", f"{server.url}/", "--allow-private", "--delay", "0", code=1)
    with Ledger.open_readonly(acme / "var" / "partnerproof.db") as ledger:
        claim = claim_of(acme)
        ways = {way.what: way for way in read_ways(ledger, claim)}
        exchanges = read_exchanges(ledger, claim)
    for way in ways.values():
        assert way.is_complete
        for hop, following in pairwise(way.hops):
            assert hop.redirect_url == following.url
        assert (way.hops[0].url, way.hops[-1].url) == (way.requested_url, way.final_url)
    assert [hop.status for hop in ways["page"].hops] == [301, 302, 307, 200]
    assert [hop.status for hop in ways["image"].hops] == [302, 200]
    assert [one.what for one in exchanges].count("redirect") == 4
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", acme, "export", "--no-pictures", claim, "--out", out)
    with zipfile.ZipFile(out) as archive:
        dossier = archive.read("dossier.html").decode()
        archive.extract("evidence.wacz", tmp_path)
    assert "answered 307 and named" in dossier
    with zipfile.ZipFile(tmp_path / "evidence.wacz") as wacz, wacz.open("archive/data.warc.gz") as file:
        urls = {
            r.rec_headers.get_header("WARC-Target-URI")
            for r in ArchiveIterator(file)
            if r.rec_type in ("response", "revisit")
        }
    assert urls >= {hop.url for way in ways.values() for hop in way.hops}


def test_a_crawl_says_what_made_it_and_how_far_its_clock_was_off_the_servers(looked, tmp_path):
    (crawl,) = rows(looked, "SELECT * FROM crawls")
    made_with, clock = json.loads(crawl["made_with"]), json.loads(crawl["clock"])
    (sealed,) = (looked / "var" / "seals").glob("*/manifest.jsonl")
    leaf = json.loads(sealed.read_text().splitlines()[0])
    assert {"kind": "made-with", **made_with} == leaf
    assert {"settings_sha256", "rules_digest", "lexicon_digest", "official_logos_digest", "tool"} <= made_with.keys()
    assert "MADE_WITH" not in crawl["settings"]
    assert (clock["servers"], clock["answers"]) == (1, 3)
    assert 0 <= clock["median_s"] < 100  # the server's clock is ours
    out = tmp_path / "claim.zip"
    run_partnerproof("-w", looked, "export", "--no-pictures", claim_of(looked), "--out", out)
    with zipfile.ZipFile(out) as archive:
        draft = archive.read("certification-draft.html").decode()
    assert f"{clock['median_s']} s over 1 server and 3 answers" in draft
    assert draft.count(made_with["lexicon_digest"]) == 2


def test_the_same_files_have_one_digest_however_the_workspace_is_named(acme, monkeypatch):
    monkeypatch.chdir(acme.parent)
    assert describe_program(find_workspace(acme)) == describe_program(find_workspace(Path(acme.name)))
    checkout = Path(__file__).parents[2]
    monkeypatch.chdir(checkout)  # its data/ is a workspace whose own word lists are the shipped ones
    assert describe_program(find_workspace(Path("data"))) == describe_program(find_workspace(checkout / "data"))


def test_every_list_that_decides_is_in_a_digest(acme, tmp_path):
    shipped = [shipped_data(name) for name in ("relations.toml", "noise.toml", "roles.toml")]
    assert describe_program(find_workspace(acme))["rules_digest"] == digest_files([*shipped, TIER_WORDS])
    for path in (*shipped, TIER_WORDS):
        changed = tmp_path / path.name
        changed.write_bytes(path.read_bytes() + b"\n")
        others = [one for one in (*shipped, TIER_WORDS) if one != path]
        assert digest_files([*others, changed]) != digest_files([*others, path])
