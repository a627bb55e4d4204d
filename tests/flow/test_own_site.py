"""Logos that a brand's own site shows and its official set lacks are proposed by `brand check`.

Tests: matcher/own_site.py, partnerproof/cli/brand_check.py.
"""

from __future__ import annotations

import json

from tests.conftest import png, run_partnerproof, send
from tests.matcher.drawings import draw_mark

WORDS = "<p>" + "Words about our work for ports and towns. " * 30 + "</p>"


def test_a_logo_of_the_own_site_that_no_file_recognises_is_proposed(acme, serve, logo_png, tmp_path):
    new = png(draw_mark("acme anew"))
    head = '<header><a href="/"><img src="/logo-new.png" alt="Acme logo" class="site-logo"></a></header>'
    page = f"<title>Acme</title>{head}<h1>Acme</h1>{WORDS}<p><img src='/old.png' alt='Acme'></p>"
    server = serve({"/": send(page), "/logo-new.png": send(new, "image/png"), "/old.png": send(logo_png, "image/png")})
    port = server.url.rpartition(":")[2]
    (acme / "seeds" / "own.csv").write_text(f"name,url\nAcme,http://www.acme.example:{port}/\n")
    told = json.loads(run_partnerproof("-w", acme, "brand", "check", "acme", "--json"))
    assert told["own_site"] == []
    run_partnerproof(
        "-w", acme, "crawl", acme / "seeds" / "own.csv", "--resolve", f"www.acme.example:{port}:127.0.0.1", "--delay", "0"
    )  # fmt: skip
    told = run_partnerproof("-w", acme, "brand", "check", "acme", "--save", tmp_path / "proposed")
    assert "on the brand's own site, and in no official file:" in told
    (written,) = (tmp_path / "proposed" / "acme").iterdir()
    assert written.read_bytes() == new
    (proposed,) = json.loads(run_partnerproof("-w", acme, "brand", "check", "acme", "--json"))["own_site"]
    assert (proposed["brand"], proposed["pages"], proposed["format"]) == ("acme", 1, "png")
    assert proposed["image_url"].endswith("/logo-new.png")
