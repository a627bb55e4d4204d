"""Shards come home: what other machines crawled becomes part of a workspace."""
