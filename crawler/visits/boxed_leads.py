"""Where a site's sitemaps and scripts lead: read in the box of a page reader, as pages are.

Reads: answers of looks. Writes: links. What can't be read leads nowhere; pages and well-known paths are left.
"""

from __future__ import annotations

from crawler.reading.links import Link, find_script_links
from crawler.reading.reading_pool import PageUnreadableError, ReadingPool, loaded_lexicon
from crawler.visits.sitemaps import ReadSitemap, read_sitemap
from ledger.typed_texts import VisitId


async def read_sitemap_leads(
    pool: ReadingPool, visit_id: VisitId, content: bytes, url: str, hosts: frozenset[str]
) -> ReadSitemap:
    """Return what a sitemap holds; see read_sitemap."""
    try:
        return await pool.run(visit_id, _read_sitemap, content, url, hosts)
    except PageUnreadableError:
        return ReadSitemap(links=(), sitemaps=())


async def read_script_leads(pool: ReadingPool, visit_id: VisitId, content: bytes, site: str) -> tuple[Link, ...]:
    """Return the pages that a script of a site names; see find_script_links."""
    try:
        return await pool.run(visit_id, _read_script, content, site)
    except PageUnreadableError:
        return ()


def _read_sitemap(content: bytes, url: str, hosts: frozenset[str]) -> ReadSitemap:
    return read_sitemap(content, url, loaded_lexicon(), hosts=hosts)


def _read_script(content: bytes, site: str) -> tuple[Link, ...]:
    return tuple(find_script_links(content.decode("utf-8", "replace"), site, loaded_lexicon()))
