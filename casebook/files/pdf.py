"""HTML of ours as PDF, with the extra [pdf]; nothing is fetched from anywhere."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from ledger.errors import BadInputError, Problem
from ledger.extras import how_to_install


def require_pdf() -> Any:
    """Return the library that writes PDF. Errors: BadInputError that says what to install when it is missing."""
    try:
        import weasyprint
    except (ImportError, OSError) as error:  # OSError: its own libraries (Pango) are missing
        raise BadInputError(
            Problem(
                where="PDF",
                expected="WeasyPrint with the Pango library",
                got=str(error).splitlines()[0][:120],
                next_step=f"run `{how_to_install('pdf')}` and install Pango (Debian: libpango-1.0-0 libpangoft2-1.0-0), or do without the PDF",
            )
        ) from error
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # our sheets also say what only browsers know
    return weasyprint


def write_pdf(html: str, out: Path) -> None:
    """Write a page of ours as PDF. Only what stands in the page itself is shown: pictures as data: URIs."""
    out.write_bytes(pdf_bytes(html))


def pdf_bytes(html: str) -> bytes:
    """Return a page of ours as PDF, as write_pdf."""
    weasyprint = require_pdf()
    nowhere = weasyprint.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    return bytes(weasyprint.HTML(string=html, url_fetcher=nowhere, base_url=None).write_pdf())
