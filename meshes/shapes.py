"""What the shape of a file tells when its name does not: which series it belongs to, which arch it is, between which stages.

Files of one export share triangle count and vertex order at every stage; that order is a fingerprint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from meshes.arrays import Floats, Indices, bounds
from meshes.names import LOWER, UPPER
from meshes.stl import Triangles
from meshes.weld import SAME_VERTEX_MM, weld

SAMPLES: Final = 600
PAIRS: Final = 2_000
MIN_ARCH_MM: Final = 20.0
MAX_ARCH_MM: Final = 150.0
FACING: Final = 0.12
"""How far from level, as a share of the area seen from above, an open model's faces must lean to tell up from down."""


ARCH_RANGE: Final = f"{MIN_ARCH_MM:.0f} to {MAX_ARCH_MM:.0f} mm"


@dataclass(frozen=True)
class Shape:
    """What is kept of a model's shape.

    triangles: how many; box_mm: longest side; sample: (k, 3) fixed corners, mm; series: which vertex order;
    facing: +1 when the teeth look up (+z), -1 down, 0 unknown.
    """

    triangles: int
    box_mm: float
    sample: Floats
    series: int
    facing: int

    @property
    def arch(self) -> str | None:
        """Upper teeth look down, lower teeth up, if z is up in the export."""
        return {1: LOWER, -1: UPPER}.get(self.facing)

    @property
    def size_um(self) -> int:
        """A measure that a rigid motion leaves alone: mean distance of corners that lie far apart in the file, to 10 µm."""
        half = len(self.sample) // 2
        return round(100 * float(np.linalg.norm(self.sample[:half] - self.sample[half : 2 * half], axis=1).mean())) * 10

    def distance_mm(self, other: Shape) -> float:
        """Root mean square distance of matching corners; only meaningful within one series."""
        return float(np.sqrt(np.mean((self.sample - other.sample) ** 2) * 3))


@dataclass
class _Series:
    triangles: int
    first: Indices
    second: Indices


@dataclass
class SeriesBook:
    """Sorts files into series by vertex order, one pass, without keeping their triangles."""

    _series: list[_Series] = field(default_factory=list)

    def describe(self, triangles: Triangles) -> Shape:
        corners = triangles.reshape(-1, 3)
        chosen = np.linspace(0, len(corners) - 1, SAMPLES).astype(np.int64)
        low, high = bounds(corners)
        return Shape(
            triangles=len(triangles),
            box_mm=float((high - low).max()),
            sample=corners[chosen].astype(np.float64),
            series=self._series_of(triangles),
            facing=facing(triangles),
        )

    def _series_of(self, triangles: Triangles) -> int:
        corners = triangles.reshape(-1, 3)
        for number, known in enumerate(self._series):
            if known.triangles == len(triangles):
                gap = np.abs(corners[known.first] - corners[known.second])
                if not gap.size or float(np.median(gap.max(axis=1))) <= SAME_VERTEX_MM:
                    return number
        first_corner, faces = weld([triangles])
        mine = first_corner[faces.ravel()]
        repeated = np.flatnonzero(mine != np.arange(len(mine)))
        picked = repeated[np.linspace(0, len(repeated) - 1, min(PAIRS, len(repeated))).astype(np.int64)]
        self._series.append(_Series(len(triangles), picked, mine[picked]))
        return len(self._series) - 1


def facing(triangles: Triangles) -> int:
    """Whether an arch's teeth look up (+1) or down (-1); 0 when the shape does not tell.

    Arch models are open at the bottom: the area vectors of a closed surface cancel, so their sum points away from the
    opening, towards the teeth. A closed model has a flat base instead, the one level at which much area lies exactly flat.
    """
    area = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]).astype(np.float64) / 2
    seen = float(np.abs(area[:, 2]).sum())
    if seen <= 0:
        return 0
    lean = float(area[:, 2].sum()) / seen
    if abs(lean) > FACING:
        return 1 if lean > 0 else -1
    size = np.linalg.norm(area, axis=1)
    level = np.abs(area[:, 2]) > 0.999 * np.maximum(size, 1e-12)
    if float(size[level].sum()) > 0.1 * seen:
        down = float(-area[level, 2].sum())
        if abs(down) > 0.08 * seen:
            return 1 if down > 0 else -1
    return 0
