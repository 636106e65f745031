"""Widgets drawn line by line; none takes a plain `str` from mail."""
