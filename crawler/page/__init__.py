"""A page's bytes as a document one can ask: text, tree, headings, language."""
