"""The ledger remembers and proves: records, schema, SQLite, WARC."""
