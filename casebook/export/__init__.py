"""The evidence of one claim, for a stranger to check; redaction and retention."""
