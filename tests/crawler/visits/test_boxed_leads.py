"""Sitemaps and scripts are read in the box of a page reader; what can't be read leads nowhere."""

from __future__ import annotations

import asyncio

from crawler.reading.reading_pool import ReadingPool
from crawler.visits.boxed_leads import read_script_leads, read_sitemap_leads
from ledger.lexicon import Lexicon

SITE = "https://v.example/"


def test_a_sitemap_and_a_script_lead_on_and_rubbish_leads_nowhere(lexicon: Lexicon):
    async def read() -> list[list[str]]:
        pool = ReadingPool(lexicon, processes=1)
        try:
            listed = b"<urlset><url><loc>https://v.example/partners</loc></url></urlset>"
            sitemap = await read_sitemap_leads(pool, "v", listed, SITE + "sitemap.xml", frozenset())
            script = await read_script_leads(pool, "v", b'const menu = ["/our-partners", "/x"];', SITE)
            pool._processes[0].calls.limits = type(pool._processes[0].calls.limits)(processor_s=0.001)
            long = listed.replace(
                b"</urlset>", b"<url><loc>https://v.example/partners/x</loc></url>" * 20_000 + b"</urlset>"
            )
            costly = await read_sitemap_leads(pool, "v", long, SITE + "sitemap.xml", frozenset())
            none = await read_script_leads(pool, "v", b'"/partners"' * 100_000, SITE)
        finally:
            pool.close()
        return [[link.url for link in links] for links in (sitemap.links, script, costly.links, none)]

    assert asyncio.run(read()) == [["https://v.example/partners"], ["https://v.example/our-partners"], [], []]
