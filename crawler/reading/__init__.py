"""One page, from bytes to rows: health, kind, links, passages. Knows no Scrapy."""
