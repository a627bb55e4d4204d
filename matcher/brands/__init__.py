"""A brand's folder: names, official logos, usage rules."""
