"""Kinds of sources: each module bears the name of its kind, and its `build` makes the reader."""
