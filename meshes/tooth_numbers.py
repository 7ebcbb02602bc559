"""Tooth numbers as file names write them, and in which system: FDI (ISO 3950), Universal (ADA) or quadrant and number ("UR1").

The numbers of one export are judged together: 11 is an incisor in FDI and a canine in Universal. What is stored is FDI.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, TypedDict

import numpy as np

from meshes.arrays import Floats
from meshes.names import LOWER, UPPER
from meshes.numbering import WIDTH_MM
from meshes.words import QUADRANT_CODES

FDI: Final = "FDI"
UNIVERSAL: Final = "Universal"
PALMER: Final = "Palmer"
SYSTEMS: Final = (FDI, UNIVERSAL, PALMER)

PERMANENT: Final = tuple(quadrant * 10 + digit for quadrant in (1, 2, 3, 4) for digit in range(1, 9))
PRIMARY: Final = tuple(quadrant * 10 + digit for quadrant in (5, 6, 7, 8) for digit in range(1, 6))
ALL_FDI: Final = frozenset((*PERMANENT, *PRIMARY))
UPPER_QUADRANTS: Final = frozenset({1, 2, 5, 6})

_IN_ORDER: Final = (*range(18, 10, -1), *range(21, 29), *range(38, 30, -1), *range(41, 49))
_PRIMARY_IN_ORDER: Final = (*range(55, 50, -1), *range(61, 66), *range(75, 70, -1), *range(81, 86))
UNIVERSAL_NUMBERS: Final = {str(index + 1): fdi for index, fdi in enumerate(_IN_ORDER)} | {
    chr(ord("A") + index): fdi for index, fdi in enumerate(_PRIMARY_IN_ORDER)
}

FEWEST_PLACES: Final = 5
FITS_MM: Final = 6.0
CLEARLY: Final = 0.6
"""Places speak for a system when they fit it within FITS_MM, and its distance is at most this share of the other's."""


class Numbering(TypedDict):
    """system: one of SYSTEMS; assumed: nothing in the names proves it; why: one sentence; fits: the systems that have all the numbers."""

    system: str
    assumed: bool
    why: str
    fits: list[str]


@dataclass(frozen=True)
class Named:
    """One tooth as a file names it. label: "11", "9", "A", "UR1"; arch: what the name says beside it; place: (3,) mm, or None."""

    label: str
    arch: str | None = None
    place: Floats | None = None


def arch_of(fdi: int) -> str:
    return UPPER if fdi // 10 in UPPER_QUADRANTS else LOWER


def fdi_of(label: str, system: str) -> int | None:
    """The FDI number of a label in one system; None when the system has no such tooth."""
    text = label.strip().upper()
    quadrant = QUADRANT_CODES.get(text[:2].lower())
    if quadrant is not None:
        digit = text[2:]
        return quadrant * 10 + int(digit) if digit in tuple("12345678") else None
    if text.isdecimal():
        text = str(int(text)) if len(text) <= 4 else ""
    if system == UNIVERSAL:
        return UNIVERSAL_NUMBERS.get(text)
    if system == FDI and text.isdecimal() and int(text) in ALL_FDI:
        return int(text)
    return None


def decide(teeth: Sequence[Named], said: str | None = None) -> Numbering:
    """The system of all these numbers. said: a system the names spell out, or None."""
    labels = sorted({tooth.label for tooth in teeth})
    fits = [system for system in (FDI, UNIVERSAL) if labels and all(fdi_of(label, system) is not None for label in labels)]
    codes = [label for label in labels if label[:2].lower() in QUADRANT_CODES]
    if not labels:
        return _judged(FDI, True, "No file name holds a tooth number; the numbers come from the order and the size of the teeth.", [])
    if len(codes) == len(labels):
        return _judged(PALMER, False, f"The names give quadrant and number, such as “{codes[0]}”.", [PALMER])
    if said is not None and (said in fits or not fits):
        return _judged(said, False, f"The names say {said}.", fits)
    if len(fits) == 1:
        alone = next(label for label in labels if fdi_of(label, UNIVERSAL if fits[0] == FDI else FDI) is None)
        return _judged(fits[0], False, f"“{alone}” is a tooth number in {fits[0]} only.", fits)
    if not fits:
        most = max((FDI, UNIVERSAL), key=lambda system: sum(fdi_of(label, system) is not None for label in labels))
        return _judged(most, True, f"No system has all of these tooth numbers; {most} has most of them.", [])
    return _undecided(teeth, fits)


def _undecided(teeth: Sequence[Named], fits: list[str]) -> Numbering:
    """Both systems have every number: the arches in the names decide, then the places, then FDI."""
    against = {}
    for system in fits:
        wrong = [tooth for tooth in teeth if tooth.arch is not None and arch_of(fdi_of(tooth.label, system) or 0) != tooth.arch]
        against[system] = wrong
    clear = [system for system in fits if not against[system]]
    if len(clear) == 1:
        other = against[fits[0] if clear[0] != fits[0] else fits[1]][0]
        return _judged(clear[0], False, f"“{other.label}” is named {other.arch}, which holds in {clear[0]} only.", fits)
    away = {system: misfit_mm({fdi_of(t.label, system) or 0: t.place for t in teeth if t.place is not None}) for system in fits}
    known = [(distance, system) for system, distance in away.items() if distance is not None]
    if len(known) == 2:
        (near, best), (far, other_system) = sorted(known)
        if near <= FITS_MM and near <= CLEARLY * far:
            return _judged(best, True, f"The places of the teeth fit {best}, not {other_system}.", fits)
    return _judged(FDI, True, "The numbers exist in FDI and in Universal; FDI was assumed.", fits)


def _judged(system: str, assumed: bool, why: str, fits: list[str]) -> Numbering:
    return {"system": system, "assumed": assumed, "why": why, "fits": fits}


def misfit_mm(places: Mapping[int, Floats]) -> float | None:
    """How far teeth stand from those of an ordinary mouth of these numbers, laid over them rigidly; RMS, mm. None for too few."""
    usual = usual_places()
    numbers = [fdi for fdi in places if fdi in usual]
    if len(numbers) < FEWEST_PLACES:
        return None
    here = np.array([places[fdi] for fdi in numbers], dtype=np.float64)
    there = np.array([usual[fdi] for fdi in numbers])
    here, there = here - here.mean(axis=0), there - there.mean(axis=0)
    left, _, right = np.linalg.svd(there.T @ here)
    signs = np.ones(3)
    signs[2] = np.sign(np.linalg.det(right.T @ left.T)) or 1.0
    turn = right.T @ np.diag(signs) @ left.T
    return float(np.sqrt(np.mean(np.sum((there @ turn.T - here) ** 2, axis=1))))


@cache
def usual_places() -> dict[int, Floats]:
    """FDI -> middle of the crown in an ordinary mouth in occlusion, mm: crowns in contact along a parabola, the arches 9 mm apart."""
    found: dict[int, Floats] = {}
    for arch, (half_width, depth), height in ((UPPER, (31.0, 46.0), 4.5), (LOWER, (28.5, 42.0), -4.5)):
        x = np.linspace(0, half_width, 2_000)
        y = depth * (x / half_width) ** 2.2
        along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        reached = 0.0
        for digit in range(1, 9):
            middle, reached = reached + WIDTH_MM[arch][digit] / 2, reached + WIDTH_MM[arch][digit]
            at_x, at_y = np.interp(middle, along, x), np.interp(middle, along, y)
            right, left = (1, 2) if arch == UPPER else (4, 3)
            found[left * 10 + digit] = np.array([at_x, at_y, height])
            found[right * 10 + digit] = np.array([-at_x, at_y, height])
    return found
