"""Tables of others, read with every mistake named: vendor lists, registers, lists of groups and of what to redact."""
