"""The numbers behind the demonstration's teeth: sizes, cusps, inclinations, the shape of the arches.

FDI digits 1 to 7 (central incisor to second molar). Sizes after Wheeler's tables, inclinations after Andrews' six keys,
softened for the back teeth. mm and degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

ARCHES: Final = ("upper", "lower")
DIGITS: Final = tuple(range(1, 8))
STUB_MM: Final = 3.0
"""How far a crown reaches below its neck, like the virtual roots of setup programs."""


class Size(NamedTuple):
    """mesiodistal, buccolingual, and crown height, mm."""

    mesiodistal: float
    buccolingual: float
    height: float


class Cusp(NamedTuple):
    """Where a cusp stands, in half-widths towards mesial and buccal; how far it stays below the highest; how wide it is; mm."""

    mesial: float
    buccal: float
    drop: float
    width: float


SIZES: Final = {
    "upper": {
        1: Size(8.5, 7.0, 10.5),
        2: Size(6.7, 6.0, 9.2),
        3: Size(7.6, 8.0, 10.2),
        4: Size(7.0, 9.0, 8.6),
        5: Size(6.8, 9.0, 8.2),
        6: Size(10.0, 11.0, 7.6),
        7: Size(9.0, 11.0, 7.0),
    },
    "lower": {
        1: Size(5.2, 6.0, 8.8),
        2: Size(5.7, 6.4, 9.2),
        3: Size(6.9, 7.5, 10.6),
        4: Size(7.0, 7.6, 8.7),
        5: Size(7.1, 8.0, 8.2),
        6: Size(11.0, 10.4, 7.6),
        7: Size(10.4, 10.0, 7.1),
    },
}

CUSPS: Final = {
    ("upper", 4): (Cusp(0.0, 0.52, 0.0, 1.5), Cusp(0.05, -0.55, 0.9, 1.5)),
    ("upper", 5): (Cusp(0.0, 0.50, 0.0, 1.5), Cusp(0.05, -0.52, 0.3, 1.5)),
    ("lower", 4): (Cusp(0.0, 0.35, 0.0, 1.6), Cusp(0.1, -0.55, 2.0, 1.2)),
    ("lower", 5): (Cusp(0.0, 0.45, 0.0, 1.6), Cusp(0.3, -0.5, 0.6, 1.2), Cusp(-0.35, -0.5, 0.9, 1.2)),
    ("upper", 6): (Cusp(0.45, 0.5, 0.2, 1.7), Cusp(-0.45, 0.5, 0.4, 1.6), Cusp(0.35, -0.5, 0.0, 1.9), Cusp(-0.5, -0.55, 1.0, 1.4)),
    ("upper", 7): (Cusp(0.45, 0.5, 0.2, 1.7), Cusp(-0.45, 0.5, 0.6, 1.5), Cusp(0.3, -0.5, 0.0, 1.8), Cusp(-0.5, -0.5, 1.3, 1.2)),
    ("lower", 6): (
        Cusp(0.55, 0.5, 0.3, 1.6),
        Cusp(0.0, 0.55, 0.5, 1.5),
        Cusp(-0.6, 0.4, 0.9, 1.3),
        Cusp(0.5, -0.5, 0.0, 1.6),
        Cusp(-0.45, -0.5, 0.2, 1.6),
    ),
    ("lower", 7): (Cusp(0.5, 0.5, 0.3, 1.7), Cusp(-0.5, 0.5, 0.5, 1.6), Cusp(0.5, -0.5, 0.0, 1.7), Cusp(-0.5, -0.5, 0.2, 1.6)),
}

TIP_DEG: Final = {"upper": (4.0, 6.0, 7.0, 2.0, 2.0, 3.0, 2.0), "lower": (1.0, 1.0, 4.0, 2.0, 2.0, 2.0, 2.0)}
"""Crown towards mesial, by digit."""

TORQUE_DEG: Final = {"upper": (8.0, 5.0, -1.0, -4.0, -4.0, -5.0, -5.0), "lower": (3.0, 2.0, -3.0, -7.0, -9.0, -11.0, -12.0)}
"""Crown towards buccal, by digit."""

HALF_WIDTH_MM: Final = {"upper": 30.5, "lower": 28.2}
DEPTH_MM: Final = {"upper": 45.5, "lower": 42.0}
CURVE: Final = 2.2
BEHIND_MM: Final = {"upper": 0.0, "lower": 2.1}
"""How far behind the upper front teeth the lower ones stand: the overjet."""

HALF_OVERLAP_MM: Final = {1: 0.9, 2: 0.7, 3: 0.9, 4: 0.75, 5: 0.7, 6: 0.65, 7: 0.6}
"""Half of what upper and lower crowns overlap in height: the overbite in front, cusp in groove behind."""

MIDLINE_CONTACT_MM: Final = -0.16
PACKED: Final = 0.972
"""Neighbours stand a little closer than their widths: contacts are points, and the arch curves."""


@dataclass(frozen=True)
class Place:
    """Where a tooth stands in the finished arch.

    frame: 4x4, portal frame (+x patient left, +y posterior, +z up), columns: mesial, buccal, occlusal, neck centre.
    Left of the upper and right of the lower arch it is left-handed, because mesial is.
    """

    fdi: int
    frame: Matrix


def fdi_number(arch: str, side: int, digit: int) -> int:
    """side: +1 the patient's left, -1 the right."""
    quadrant = {("upper", -1): 1, ("upper", 1): 2, ("lower", 1): 3, ("lower", -1): 4}[arch, side]
    return quadrant * 10 + digit


def finished_places(arch: str) -> list[Place]:
    """The fourteen teeth of a finished arch, in contact along a parabola, from the patient's right second molar to the left."""
    x = np.linspace(0.0, HALF_WIDTH_MM[arch], 4000)
    y = DEPTH_MM[arch] * (x / HALF_WIDTH_MM[arch]) ** CURVE
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    places = []
    for side in (-1, 1):
        reached = MIDLINE_CONTACT_MM
        for digit in DIGITS:
            size = SIZES[arch][digit]
            middle = reached + size.mesiodistal * PACKED / 2
            reached += size.mesiodistal * PACKED
            along = np.array([np.interp(middle + step, length, x) for step in (0.0, 0.5)])
            back = np.array([np.interp(middle + step, length, y) for step in (0.0, 0.5)])
            tangent = np.array([along[1] - along[0], back[1] - back[0]])
            tangent /= np.linalg.norm(tangent)
            frame = np.eye(4)
            frame[:3, 0] = (-side * tangent[0], -tangent[1], 0.0)
            frame[:3, 1] = (side * tangent[1], -tangent[0], 0.0)
            frame[:3, 2] = (0.0, 0.0, 1.0 if arch == "lower" else -1.0)
            up = 1.0 if arch == "upper" else -1.0
            overlap = HALF_OVERLAP_MM[digit]
            frame[:3, 3] = (side * along[0], back[0] + BEHIND_MM[arch], up * (size.height - overlap))
            places.append(Place(fdi_number(arch, side, digit), inclined(frame, arch, digit, size)))
    return sorted(places, key=lambda place: float(np.arctan2(place.frame[0, 3], 60.0 - place.frame[1, 3])))


def inclined(frame: Matrix, arch: str, digit: int, size: Size) -> Matrix:
    """The frame tipped and torqued about the middle of its crown, so that contacts stay where they are."""
    tip, torque = np.radians(TIP_DEG[arch][digit - 1]), np.radians(TORQUE_DEG[arch][digit - 1])
    about_buccal = np.array([[np.cos(tip), 0.0, np.sin(tip)], [0.0, 1.0, 0.0], [-np.sin(tip), 0.0, np.cos(tip)]])
    about_mesial = np.array([[1.0, 0.0, 0.0], [0.0, np.cos(torque), np.sin(torque)], [0.0, -np.sin(torque), np.cos(torque)]])
    turn = about_buccal @ about_mesial
    middle = np.array([0.0, 0.0, size.height / 2])
    local = np.eye(4)
    local[:3, :3] = turn
    local[:3, 3] = middle - turn @ middle
    return np.asarray(frame @ local)
