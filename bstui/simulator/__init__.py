"""A BaseSpace that fits in the package."""
