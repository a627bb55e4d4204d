"""Matches to claims, claims to verdicts: the rules in words, and the facts that they need."""
