"""The one function through which every cell of every export goes."""

from typing import Any


def cell(value: Any) -> str:
    """`value` as text that no spreadsheet runs: a cell that begins with = + - @, a tab or a return gets an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
