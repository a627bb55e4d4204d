"""Keeping evidence: sealing, anchoring, deep verification, backups, and the health of an installation."""
