"""Rows of numbers in text files, many at a time: 60 MB of PLY or OBJ in seconds and in little memory."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from itertools import islice
from typing import Final

import numpy as np

from meshes.arrays import Floats

CHUNK: Final = 40_000


def lines_of(data: bytes, start: int = 0) -> Iterator[bytes]:
    """The lines from `start` on, one in memory at a time. Line ends of old Macs (a lone CR) are understood."""
    if b"\n" not in data[start:] and b"\r" in data[start:]:
        data = data.replace(b"\r", b"\n")
    stream = io.BytesIO(data)
    stream.seek(start)
    return iter(stream)


def chunks(lines: Iterator[bytes], count: int) -> Iterator[list[bytes]]:
    """`count` lines in lists of at most CHUNK; the last lists are short or missing when the lines end early."""
    left = count
    while left:
        found = list(islice(lines, min(left, CHUNK)))
        if not found:
            return
        left -= len(found)
        yield found


def matrix(rows: list[bytes]) -> Floats | None:
    """(n, k) when every row holds k numbers, k > 0; None when they are empty or differ. Raises ValueError for what is no number."""
    width = len(rows[0].split())
    if not width or any(len(row.split()) != width for row in rows):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            values = np.fromstring(b" ".join(rows), np.float64, sep=" ")
        except (DeprecationWarning, RuntimeWarning) as error:
            raise ValueError(str(error)) from error
    if len(values) != width * len(rows):
        raise ValueError("not all of it is numbers")
    return values.reshape(-1, width)
