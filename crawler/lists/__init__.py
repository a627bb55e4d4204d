"""Vendor lists as people have them → seeds."""
