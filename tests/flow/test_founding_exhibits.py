"""The exhibits of the founding story: at each of its stages a sealed export, which a stranger checks, with what was known then.

The claim appears; the brand looks for it in its registers and denies it; the page is revised; the logo is gone while a sentence on
another page still claims; everything is gone, and a page says the contrary.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import made_once, run_partnerproof
from tests.flow.archives import Maker
from tests.flow.sealed import configure
from tests.flow.test_founding_story import DAYS, HOME, HOST, SEEDS, rows
from tests.ledger.authorities import AuthorityServers

STAGES = {
    "appears": ("2018-03-01", "2019-05-01"),
    "denied": ("2021-04-20",),
    "revised": ("2021-07-01",),
    "logo gone": ("2021-08-01",),
    "all gone": ("2026-10-01",),
}
EXPORTED = {
    "appears": ("partner",),
    "denied": ("partner",),
    "revised": ("partner", "technology"),
    "logo gone": ("partner", "technology"),
    "all gone": ("partner", "denied"),
}


@dataclass
class Exhibit:
    """An unpacked export."""

    folder: Path
    code: int  # of the verifier
    told: str
    pages: dict[str, str] = field(default_factory=dict)  # text without tags, by file

    def __post_init__(self) -> None:
        for path in self.folder.rglob("*.html"):
            written = re.sub(r"</?time\b[^>]*>", "", path.read_text(encoding="utf-8"))
            text = re.sub(r"<(?:style|script)>.*?</(?:style|script)>|<[^>]*>", " ", written, flags=re.S)
            self.pages[path.relative_to(self.folder).as_posix()] = " ".join(html.unescape(text).split())

    @property
    def dossier(self) -> str:
        return self.pages["dossier.html"]

    def rows(self, table: str) -> list[dict[str, object]]:
        lines = map(json.loads, (self.folder / "proof" / "rows.jsonl").read_text(encoding="utf-8").splitlines())
        return [dict(zip(line["columns"], line["values"], strict=True)) for line in lines if line["table"] == table]

    def seen(self) -> set[tuple[str, str]]:
        """Path and day of every capture in it."""
        return {(str(row["url"]).removeprefix(HOST), str(row["fetched_at"])[:10]) for row in self.rows("captures")}


@pytest.fixture(scope="module")
def exhibits(
    acme_once: Path, logo_png: bytes, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Exhibit]:
    made = made_once(tmp_path_factory, "exhibits", lambda folder: _export_all(folder, acme_once, logo_png))
    return {
        (stage, relation): Exhibit(
            made / f"{stage}-{relation}", *json.loads((made / f"{stage}-{relation}.json").read_text())
        )
        for stage, listed in EXPORTED.items()
        for relation in listed
    }


def _export_all(folder: Path, acme_once: Path, logo_png: bytes) -> None:
    root = shutil.copytree(acme_once, folder / "space")
    with sqlite3.connect(root / "var" / "partnerproof.db") as database:
        database.execute("UPDATE register_snapshots SET recorded_at = '2016-01-01T00:00:00Z'")
    (folder / "seeds.csv").write_text(SEEDS, encoding="utf-8")
    with AuthorityServers() as authorities:
        configure(root, authorities.config)
        for stage, days in STAGES.items():
            files = [_archive(folder, day, logo_png) for day in days]
            run_partnerproof("-w", root, "ingest", *files, "--brand", "acme", "--seeds", folder / "seeds.csv")
            if stage == "denied":
                for company in ("SenseGrid", "Tallow Holdings", "Some Other Company"):
                    run_partnerproof("-w", root, "register", "search", company, "--brand", "acme", "--as-of", "2021-05-01", "--window", "5y", "--known-at", "2021-05-01", "--json")  # fmt: skip
            run_partnerproof("-w", root, "seal")
            claims = dict(rows(root, "SELECT relation, claim_id FROM v_findings"))
            for relation in EXPORTED[stage]:
                out = folder / f"{stage}-{relation}.zip"
                run_partnerproof("-w", root, "export", str(claims[relation]), "--out", out)
                with zipfile.ZipFile(out) as archive:
                    archive.extractall(out.with_suffix(""))
                command = [sys.executable, "-I", "-S", out.with_suffix("") / "verify.py", out]
                verified = subprocess.run(command, capture_output=True, text=True, check=False)
                out.with_suffix(".json").write_text(
                    json.dumps([verified.returncode, verified.stdout + verified.stderr])
                )


def _archive(folder: Path, day: str, logo_png: bytes) -> Path:
    about, partners = DAYS[day]
    made = Maker()
    for path, body in (("/", HOME), ("/about", about), ("/partners", partners)):
        made.answer(f"{HOST}{path}", body, at=f"{day}T10:00:00Z")
    made.answer(f"{HOST}/acme.png", logo_png, "image/png", at=f"{day}T10:00:05Z")
    file = folder / f"{day}.warc.gz"
    file.write_bytes(made.data)
    return file


@pytest.mark.parametrize(
    ("stage", "relation"), [(stage, relation) for stage, listed in EXPORTED.items() for relation in listed]
)
def test_a_stranger_finds_every_exhibit_in_order(exhibits, stage, relation):
    exhibit = exhibits[stage, relation]
    assert exhibit.code == 0, exhibit.told
    assert "All is as it was sealed" in exhibit.told
    assert exhibit.told.count("stamped") >= 2
    # nobody of ours asked for these pages
    assert "read the exchanges below from archives that others had made" in exhibit.pages["certification-draft.html"]
    assert "The exchanges were made by others" in exhibit.pages["READ-ME.html"]
    assert "unattended" not in exhibit.pages["READ-ME.html"]


def test_the_claim_appears(exhibits):
    exhibit = exhibits["appears", "partner"]
    assert "there is no authorisation on record" in exhibit.dossier
    assert "Began between 1 March 2018, when its page was read without it, and 1 May 2019" in exhibit.dossier
    assert "Last seen 1 May 2019" in exhibit.dossier
    assert "gone by" not in exhibit.dossier
    assert {("/partners", "2019-05-01"), ("/acme.png", "2019-05-01")} <= exhibit.seen()
    assert ("/partners", "2018-03-01") in exhibit.seen(), "the page without it, from which the claim's begin follows"
    assert ("/partners", "2021-04-20") not in exhibit.seen()
    assert (exhibit.folder / "exhibits" / "01-logo-found.png").is_file()
    assert "The words" not in exhibit.dossier
    # asked of company and parent, as of the day of the claim
    assert "As of 1 May 2019" in exhibit.dossier
    assert "Names asked SenseGrid" in exhibit.dossier
    assert "Group asked Tallow Holdings" in exhibit.dossier
    assert "Hits none" in exhibit.dossier
    assert "SenseGrid" in exhibit.pages["search-certificate.html"]
    assert not any(name.startswith("searches/") for name in exhibit.pages)


def test_the_brand_searched_for_company_and_parent_and_denies_it(exhibits):
    exhibit = exhibits["denied", "partner"]
    searches = [page for name, page in exhibit.pages.items() if name.startswith("searches/2021-05-01-")]
    assert len(searches) == 2
    assert all("Certificate of negative search" in page for page in searches)
    assert all("2016-05-01" in page and "2021-05-01" in page for page in searches)
    assert {company for company in ("SenseGrid", "Tallow Holdings") for page in searches if company in page} == {"SenseGrid", "Tallow Holdings"}  # fmt: skip
    recorded = {(row["period_from"], row["period_until"], row["hits"]) for row in exhibit.rows("searches")}
    assert ("2016-05-01", "2021-05-01", "[]") in recorded
    assert "Some Other Company" not in json.dumps(exhibit.rows("searches"))
    assert "SenseGrid is a valued partner of Acme." in exhibit.dossier
    assert "Last seen 20 April 2021" in exhibit.dossier
    assert "gone by" not in exhibit.dossier
    assert "searches/2021-05-01-" in exhibit.pages["READ-ME.html"]


def test_the_page_is_revised(exhibits):
    partner, technology = exhibits["revised", "partner"], exhibits["revised", "technology"]
    # the logo stands under other words now: another claim begins, and the first goes on in words
    assert "Began between 20 April 2021, when its page was read without it, and 1 July 2021" in technology.dossier
    assert "Technologies that we use" in technology.dossier
    assert "which is not a claim to be its partner" in technology.dossier
    assert ("/partners", "2021-07-01") in technology.seen()
    assert "Last seen 1 July 2021" in partner.dossier
    assert "Seen 1 May 2019 to 20 April 2021, on 2 looks" in partner.dossier
    assert ("/about", "2021-07-01") in partner.seen()
    assert ("/partners", "2021-07-01") not in partner.seen()


def test_the_logo_is_gone_and_one_page_of_text_still_claims(exhibits):
    partner, technology = exhibits["logo gone", "partner"], exhibits["logo gone", "technology"]
    assert "Last seen 1 July 2021; gone by 1 August 2021" in technology.dossier
    assert "Last seen 1 August 2021" in partner.dossier
    assert "gone by" not in partner.dossier
    assert "Seen 20 April 2021 to 1 August 2021, on 3 looks" in partner.dossier  # the sentence
    assert "Seen 1 May 2019 to 20 April 2021, on 2 looks" in partner.dossier  # the logo
    assert ("/about", "2021-08-01") in partner.seen()
    # what was seen before it went is still there to look at
    assert {("/partners", "2019-05-01"), ("/partners", "2021-04-20"), ("/acme.png", "2019-05-01")} <= partner.seen()
    assert (partner.folder / "exhibits" / "01-logo-found.png").is_file()
    assert "Group asked Tallow Holdings" in partner.dossier


def test_all_is_gone_and_a_page_says_the_contrary(exhibits):
    partner, denied = exhibits["all gone", "partner"], exhibits["all gone", "denied"]
    assert "Last seen 1 August 2021; gone by 1 October 2026" in partner.dossier
    assert "It says the contrary too We are not affiliated with Acme." in partner.dossier
    assert "it is gone: its pages were read without it on 1 October 2026" in partner.dossier
    assert {("/about", "2021-08-01"), ("/partners", "2019-05-01")} <= partner.seen()
    assert {("/about", "2026-10-01"), ("/partners", "2026-10-01")} & partner.seen(), (
        "the page that denies it, and tells when it was gone"
    )
    assert "page, read without it" in partner.dossier or "page, which denies it" in partner.dossier
    assert sum(name.startswith("searches/") for name in partner.pages) == 2
    assert "says in words that it has no relation with Acme" in denied.dossier
    assert "Began between 1 August 2021, when its page was read without it, and 1 October 2026" in denied.dossier
    assert ("/about", "2026-10-01") in denied.seen()


def test_each_exhibit_stands_on_the_seals_of_its_time(exhibits):
    """A later export holds the earlier seals too: what was sealed in the first stage is in the last one, byte for byte."""
    first, last = exhibits["appears", "partner"], exhibits["all gone", "partner"]
    sealed = {path.parent.name: path.read_bytes() for path in first.folder.glob("proof/seals/*/head.json")}
    later = {path.parent.name: path.read_bytes() for path in last.folder.glob("proof/seals/*/head.json")}
    assert set(sealed) & set(later)
    assert all(later[name] == sealed[name] for name in set(sealed) & set(later))
    entries = [(exhibit.folder / "custody.jsonl").read_text(encoding="utf-8").splitlines() for exhibit in (first, last)]
    digests = [[json.loads(line)["sha256"] for line in lines] for lines in entries]
    assert digests[1][: len(digests[0])] == digests[0]
