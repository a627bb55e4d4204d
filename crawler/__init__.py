"""The crawler goes and looks: seeds → visits → captures, pages → sightings, passages."""
