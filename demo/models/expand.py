"""From the compact data to what a lab would send: a ZIP of staged arch STLs, or one scan. Runtime requirements only.

Portal frame, mm. The numbers here are exact inputs of the import, so its results can be checked against them.
"""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from demo.models.anatomy import Matrix, finished_places
from demo.models.cases import CASES, Case, Start
from meshes import stl
from meshes.pack import simplified

Points = npt.NDArray[np.float64]
Faces = npt.NDArray[np.int64]

DATA: Final = Path(__file__).parent / "data"
GRID_MM: Final = 0.002
SCAN_TRIANGLES: Final = 40_000
BITE_FROM_MM: Final = 4.0
EARLIEST: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Tooth:
    """One tooth of the finished arch. points: (n, 3) in its frame; mesial: +1, or -1 where the frame is mirrored."""

    fdi: int
    frame: Matrix
    points: Points
    faces: Faces


@dataclass(frozen=True)
class Arch:
    """Teeth in order along the arch, and the gingiva with the teeth that pull each of its vertices and how strongly (0..1)."""

    name: str
    teeth: tuple[Tooth, ...]
    gum: Points
    gum_faces: Faces
    pulled_by: npt.NDArray[np.uint8]
    pull: npt.NDArray[np.float64]

    @property
    def faces(self) -> Faces:
        """All faces, gingiva first, numbered through."""
        parts, offset = [self.gum_faces], len(self.gum)
        for tooth in self.teeth:
            parts.append(tooth.faces + offset)
            offset += len(tooth.points)
        return np.concatenate(parts)


@cache
def finished_arch(name: str) -> Arch:
    """The arch as it would stand without any displacement."""
    crowns = np.load(DATA / f"{name}_teeth.npz")
    gum = np.load(DATA / f"{name}_gingiva.npz")
    teeth = []
    for place in finished_places(name):
        digit = place.fdi % 10
        faces = crowns[f"f_{digit}"].astype(np.int64)
        if np.linalg.det(place.frame[:3, :3]) < 0:
            faces = faces[:, ::-1]
        teeth.append(Tooth(place.fdi, place.frame, crowns[f"v_{digit}"] * GRID_MM, faces))
    pull = gum["pull"].astype(np.float64) / 255
    return Arch(name, tuple(teeth), gum["v"] * GRID_MM, gum["f"].astype(np.int64), gum["pulled_by"], pull)


def displacement(start: Start, share: float, height: float) -> Matrix:
    """4x4 in the tooth's frame: `share` of a displacement, turning about the middle of a crown `height` mm tall.

    x mesial, y buccal, z occlusal; in these axes (right-handed or mirrored alike) the turns keep their meaning.
    """
    tip, torque, rotation = (np.radians(angle) * share for angle in (start.tip_deg, start.torque_deg, start.rotation_deg))
    turn: Matrix = np.asarray(Rotation.from_rotvec([-torque, tip, rotation]).as_matrix(), dtype=np.float64)
    centre = np.array([0.0, 0.0, height / 2])
    out = np.eye(4)
    out[:3, :3] = turn
    out[:3, 3] = centre - turn @ centre + share * np.array([start.mesial_mm, start.buccal_mm, start.occlusal_mm])
    return out


def eased(stage: int, last_stage: int, start: Start) -> float:
    """How much of its way a tooth has gone, 0..1: at rest, then smoothly between its first and last stage."""
    at = (stage / max(last_stage, 1) - start.first) / max(start.last - start.first, 1e-9)
    at = min(max(at, 0.0), 1.0)
    return at * at * (3 - 2 * at)


def world_pose(tooth: Tooth, case: Case, arch: str, stage: int) -> Matrix:
    """4x4 from the tooth's frame to the world, without the case's scale."""
    start, end = case.starts.get(tooth.fdi, Start()), case.ends.get(tooth.fdi, Start())
    gone = eased(stage, case.last_stage[arch], start)
    height = float(tooth.points[:, 2].max())
    return np.asarray(tooth.frame @ displacement(end, gone, height) @ displacement(start, 1 - gone, height))


def arch_at(arch: Arch, case: Case, stage: int) -> Points:
    """(n, 3) mm: the vertices of a whole arch at a stage, gingiva first, as `Arch.faces` numbers them."""
    parts: list[Points] = []
    pulled = np.zeros_like(arch.gum)
    for index, tooth in enumerate(arch.teeth):
        pose = world_pose(tooth, case, arch.name, stage)
        parts.append(tooth.points @ pose[:3, :3].T + pose[:3, 3])
        motion = pose @ np.linalg.inv(tooth.frame)
        if not np.allclose(motion, np.eye(4), atol=1e-12):
            rows, columns = np.nonzero(arch.pulled_by == index)
            points = arch.gum[rows]
            pulled[rows] += arch.pull[rows, columns, None] * (points @ motion[:3, :3].T + motion[:3, 3] - points)
    return np.concatenate([arch.gum + pulled, *parts]) * case.scale


def staged_stl(vertices: Points, faces: Faces) -> bytes:
    """Binary STL with a neutral header; normals are left zero, which readers compute themselves."""
    records = np.zeros(len(faces), stl.RECORD)
    records["corners"] = vertices.astype("<f4")[faces]
    return stl.NEUTRAL_HEADER + struct.pack("<I", len(faces)) + records.tobytes()


def expand_case(name: str, out: Path) -> Path:
    """Write the ZIP of a case to `out` (a file name) and return it: one STL an arch a stage, same vertex order throughout.

    name: a key of `cases.CASES`; KeyError otherwise.
    """
    case = CASES[name]
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for arch_name, last in case.last_stage.items():
            arch = finished_arch(arch_name)
            for stage in range(last + 1):
                entry = zipfile.ZipInfo(case.names[arch_name].format(stage=stage), EARLIEST)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, staged_stl(arch_at(arch, case, stage), arch.faces))
    return out


def true_poses(name: str) -> dict[int, list[Matrix]]:
    """FDI -> 4x4 a stage, mm: the motion of each tooth since stage 0, to compare an import with."""
    case = CASES[name]
    out: dict[int, list[Matrix]] = {}
    for arch_name, last in case.last_stage.items():
        for tooth in finished_arch(arch_name).teeth:
            begin = np.linalg.inv(world_pose(tooth, case, arch_name, 0))
            poses = [world_pose(tooth, case, arch_name, stage) @ begin for stage in range(last + 1)]
            for pose in poses:
                pose[:3, 3] *= case.scale
            out[tooth.fdi] = poses
    return out


def scan_stl(arch: str, case: str = "crowding") -> bytes:
    """A scan as it comes with an order: “upper”, “lower”, or “bite” (both arches, right side), about SCAN_TRIANGLES triangles."""
    plan = CASES[case]
    pieces: list[tuple[Points, Any]] = []
    for name in ("upper", "lower") if arch == "bite" else (arch,):
        model = finished_arch(name)
        vertices, faces = arch_at(model, plan, 0), model.faces
        if arch == "bite":
            faces = faces[(vertices[faces][:, :, 0] < -BITE_FROM_MM).all(axis=1)]
        pieces.append(simplified(vertices, faces.astype(np.int32), SCAN_TRIANGLES if arch != "bite" else SCAN_TRIANGLES // 2))
    return stl.write(np.concatenate([vertices[faces] for vertices, faces in pieces]).astype(np.float32))
