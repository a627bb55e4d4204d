"""The archive: HTTP exchanges as they went over the wire, in WARC files."""
