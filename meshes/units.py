"""In which unit an export is, when its models are too small for millimetres. Asked, never assumed: the technician chooses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from meshes import names
from meshes.archive import Entry
from meshes.arrays import Floats, bounds
from meshes.errors import BadFile
from meshes.shapes import MAX_ARCH_MM, MIN_ARCH_MM
from meshes.stl import Triangles

FACTORS: Final = {"in": 25.4, "cm": 10.0, "m": 1000.0}
"""Unit → millimetres."""

USUAL_MM: Final = 62.0
"""How large an arch usually is; the unit that comes nearest to it is offered first."""

SMALLEST_CROWN_MM: Final = 3.0
"""A file that is named after a tooth and is this large is in millimetres, wherever it stands: no crown has 3 cm."""

TRIED: Final = 3
LOOKED_AT: Final = 24


def question(box: float) -> dict[str, Any] | None:
    """What to ask about models that span `box`: {box, fits: [{unit, factor, mm}], the likeliest first}; None when no unit fits."""
    if not 0 < box < MIN_ARCH_MM:
        return None
    fitting = [(unit, factor) for unit, factor in FACTORS.items() if MIN_ARCH_MM <= box * factor <= MAX_ARCH_MM]
    fitting.sort(key=lambda pair: abs(math.log(box * pair[1] / USUAL_MM)))
    fits = [{"unit": unit, "factor": factor, "mm": round(box * factor, 1)} for unit, factor in fitting]
    return {"box": float(f"{box:.3g}"), "fits": fits} if fits else None


def asked_of(entries: Sequence[Entry], opened: Callable[[Entry], list[tuple[Entry, Triangles]]]) -> dict[str, Any] | None:
    """The question about an export. One file as large as an arch in millimetres settles that there is none; else what many span tells."""
    largest = sorted(entries, key=lambda entry: entry.size, reverse=True)
    teeth = [entry for entry in largest if names.read(entry.name).part == names.TOOTH]
    if len(teeth) * 2 > len(entries):
        crown = _span(teeth[:TRIED], opened, enough=1)
        if crown is not None and float((crown[1] - crown[0]).max()) >= SMALLEST_CROWN_MM:
            return None
    largest = largest[:TRIED]
    first = _span(largest, opened, enough=1)
    if first is None or float((first[1] - first[0]).max()) >= MIN_ARCH_MM:
        return None
    step = max(1, len(entries) // LOOKED_AT)
    spread = _span([*largest, *entries[::step][:LOOKED_AT]], opened)
    return question(float((spread[1] - spread[0]).max())) if spread is not None else None


def _span(
    entries: Sequence[Entry], opened: Callable[[Entry], list[tuple[Entry, Triangles]]], enough: int = 0
) -> tuple[Floats, Floats] | None:
    """The box round all of them; files that cannot be read say nothing. enough: stop after so many."""
    lows, highs = [], []
    for entry in entries:
        try:
            found = [bounds(triangles.reshape(-1, 3)) for _one, triangles in opened(entry)]
        except BadFile:
            continue
        lows += [low for low, _high in found]
        highs += [high for _low, high in found]
        if enough and len(lows) >= enough:
            break
    return (np.min(lows, axis=0), np.max(highs, axis=0)) if lows else None
