"""The case that sizes and times are measured on: 20 stages after the start, both arches, 204,000 triangles a stage, in three layouts.

Made from the demonstration's crowns and gingivae: refined, roughened by what a scanner adds, simplified to the wanted count, and moved as
the case “crowding” plans over 20 stages. A fixed seed, so every run measures the same files; where each tooth really stands is known.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from bench.realteeth import Mesh, corners, meshed_anew, moved
from demo.models.cases import CROWDING, Case
from demo.models.expand import finished_arch, world_pose
from meshes import pack, stl

Floats = npt.NDArray[np.float64]
Faces = npt.NDArray[np.int32]

LAST_STAGE: Final = 20
TEETH: Final = 75_000
GINGIVA: Final = 27_000
"""Triangles an arch; both arches 204,000."""

SEED: Final = 7
TOOTH_NOISE_MM: Final = 0.005
GINGIVA_NOISE_MM: Final = 0.008
"""RMS of what a scanner adds, in waves of WAVE_MM."""

WAVE_MM: Final = 0.6
WAVES: Final = 48
PULL_MM: Final = 2.2
DENSER: Final = 1.21
"""What is meshed anew keeps 75 to 90 % of its triangles at each stage, so it begins with more."""

WORDS: Final = {"upper": "Maxillary", "lower": "Mandibular"}
EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
CASE: Final[Case] = replace(CROWDING, last_stage={"upper": LAST_STAGE, "lower": LAST_STAGE})


@dataclass(frozen=True)
class Arch:
    """One arch as planned to end, and the way there.

    teeth: FDI -> mesh in the world; motions: FDI -> (stages, 4, 4) from there; pulls: FDI -> 0..1 a vertex of the gingiva.
    """

    name: str
    teeth: dict[int, Mesh]
    gingiva: Mesh
    motions: dict[int, Floats]
    pulls: dict[int, Floats]

    def parts_at(self, stage: int) -> dict[str, Mesh]:
        """Name in a file -> mesh, mm: the gingiva, then the teeth."""
        points, faces = self.gingiva
        shift, weight = np.zeros_like(points), np.zeros(len(points))
        for fdi, pull in self.pulls.items():
            shift += pull[:, None] * (moved(points, self.motions[fdi][stage]) - points)
            weight += pull
        found = {f"{WORDS[self.name]}_gingiva": (points + shift / np.maximum(weight, 1.0)[:, None], faces)}
        for fdi, (crown, triangles) in self.teeth.items():
            found[f"Tooth_{fdi}"] = (moved(crown, self.motions[fdi][stage]), triangles)
        return found


def made(denser: float = 1.0) -> dict[str, Arch]:
    """Both arches; `denser` times the usual number of triangles."""
    return {name: made_arch(name, denser, np.random.default_rng([SEED, index])) for index, name in enumerate(WORDS)}


def made_arch(name: str, denser: float, rng: np.random.Generator) -> Arch:
    source = finished_arch(name)
    every = sum(len(tooth.faces) for tooth in source.teeth)
    teeth, motions = {}, {}
    for tooth in source.teeth:
        wanted = round(denser * TEETH * len(tooth.faces) / every)
        crown = refined(tooth.points, tooth.faces.astype(np.int32), wanted, TOOTH_NOISE_MM, rng)
        teeth[tooth.fdi] = (moved(crown[0], tooth.frame), crown[1])
        back = np.linalg.inv(tooth.frame)
        motions[tooth.fdi] = np.array([world_pose(tooth, CASE, name, stage) @ back for stage in range(LAST_STAGE + 1)])
    gum = refined(source.gum, source.gum_faces.astype(np.int32), round(denser * GINGIVA), GINGIVA_NOISE_MM, rng)
    pulls = {}
    for fdi, (points, _) in teeth.items():
        distance = cKDTree(points).query(gum[0])[0]
        pulls[fdi] = np.exp(-((distance / PULL_MM) ** 2)) * (distance < 3 * PULL_MM)
    return Arch(name, teeth, gum, motions, pulls)


def refined(points: Floats, faces: Faces, wanted: int, noise_mm: float, rng: np.random.Generator) -> Mesh:
    """Four triangles for one, moved in and out by a smooth noise, then `wanted` triangles or one fewer."""
    fine, triangles = halved(points, faces)
    waves = rng.normal(size=(WAVES, 3)) * (2 * np.pi / WAVE_MM)
    phases = rng.uniform(0, 2 * np.pi, WAVES)
    noise = noise_mm * np.sqrt(2 / WAVES) * np.cos(fine @ waves.T + phases).sum(axis=1)
    vertices, simpler = pack.simplified(fine + normals(fine, triangles) * noise[:, None], triangles, wanted)
    used, local = np.unique(simpler, return_inverse=True)
    return np.asarray(vertices[used]), local.reshape(-1, 3).astype(np.int32)


def halved(points: Floats, faces: Faces) -> Mesh:
    """Every edge halved: the same surface in four times the triangles."""
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    unique, which = np.unique(edges, axis=0, return_inverse=True)
    middle = (which.reshape(-1, 3) + len(points)).astype(np.int32)
    (a, b, c), (ab, bc, ca) = faces.T, middle.T
    finer = np.concatenate([np.stack(corner, axis=1) for corner in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    return np.concatenate([points, points[unique].mean(axis=1)]), finer


def normals(points: Floats, faces: Faces) -> Floats:
    """Unit normals a vertex, weighted by area."""
    triangles = points[faces]
    across = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    total = np.zeros_like(points)
    for corner in range(3):
        np.add.at(total, faces[:, corner], across)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-20))


def truth(case: dict[str, Arch]) -> dict[int, Floats]:
    """FDI -> (stages, 4, 4): the motion of each tooth since stage 0, mm."""
    return {fdi: poses @ np.linalg.inv(poses[0]) for arch in case.values() for fdi, poses in arch.motions.items()}


def file_name(arch: str, stage: int) -> str:
    """A file an arch a stage."""
    return f"{WORDS[arch]}_stage_{stage:02d}.stl"


def whole(parts: dict[str, Mesh]) -> bytes:
    """One STL of all parts."""
    return stl.write(np.concatenate([corners(found) for found in parts.values()]))


def write(layout: int, out: Path) -> Path:
    """The ZIP a lab would send, in layout 1, 2 or 3."""
    case = made(DENSER if layout == 3 else 1.0)
    rng = np.random.default_rng([SEED, layout])
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, arch in case.items():
            for stage in range(LAST_STAGE + 1):
                parts = arch.parts_at(stage)
                if layout == 1:
                    files = {f"Stage_{stage:02d}/{part}.stl": stl.write(corners(found)) for part, found in parts.items()}
                elif layout == 2:
                    files = {file_name(name, stage): whole(parts)}
                else:
                    files = {file_name(name, stage): whole({part: meshed_anew(found, rng) for part, found in parts.items()})}
                for path, content in files.items():
                    entry = zipfile.ZipInfo(path, EARLIEST)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(entry, content, compresslevel=1)
    return out
