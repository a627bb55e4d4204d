"""HTML of ours as PDF, with the extra [pdf]; nothing is fetched from anywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ledger.errors import BadInputError, Problem

_PICTURES_ONLY = re.compile(r"data:image/png;base64,")


def require_pdf() -> Any:
    """Return the library that writes PDF. Errors: BadInputError that says what to install when it is missing."""
    try:
        import weasyprint
    except (ImportError, OSError) as error:  # OSError: its own libraries (Pango) are missing
        raise BadInputError(
            Problem(
                where="--pdf",
                expected="WeasyPrint with the Pango library",
                got=str(error).splitlines()[0][:120],
                next_step="run `pip install 'partnerproof[pdf]'` and install Pango (Debian: libpango-1.0-0 libpangoft2-1.0-0), or leave --pdf out",
            )
        ) from error
    return weasyprint


def write_pdf(html: str, out: Path) -> None:
    """Write a page of ours as PDF. Only pictures that stand in the page itself are shown."""
    weasyprint = require_pdf()

    def fetch(url: str, *args: object, **kwargs: object) -> Any:
        if not _PICTURES_ONLY.match(url):
            raise ValueError(f"{url[:80]}: nothing is fetched for a PDF")
        return weasyprint.default_url_fetcher(url)

    weasyprint.HTML(string=html, url_fetcher=fetch).write_pdf(out)
