"""The spider as the middlewares know it: what they ask of it, whatever else it does."""

from __future__ import annotations

import scrapy
from scrapy.crawler import Crawler

from crawler.visits.looks import LookTaker
from crawler.wire.pace import Pace
from ledger.archive.warc import WarcArchive


class VisitingSpider(scrapy.Spider):
    """A spider whose requests belong to visits."""

    archive: WarcArchive
    looks: LookTaker
    pace: Pace


def visiting_spider(crawler: Crawler) -> VisitingSpider:
    """Return the spider of a running crawl. Errors: TypeError when it is one that knows no visits."""
    if not isinstance(crawler.spider, VisitingSpider):
        raise TypeError(f"the middlewares of crawler/wire need a VisitingSpider, got {type(crawler.spider).__name__}")
    return crawler.spider
