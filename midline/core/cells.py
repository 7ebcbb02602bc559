"""The one function through which every cell of every export goes."""

from typing import Any, Final

# What a spreadsheet may take for the beginning of a formula, in its wide forms too.
STARTS: Final = frozenset("=+-@\t\r\n＝＋－＠")


def cell(value: Any) -> str:
    """`value` as text that no spreadsheet runs: a cell that begins like a formula gets an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in STARTS else text
