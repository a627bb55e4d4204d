"""The images of a page: every technique of embedding them, what stands around them, and what is noise."""
