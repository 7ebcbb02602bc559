"""Writes the example of docs/setup-package.md: setup.json, and setup-package.zip with it and its meshes. Invented teeth, free to use.

python docs/examples/setup-package/make.py
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

from demo.models.cases import CASES  # noqa: E402
from demo.models.expand import EARLIEST, Arch, Tooth, arch_at, finished_arch, world_pose  # noqa: E402
from meshes import stl  # noqa: E402
from meshes.pack import simplified  # noqa: E402

CASE: Final = CASES["crowding"]
STAGES: Final = {"upper": (0, 4, 7, 11, 14), "lower": (0, 5, 10, 14)}
"""Which stages of the demonstration case are taken."""

TOOTH_TRIANGLES: Final = 140
GUM_TRIANGLES: Final = 400


def main() -> None:
    files: dict[str, bytes] = {}
    teeth: list[dict[str, Any]] = []
    gingiva = []
    for name, chosen in STAGES.items():
        arch = finished_arch(name)
        teeth += [tooth_of(tooth, name, chosen, files) for tooth in arch.teeth]
        gingiva.append({"arch": name, "meshes": gums(arch, chosen, files)})
    setup = {
        "format": "midline-setup",
        "version": 1,
        "units": "mm",
        "frame": "LPS",
        "numbering": "FDI",
        "made_by": "docs/examples/setup-package/make.py",
        "reference_point": "crown centre",
        "stages": {arch: len(chosen) - 1 for arch, chosen in STAGES.items()},
        "teeth": teeth,
        "gingiva": gingiva,
        "ipr": [
            {"teeth": [41, 31], "amount_mm": 0.2, "before_stage": 2},
            {"teeth": [33, 32], "amount_mm": 0.15, "before_stage": 3},
        ],
        "attachments": [
            {"tooth": 13, "surface": "buccal", "shape": "rectangular, vertical", "size": "3 × 1 mm", "added_stage": 1},
            {"tooth": 33, "shape": "bevelled", "added_stage": 1, "removed_stage": 3},
        ],
        "pontics": [],
        "extractions": [{"tooth": 38, "before_stage": 0}],
        "wear_schedule": "7 days a stage, 22 hours a day",
        "notes": "An invented case.",
    }
    text = json.dumps(setup, ensure_ascii=False, indent=1)
    (HERE / "setup.json").write_text(folded(text) + "\n", encoding="utf-8")
    with zipfile.ZipFile(HERE / "setup-package.zip", "w") as archive:
        for name, data in {"setup.json": (HERE / "setup.json").read_bytes(), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, EARLIEST), data, zipfile.ZIP_DEFLATED)


def folded(text: str) -> str:
    """Lists of numbers on one line each."""
    out: list[str] = []
    for line in text.splitlines():
        plain = line.strip()
        if (
            out
            and (plain[:1].isdigit() or plain[:1] in "-]")
            and (out[-1].endswith("[") or out[-1][-1].isdigit() or out[-1].endswith(", "))
        ):
            out[-1] += plain + (" " if plain.endswith(",") and plain[:1] != "]" else "")
        else:
            out.append(line)
    return "\n".join(out)


def tooth_of(tooth: Tooth, arch: str, chosen: tuple[int, ...], files: dict[str, bytes]) -> dict[str, Any]:
    """A tooth with its mesh in its own axes, right-handed, and its place in the mouth at each stage."""
    flip = np.diag([np.sign(np.linalg.det(tooth.frame[:3, :3])), 1.0, 1.0, 1.0])
    points, faces = simplified((tooth.points @ flip[:3, :3]) * CASE.scale, tooth.faces.astype(np.int32), TOOTH_TRIANGLES)
    mesh = f"meshes/tooth_{tooth.fdi}.stl"
    files[mesh] = stl.write(points[faces].astype(np.float32))
    places = [world_pose(tooth, CASE, arch, stage) @ flip for stage in chosen]
    frame = places[0].copy()
    frame[:3, 3] = frame[:3, 3] * CASE.scale + frame[:3, :3] @ ((points.min(axis=0) + points.max(axis=0)) / 2)
    poses = [[*(place[:3, 3] * CASE.scale), *Rotation.from_matrix(place[:3, :3]).as_quat(canonical=True)] for place in places]
    return {"tooth": tooth.fdi, "mesh": mesh, "poses": np.round(poses, 7).tolist(), "frame": np.round(frame, 7).tolist()}


def gums(arch: Arch, chosen: tuple[int, ...], files: dict[str, bytes]) -> list[str]:
    """One gingiva a stage, in the same order: a coarse one whose vertices follow the nearest of the fine one."""
    count = len(arch.gum)
    stages = [arch_at(arch, CASE, stage)[:count] for stage in chosen]
    points, faces = simplified(stages[0], arch.gum_faces.astype(np.int32), GUM_TRIANGLES)
    nearest = cKDTree(stages[0]).query(points)[1]
    names = []
    for index, stage in enumerate(stages):
        name = f"meshes/{arch.name}_gingiva_{index}.stl"
        files[name] = stl.write((points + stage[nearest] - stages[0][nearest])[faces].astype(np.float32))
        names.append(name)
    return names


if __name__ == "__main__":
    main()
