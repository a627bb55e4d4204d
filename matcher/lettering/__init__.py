"""The words in a picture: what is written there, and which brands it names."""
