"""Scrapy settings of the crawl: the defaults here, then [crawl] of the workspace's partnerproof.toml, then
`-s NAME=VALUE` of `scrapy crawl` or the options of `partnerproof crawl`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

try:
    _VERSION = version("partnerproof")
except PackageNotFoundError:  # run from a checkout that is not installed
    _VERSION = "0"
_ROOM = __name__.rpartition(".")[0]  # an installed program has it under another name than a checkout
# in a workspace: its own database; in a checkout: the one under data/
_WORKSPACE = os.environ.get("PARTNERPROOF_WORKSPACE") or ("." if Path("partnerproof.toml").is_file() else "data")


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Scrapy settings for the keys of [crawl] in a partnerproof.toml; missing keys change nothing."""
    settings = {name: config[key] for key, name in _BY_KEY.items() if key in config}
    if config.get("contact"):
        settings["USER_AGENT"] = f"partnerproof/{_VERSION} (+{config['contact']})"
    if "delay_s" in config:
        settings["AUTOTHROTTLE_START_DELAY"] = config["delay_s"] * 2
    return settings


def _config() -> Mapping[str, Any]:
    # as it stands: the front door checks the file and names its mistakes
    try:
        config = tomllib.loads(Path(_WORKSPACE, "partnerproof.toml").read_text(encoding="utf-8")).get("crawl", {})
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


_BY_KEY = {
    "delay_s": "DOWNLOAD_DELAY",
    "requests_per_host": "CONCURRENT_REQUESTS_PER_DOMAIN",
    "visits_at_once": "PARTNERPROOF_CONCURRENT_VISITS",
    "obey_robots": "PARTNERPROOF_OBEY_ROBOTS",
    "max_pages": "PARTNERPROOF_MAX_PAGES",
    "max_images": "PARTNERPROOF_MAX_IMAGES",
    "max_requests": "PARTNERPROOF_MAX_REQUESTS",
    "max_bytes": "PARTNERPROOF_MAX_BYTES",
    "max_seconds": "PARTNERPROOF_MAX_SECONDS",
    "timeout_s": "DOWNLOAD_TIMEOUT",
    "requests_per_address": "PARTNERPROOF_REQUESTS_PER_ADDRESS",
    "recheck_days": "PARTNERPROOF_RECHECK_DAYS",
    "hours": "PARTNERPROOF_HOURS",
    "proxy": "PARTNERPROOF_PROXY",
    "max_renders": "PARTNERPROOF_MAX_RENDERS",
    "browser": "PARTNERPROOF_BROWSER",
    "browser_user": "PARTNERPROOF_BROWSER_USER",
}

BOT_NAME = "partnerproof"
SPIDER_MODULES = [f"{_ROOM}.spiders"]
USER_AGENT = f"partnerproof/{_VERSION}"  # the front door adds the contact address from the configuration

PARTNERPROOF_DATABASE = f"{_WORKSPACE}/var/partnerproof.db"
PARTNERPROOF_WARC_DIR = f"{_WORKSPACE}/var/warc"
PARTNERPROOF_CONFIG_FILE = f"{_WORKSPACE}/partnerproof.toml"
PARTNERPROOF_LEXICON_DIR = f"{_WORKSPACE}/lexicon"  # files there replace shipped languages or add new ones
PARTNERPROOF_TOOL = f"partnerproof {_VERSION}"
PARTNERPROOF_MADE_WITH: dict[str, object] = {}  # versions and digests; empty: those that the crawler knows itself
PARTNERPROOF_RESOLVE: dict[str, str] = {}  # "host:port" → address
PARTNERPROOF_ALLOW_PRIVATE = False
PARTNERPROOF_OBEY_ROBOTS = True
PARTNERPROOF_CONCURRENT_VISITS = 16
PARTNERPROOF_FOLLOW_LINKS = True
PARTNERPROOF_BRANDS: list[str] = []  # whose claims the front door judges; the crawl itself looks at everything
PARTNERPROOF_HAS_ENTRY_LOCK = False  # the front door holds the entry lock itself
PARTNERPROOF_END_CRAWL = True  # mark the crawl as ended when its visits are done
# budget of one visit; chosen on the corpus: its largest site needs 24 pages and 290 images
PARTNERPROOF_MAX_PAGES = 30
PARTNERPROOF_MAX_IMAGES = 600
PARTNERPROOF_MAX_REQUESTS = 1_000
PARTNERPROOF_MAX_BYTES = 200_000_000
PARTNERPROOF_MAX_SECONDS = 900.0
PARTNERPROOF_READERS = max(1, min(4, (os.cpu_count() or 2) - 1))  # processes that read pages
PARTNERPROOF_REQUESTS_PER_ADDRESS = 16  # at once, to one IP address: many small vendors share one
PARTNERPROOF_RECHECK_DAYS = 30.0  # images and style sheets of an unchanged page are asked for again after that
PARTNERPROOF_HOURS = ""  # 22:00-06:00 [zone]: visits start only then
PARTNERPROOF_PROXY = ""  # http://[name:password@]host:port: requests go through it, see crawler/wire/proxy.py
PARTNERPROOF_OPT_OUT_FILE = f"{_WORKSPACE}/opt-out.txt"  # domains that are never asked
PARTNERPROOF_ALLOW_UNVERIFIED = False  # a second try without checking the certificate, marked in the row
PARTNERPROOF_MAX_RENDERS = (
    3  # pages that a browser draws, with the extra [browser]; one costs as much as a hundred others
)
PARTNERPROOF_BROWSER = ""  # Chromium's executable; empty: looked for in PATH
PARTNERPROOF_BROWSER_USER = (
    ""  # as whom root starts it; empty: as a user that has no account, see crawler/drawing/browser_user.py
)

ROBOTSTXT_OBEY = False  # Scrapy's own keeps every parser for ever; VisitRobotsMiddleware obeys instead
ROBOTSTXT_USER_AGENT = "partnerproof"
DOWNLOADER_MIDDLEWARES = {
    f"{_ROOM}.wire.robots.VisitRobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    f"{_ROOM}.wire.middlewares.VisitCookiesMiddleware": 700,
    f"{_ROOM}.wire.middlewares.CaptureMiddleware": 950,
    f"{_ROOM}.wire.proxy.ProxyMiddleware": 955,  # before the pace, which goes by the address that it finds
    f"{_ROOM}.wire.middlewares.PaceMiddleware": 960,  # its place is given back before anyone can refuse the answer
}
EXTENSIONS = {f"{_ROOM}.spiders.crawl_stats.CrawlStats": 0}
TWISTED_DNS_RESOLVER = f"{_ROOM}.wire.addresses.GuardedResolver"
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"  # each visit knows what it has looked at
DOWNLOAD_HANDLERS = {
    "https": f"{_ROOM}.wire.tls.CheckedHttpsHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
HTTPPROXY_ENABLED = False  # Scrapy's own takes the environment's, past the address guard; ProxyMiddleware does instead
COOKIES_ENABLED = True  # for one visit, see VisitCookiesMiddleware
DOWNLOAD_FAIL_ON_DATALOSS = False  # what came is kept, marked as cut
METAREFRESH_ENABLED = False  # read as a link, within the budget
TELNETCONSOLE_ENABLED = False
REDIRECT_MAX_TIMES = 8
RETRY_TIMES = 1
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 10_000_000
DOWNLOAD_WARNSIZE = 0
CONCURRENT_REQUESTS = 64
CONCURRENT_REQUESTS_PER_DOMAIN = 4
DOWNLOAD_DELAY = 0.25
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.5
AUTOTHROTTLE_MAX_DELAY = 30.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 2.0
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8",
    "Accept-Language": "en,*;q=0.5",
    "Accept-Encoding": "gzip, deflate, br",
}
LOG_LEVEL = "WARNING"
globals().update(settings_of(_config()))
