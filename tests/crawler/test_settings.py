"""Keys of [crawl] in a workspace's settings become Scrapy's; what is not there changes nothing."""

from __future__ import annotations

from crawler.settings import settings_of


def test_keys_become_settings():
    settings = settings_of({"max_pages": 7, "delay_s": 2.0, "contact": "mailto:a@b.example", "unknown": 1})
    assert settings["PARTNERPROOF_MAX_PAGES"] == 7
    assert (settings["DOWNLOAD_DELAY"], settings["AUTOTHROTTLE_START_DELAY"]) == (2.0, 4.0)
    assert settings["USER_AGENT"].endswith("(+mailto:a@b.example)")
    assert len(settings) == 4


def test_no_keys_change_nothing():
    assert settings_of({}) == {}
    assert settings_of({"contact": ""}) == {}
