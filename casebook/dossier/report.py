"""The report: a summary, an index of all findings and one dossier per claim, as HTML files that need nothing from outside.

Reads: all of it. Writes: summary.html, index.html, coverage.html, claims/<claim_id>.html in a folder; the summary as PDF.

1. Every text from the web is escaped by the templates; every picture is decoded and encoded again by us.
2. Style and script stand in each file and are named by digest in its Content-Security-Policy.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from casebook.dossier.casework_counts import STATE_WORDS
from casebook.dossier.coverage import OUTCOMES, read_coverage, tell_vendors
from casebook.dossier.dossier import Dossier, read_dossier
from casebook.dossier.findings import read_findings, require_brand
from casebook.dossier.share_bars import NOT_JUDGED
from casebook.dossier.summary import MOST_WITHOUT, Summary, SummaryScope, read_summary
from casebook.dossier.witnesses import read_witnesses
from casebook.files.page_policy import own_policy
from casebook.files.pdf import pdf_bytes, require_pdf
from casebook.files.styles import STYLES, add_components, read_style
from casebook.files.written_days import mark_time, mark_times_in
from ledger.database import Ledger
from ledger.errors import OutsideFailureError
from ledger.identity import CONTENT_ID_DIGITS, utc_text
from ledger.verdict_kinds import SERIOUSNESS

TEMPLATES = Path(__file__).parent / "templates"


class Paper(StrEnum):
    """What a PDF is printed on; the values are those of CSS."""

    A4 = "A4"
    LETTER = "letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOrder:
    """What to write, and where. scope: of its findings; pdf: the file for the summary as PDF, None = none."""

    out: Path
    scope: SummaryScope = field(default_factory=SummaryScope)
    pdf: Path | None = None
    paper: Paper = Paper.A4


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where a report was written."""

    index: Path
    summary: Path
    dossiers: int


class Pages:
    """The templates with what stands in every page: style, script, and the policy that allows nothing else."""

    def __init__(self, *further: Path) -> None:
        """further: folders with templates of the caller's own."""
        self.environment = Environment(
            loader=FileSystemLoader([TEMPLATES, STYLES, *further]),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters["data_uri"] = lambda png: "data:image/png;base64," + base64.b64encode(png).decode()
        self.environment.filters["verdict_words"] = lambda verdict: (verdict or "not judged").replace("-", " ")
        add_components(self.environment)
        self.environment.filters["when"] = mark_time
        self.environment.filters["prose"] = mark_times_in
        self.environment.filters["kind_words"] = lambda kind: (
            "not judged" if kind == NOT_JUDGED else kind.replace("-", " ")
        )
        self.made_at = utc_text()

    @cached_property
    def style(self) -> str:
        return f"{read_style('tokens', 'components')}\n{(TEMPLATES / 'report.css').read_text(encoding='utf-8')}"

    @cached_property
    def summary_style(self) -> str:
        return (TEMPLATES / "summary.css").read_text(encoding="utf-8")

    @cached_property
    def script(self) -> str:
        return (TEMPLATES / "filter.js").read_text(encoding="utf-8")

    @cached_property
    def policy(self) -> str:
        return own_policy(self.style, self.summary_style, script=self.script)

    def render(self, template: str, **values: object) -> str:
        return self.environment.get_template(template).render(
            style=self.style, script=self.script, policy=self.policy, made_at=self.made_at, **values
        )


def write_report(ledger: Ledger, warc_dir: Path, order: ReportOrder) -> Report:
    """Write the report into a folder, over an earlier one, as of one moment.

    Errors: OutsideFailureError when it can't be written, BadInputError when a PDF is asked for and the extra [pdf] is missing.
    """
    if order.pdf is not None:
        require_pdf()
    with ledger.snapshot():  # a crawl beside it may take evidence away between two of the queries
        return _write_report(ledger, warc_dir, order)


def _write_report(ledger: Ledger, warc_dir: Path, order: ReportOrder) -> Report:
    out, verdict, brand = order.out, order.scope.verdict, order.scope.brand
    require_brand(ledger, brand)
    pages = Pages()
    findings = read_findings(ledger, verdict=verdict, brand=brand)
    try:
        (out / "claims").mkdir(parents=True, exist_ok=True)
        current = {f"{finding.claim_id}.html" for finding in findings}
        for old in (out / "claims").glob(
            "[0-9a-f]" * CONTENT_ID_DIGITS + ".html"
        ):  # an earlier report's dossiers, nothing else
            if old.name not in current:
                old.unlink()
        for finding in findings:
            dossier: Dossier = read_dossier(ledger, warc_dir, finding)
            (out / "claims" / f"{finding.claim_id}.html").write_text(
                pages.render(
                    "dossier.html",
                    d=dossier,
                    finding=finding,
                    witnesses=read_witnesses(ledger, finding.claim_id),
                    is_alone=False,
                ),
                encoding="utf-8",
            )
        coverage = read_coverage(ledger)
        (out / "coverage.html").write_text(
            pages.render("coverage.html", c=coverage, outcomes=OUTCOMES), encoding="utf-8"
        )
        index = out / "index.html"
        index.write_text(
            pages.render("index.html", findings=findings, counts=_ordered(_count(finding.verdict for finding in findings)),
                         brands=_count(finding.brand for finding in findings), relations=_count(finding.relation for finding in findings),
                         vendors=tell_vendors(coverage.by_outcome, coverage.by_reason)),
            encoding="utf-8",
        )  # fmt: skip
        summary = out / "summary.html"
        read = read_summary(ledger, warc_dir, order.scope, findings, coverage)
        summary.write_text(render_summary(pages, read), encoding="utf-8")
    except OSError as error:
        raise OutsideFailureError(
            f"{out}: the report could not be written ({error}); name another folder with --out"
        ) from error
    if order.pdf is not None:
        _write_pdf(pages, read, order.pdf, order.paper)
    return Report(index=index, summary=summary, dossiers=len(findings))


def render_summary(pages: Pages, summary: Summary, *, paper: Paper | None = None) -> str:
    """Return the summary as a page. paper: of a PDF, which has no links to the other pages; None: it is one of the report's pages."""
    return pages.render(
        "summary.html",
        s=summary,
        summary_style=pages.summary_style,
        state_words=STATE_WORDS,
        most_without=MOST_WITHOUT,
        for_pdf=paper is not None,
        paper=paper,
    )


def _write_pdf(pages: Pages, summary: Summary, file: Path, paper: Paper) -> None:
    content = pdf_bytes(render_summary(pages, summary, paper=paper))
    try:
        file.write_bytes(content)
    except OSError as error:
        raise OutsideFailureError(
            f"{file}: the PDF could not be written ({error}); name another file with --pdf"
        ) from error


def _count(values: Iterable[str | None]) -> Counter[str]:
    return Counter(str(value or "none") for value in values)


def _ordered(counts: Counter[str]) -> dict[str, int]:
    order = {str(kind): place for place, kind in enumerate(SERIOUSNESS)}
    return dict(sorted(counts.items(), key=lambda entry: order.get(entry[0], 99)))
