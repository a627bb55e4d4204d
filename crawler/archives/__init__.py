"""Archives that others made (WARC, WACZ), read as a crawl is."""
