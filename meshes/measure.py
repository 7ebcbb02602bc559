"""How far the packed file strays from what the lab exported: decoded again and compared, never assumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from meshes.arrays import Points
from meshes.decode import Scene

TEETH_UM: Final = 5.0
GINGIVA_UM: Final = 20.0
"""What may be shown: no vertex farther than this from where the lab's file has it."""


@dataclass(frozen=True)
class Error:
    """Largest and mean distance of a vertex from where the original has it, µm."""

    teeth_max: float
    teeth_mean: float
    gingiva_max: float
    gingiva_mean: float

    @property
    def is_true(self) -> bool:
        return self.teeth_max <= TEETH_UM and self.gingiva_max <= GINGIVA_UM

    def refusal(self) -> str:
        return (
            f"Packed for the web, teeth would be shown up to {self.teeth_max:,.1f} µm and gingiva up to {self.gingiva_max:,.1f} µm "
            f"away from the original; {TEETH_UM:.0f} µm and {GINGIVA_UM:.0f} µm are the limits."
        )

    def as_report(self) -> dict[str, float]:
        return {
            "teeth_max": round(self.teeth_max, 2),
            "teeth_mean": round(self.teeth_mean, 2),
            "gingiva_max": round(self.gingiva_max, 2),
            "gingiva_mean": round(self.gingiva_mean, 2),
        }


def error_um(glb: bytes, originals: Mapping[str, Callable[[int], Points]], stages: int) -> Error:
    """Compare a packed file with the originals at the first, middle and last stage.

    originals: part key -> function from stage to its original vertices (n, 3), mm, world. Packing reorders vertices, so
    each original vertex is paired once, at stage 0, with the nearest shown one; each shown one likewise.
    Raises KeyError when a part is missing from the file.
    """
    parts = Scene(glb).parts()
    gaps: dict[str, list[Points]] = {"tooth": [], "gingiva": []}
    for key, original in originals.items():
        shown = parts[key]
        start, first = original(0), shown.vertices_at(0)
        nearest_shown = cKDTree(first).query(start)[1]
        nearest_original = cKDTree(start).query(first)[1]
        for stage in sorted({0, stages // 2, stages}):
            there, here = original(stage), shown.vertices_at(stage)
            gaps[shown.kind].append(np.linalg.norm(there - here[nearest_shown], axis=1))
            gaps[shown.kind].append(np.linalg.norm(there[nearest_original] - here, axis=1))
    teeth, gingiva = (np.concatenate(found) * 1000 if found else np.zeros(1) for found in (gaps["tooth"], gaps["gingiva"]))
    return Error(float(teeth.max()), float(teeth.mean()), float(gingiva.max()), float(gingiva.mean()))
