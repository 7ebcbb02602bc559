"""Which way the models look: the portal's frame is +x patient left, +y posterior, +z up.

Labs export in their own frames. Only quarter turns are considered, so coordinates stay as exported up to the order
and sign of the axes; a frame that already fits is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from meshes.arrays import Floats, Points

CLEARLY_MM: Final = 3.0
"""A turn must beat the frame as exported by this much before it is made."""


def turn_to_portal(teeth: Mapping[str, Points], gingiva: Mapping[str, Points]) -> Floats:
    """The quarter turn (3, 3) from the exported frame to the portal's; the identity when it fits or cannot be told.

    teeth: arch ("upper", "lower") -> (n, 3) centres of its teeth; gingiva: arch -> (m, 3) some of its vertices. Stage 0, mm.
    """
    centres = (
        np.concatenate([points for points in teeth.values() if len(points)]) if any(len(p) for p in teeth.values()) else np.zeros((0, 3))
    )
    if len(centres) < 6:
        return np.eye(3)
    up = upward(teeth, gingiva)
    best, best_score = np.eye(3), score(centres, np.eye(3), up) - CLEARLY_MM
    for turn in quarter_turns():
        value = score(centres, turn, up)
        if value < best_score:
            best, best_score = turn, value
    return best


def upward(teeth: Mapping[str, Points], gingiva: Mapping[str, Points]) -> Floats:
    """A vector, mm, that points up in the exported frame: from lower gums to lower teeth to upper teeth to upper gums."""
    up = np.zeros(3)
    for arch, sign in (("upper", 1.0), ("lower", -1.0)):
        if len(teeth.get(arch, ())) and len(gingiva.get(arch, ())):
            up += sign * (gingiva[arch].mean(axis=0) - teeth[arch].mean(axis=0))
    if len(teeth.get("upper", ())) and len(teeth.get("lower", ())):
        up += 2.0 * (teeth["upper"].mean(axis=0) - teeth["lower"].mean(axis=0))
    return up


def score(centres: Points, turn: Floats, up: Floats) -> float:
    """Lower is better, mm: front teeth in front of the back teeth, and up pointing up."""
    turned = (centres - centres.mean(axis=0)) @ turn.T
    side = np.abs(turned[:, 0] - np.median(turned[:, 0]))
    inner = side <= np.quantile(side, 0.34)
    outer = side >= np.quantile(side, 0.66)
    forward = float(turned[inner, 1].mean() - turned[outer, 1].mean())
    flat = float(np.ptp(turned[:, 2]))
    return forward + flat - float((turn @ up)[2])


def quarter_turns() -> list[Floats]:
    """The 24 rotations that map axes to axes."""
    turns = []
    for x in range(3):
        for y in range(3):
            if x == y:
                continue
            for sign_x in (1.0, -1.0):
                for sign_y in (1.0, -1.0):
                    turn = np.zeros((3, 3))
                    turn[0, x] = sign_x
                    turn[1, y] = sign_y
                    turn[2] = np.cross(turn[0], turn[1])
                    turns.append(turn)
    return turns
