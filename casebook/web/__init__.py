"""The review application: from a finding to a decision, in a browser, without anything from outside."""
