"""The middlewares know the spider whose requests belong to visits, and say so of any other."""

from __future__ import annotations

import pytest
import scrapy
from scrapy.crawler import Crawler

from crawler.wire.visiting_spider import VisitingSpider, visiting_spider


def test_a_spider_that_knows_no_visits_is_named():
    crawler = Crawler(scrapy.Spider, {})
    with pytest.raises(TypeError, match="got NoneType"):
        visiting_spider(crawler)
    crawler.spider = scrapy.Spider(name="other")
    with pytest.raises(TypeError, match="got Spider"):
        visiting_spider(crawler)
    crawler.spider = VisitingSpider(name="visits")
    assert visiting_spider(crawler) is crawler.spider
