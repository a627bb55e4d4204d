"""Proof that nothing stored was changed: custody log, seals, timestamps, verification."""
