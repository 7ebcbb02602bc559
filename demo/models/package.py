"""A case as a setup package (docs/setup-package.md): teeth in their own axes with their place at every stage, and what no model can say.

One tooth of each kind that a plan may lack: PONTIC is missing and its gap filled, EXTRACTED stands in the models until it is taken out.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.spatial.transform import Rotation

from demo.models.cases import CASES, Case
from demo.models.expand import EARLIEST, Arch, Points, Tooth, arch_at, finished_arch, staged_stl, world_pose

PONTIC: Final = 15
EXTRACTED: Final = (25, 3)
"""FDI, and the stage before which it is taken out."""


def expand_package(name: str, out: Path) -> Path:
    """Write the package of a case to `out` (a file name) and return it. name: a key of `cases.CASES`; KeyError otherwise."""
    case = CASES[name]
    files: dict[str, bytes] = {}
    arches = [finished_arch(arch_name) for arch_name in case.last_stage]
    setup = {
        "format": "midline-setup",
        "version": 1,
        "units": "mm",
        "frame": "LPS",
        "numbering": "FDI",
        "made_by": "Midline demonstration",
        "reference_point": "crown centre",
        "stages": case.last_stage,
        "teeth": [_tooth(tooth, arch, case, files) for arch in arches for tooth in arch.teeth if tooth.fdi != PONTIC],
        "gingiva": [{"arch": arch.name, "meshes": _gums(arch, case, files)} for arch in arches],
        "ipr": [],
        "attachments": [],
        "pontics": [{"tooth": PONTIC, "until_stage": None}],
        "extractions": [{"tooth": EXTRACTED[0], "before_stage": EXTRACTED[1]}],
        "notes": "",
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, content in {"setup.json": json.dumps(setup).encode(), **files}.items():
            entry = zipfile.ZipInfo(path, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out


def _tooth(tooth: Tooth, arch: Arch, case: Case, files: dict[str, bytes]) -> dict[str, Any]:
    """Frames of the patient's left are mirrored; a package's are right-handed, so those teeth are turned over with their axes."""
    mirrored = np.linalg.det(tooth.frame[:3, :3]) < 0
    flip = np.diag([-1.0 if mirrored else 1.0, 1.0, 1.0, 1.0])
    points: Points = tooth.points @ flip[:3, :3] * case.scale
    mesh = f"meshes/tooth_{tooth.fdi}.stl"
    files[mesh] = staged_stl(points, tooth.faces)
    places = [world_pose(tooth, case, arch.name, stage) @ flip for stage in range(case.last_stage[arch.name] + 1)]
    frame = places[0].copy()
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    frame[:3, 3] = places[0][:3, 3] * case.scale + places[0][:3, :3] @ middle
    poses = [[*(place[:3, 3] * case.scale), *Rotation.from_matrix(place[:3, :3]).as_quat(canonical=True)] for place in places]
    return {"tooth": tooth.fdi, "mesh": mesh, "poses": np.round(poses, 7).tolist(), "frame": np.round(frame, 7).tolist()}


def _gums(arch: Arch, case: Case, files: dict[str, bytes]) -> list[str]:
    """One gingiva a stage, with the same vertices in the same order; closed where no tooth stands, or will."""
    loops = [_socket(arch, tooth) for tooth in arch.teeth if tooth.fdi in {PONTIC, EXTRACTED[0]}]
    lids = [[(one, other, len(arch.gum) + n) for one, other in loop] for n, loop in enumerate(loops)]
    faces = np.concatenate([arch.gum_faces, *(np.array(lid, dtype=np.int64) for lid in lids)])
    names = []
    for stage in range(case.last_stage[arch.name] + 1):
        name = f"meshes/{arch.name}_gingiva_{stage:02d}.stl"
        points = arch_at(arch, case, stage)[: len(arch.gum)]
        middles = [points[[one for one, _other in loop]].mean(axis=0) for loop in loops]
        files[name] = staged_stl(np.concatenate([points, *(middle[None] for middle in middles)]), faces)
        names.append(name)
    return names


def _socket(arch: Arch, tooth: Tooth) -> list[tuple[int, int]]:
    """The edges of the hole that the gingiva leaves for a tooth, turned so that a lid over it faces as the gingiva does."""
    edges = {(int(face[n]), int(face[(n + 1) % 3])) for face in arch.gum_faces for n in range(3)}
    after = {other: one for one, other in edges if (other, one) not in edges}
    place = tooth.frame[:3, 3]
    nearest = min(after, key=lambda point: float(np.linalg.norm(arch.gum[point] - place)))
    loop, here = [], nearest
    while True:
        loop.append((here, after[here]))
        here = after[here]
        if here == nearest:
            return loop
