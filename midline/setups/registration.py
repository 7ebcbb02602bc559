"""Where one version lies in the frame of another, so that both can be shown at once.

Two exports of one case share their frame unless the lab scanned or oriented the models anew. That is seen at stage 0, where both versions
show the same mouth: when the crown centres lie within 10 µm (median), nothing is moved. Else the older version is laid onto the newer one
by the best rigid motion of the teeth that neither version moves; with fewer than three of them, of all teeth at the start.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAME_MM: Final = 0.010
"""Median distance of crown centres at stage 0 below which two versions share their frame (meshes.md)."""
ENOUGH: Final = 3
ARM_MM: Final = 4.0
"""Each tooth gives its centre and a point this far along each axis of its frame, so that three teeth fix every turn."""


@dataclass(frozen=True)
class Tooth:
    """One numbered tooth of a version: its frame in the world at stage 0 (4x4, mm) and whether the plan moves it."""

    frame: list[list[float]]
    moves: bool


@dataclass(frozen=True)
class Registration:
    """matrix takes the older version's world to the newer one's. how: same, still, start, or none (too few teeth in common: as exported).

    teeth: how many it rests on; rms_mm: how far their points lie apart afterwards.
    """

    how: str
    matrix: list[list[float]]
    teeth: int
    rms_mm: float


def registration(new: Mapping[int, Tooth], old: Mapping[int, Tooth]) -> Registration:
    """Lay `old` (by FDI) into the frame of `new`."""
    common = sorted(new.keys() & old.keys())
    if len(common) < ENOUGH:
        return Registration("none", np.eye(4).tolist(), len(common), 0.0)
    apart = np.linalg.norm(_centres(new, common) - _centres(old, common), axis=1)
    if float(np.median(apart)) < SAME_MM:
        return Registration("same", np.eye(4).tolist(), len(common), float(np.sqrt(np.mean(apart**2))))
    still = [fdi for fdi in common if not new[fdi].moves and not old[fdi].moves]
    how, used = ("still", still) if len(still) >= ENOUGH else ("start", common)
    source, target = _points(old, used), _points(new, used)
    matrix = _rigid(source, target)
    left = source @ matrix[:3, :3].T + matrix[:3, 3] - target
    return Registration(how, matrix.tolist(), len(used), float(np.sqrt(np.mean(np.sum(left**2, axis=1)))))


def _centres(teeth: Mapping[int, Tooth], numbers: list[int]) -> Floats:
    return np.array([np.asarray(teeth[fdi].frame, dtype=np.float64)[:3, 3] for fdi in numbers])


def _points(teeth: Mapping[int, Tooth], numbers: list[int]) -> Floats:
    """(4n, 3): centre and three arms of each tooth."""
    found = []
    for fdi in numbers:
        frame = np.asarray(teeth[fdi].frame, dtype=np.float64)
        found += [frame[:3, 3], *(frame[:3, 3] + ARM_MM * frame[:3, axis] for axis in range(3))]
    return np.array(found)


def _rigid(source: Floats, target: Floats) -> Floats:
    """Best rigid motion taking `source` onto `target` (Kabsch 1976): 4x4."""
    middle, aim = source.mean(axis=0), target.mean(axis=0)
    u, _s, vt = np.linalg.svd((source - middle).T @ (target - aim))
    turn = vt.T @ np.diag([1.0, 1.0, float(np.sign(np.linalg.det(vt.T @ u.T)))]) @ u.T
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, aim - turn @ middle
    return matrix
