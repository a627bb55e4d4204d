"""Visits: which vendors, which page next, within which budget, and what came of each look."""
