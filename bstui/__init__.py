"""bstui: from BaseSpace Sequence Hub to verified files, in a terminal or a script."""

__version__ = "0.1.0"
