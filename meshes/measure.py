"""How far the packed file strays from what the lab exported: decoded again and compared, never assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial import cKDTree

from meshes.arrays import Floats
from meshes.decode import Scene, Shown
from meshes.icp import spread
from meshes.pack import nearest_on
from meshes.tracks import Epoch

TEETH_UM: Final = 5.0
GINGIVA_UM: Final = 20.0
"""What may be shown: no vertex farther than this from where the lab's file has it."""

SURFACE_POINTS: Final = {"tooth": 1_200, "gingiva": 6_000}
SURFACE_SHARE: Final = 0.99


@dataclass(frozen=True)
class Error:
    """Largest and mean distance of a vertex from where the original has it, µm.

    teeth_followed, gingiva_followed: of what was meshed anew, which has no such vertices: the distance between the surfaces that 99 % of
    points keep; None when nothing was.
    """

    teeth_max: float
    teeth_mean: float
    gingiva_max: float
    gingiva_mean: float
    teeth_followed: float | None = None
    gingiva_followed: float | None = None

    @property
    def is_true(self) -> bool:
        return self.teeth_max <= TEETH_UM and self.gingiva_max <= GINGIVA_UM

    def refusal(self) -> str:
        return (
            f"Packed for the web, teeth would be shown up to {self.teeth_max:,.1f} µm and gingiva up to {self.gingiva_max:,.1f} µm "
            f"away from the original; {TEETH_UM:.0f} µm and {GINGIVA_UM:.0f} µm are the limits."
        )

    def as_report(self) -> dict[str, float]:
        """teeth_max and gingiva_max are never less than what was followed keeps: nobody is told more than was measured."""
        found = {
            "teeth_max": max(self.teeth_max, self.teeth_followed or 0.0),
            "teeth_mean": self.teeth_mean,
            "gingiva_max": max(self.gingiva_max, self.gingiva_followed or 0.0),
            "gingiva_mean": self.gingiva_mean,
        }
        followed = {"teeth_followed_p99": self.teeth_followed, "gingiva_followed_p99": self.gingiva_followed}
        found |= {name: value for name, value in followed.items() if value is not None}
        return {name: round(value, 2) for name, value in found.items()}


def error_um(glb: bytes, originals: Mapping[str, Epoch], stages: int) -> Error:
    """Compare a packed file with the originals at the first, middle and last stage of each epoch.

    originals: name of the node -> what the lab exported. stages: the last stage of all; an arch that has finished stays.
    Raises KeyError when a node is missing from the file.
    """
    parts = Scene(glb).parts()
    exact: dict[str, list[Floats]] = {"tooth": [], "gingiva": []}
    followed: dict[str, list[Floats]] = {"tooth": [], "gingiva": []}
    for node, epoch in originals.items():
        shown = parts[node]
        end = stages if epoch.open_end else epoch.last
        chosen = sorted({epoch.first, (epoch.first + end) // 2, end})
        if epoch.exact:
            exact[shown.kind] += vertex_gaps(shown, epoch, chosen)
        else:
            followed[shown.kind] += surface_gaps(shown, epoch, chosen)
    teeth, gingiva = (np.concatenate(found) * 1000 if found else np.zeros(1) for found in (exact["tooth"], exact["gingiva"]))
    surfaces = (float(np.quantile(np.concatenate(gaps), SURFACE_SHARE)) * 1000 if gaps else None for gaps in followed.values())
    return Error(float(teeth.max()), float(teeth.mean()), float(gingiva.max()), float(gingiva.mean()), *surfaces)


def vertex_gaps(shown: Shown, epoch: Epoch, stages: list[int]) -> list[Floats]:
    """Packing reorders vertices, so each original vertex is paired once with the nearest shown one; each shown one likewise."""
    start, first = epoch.exported(epoch.first)[0], shown.vertices_at(epoch.first)
    nearest_shown = cKDTree(first).query(start)[1]
    nearest_original = cKDTree(start).query(first)[1]
    gaps = []
    for stage in stages:
        there, here = epoch.exported(stage)[0], shown.vertices_at(stage)
        gaps.append(np.linalg.norm(there - here[nearest_shown], axis=1))
        gaps.append(np.linalg.norm(there[nearest_original] - here, axis=1))
    return gaps


def surface_gaps(shown: Shown, epoch: Epoch, stages: list[int]) -> list[Floats]:
    gaps = []
    for stage in stages:
        points, faces = epoch.exported(stage)
        here, count = shown.vertices_at(stage), SURFACE_POINTS[shown.kind]
        gaps.append(nearest_on(points, faces, spread(here, count)).distance)
        gaps.append(nearest_on(here, shown.faces, spread(points, count)).distance)
    return gaps
