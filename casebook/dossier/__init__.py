"""All that is known of a claim, for a reader: dossiers, the report, pictures of pages, coverage."""
