"""Real teeth through the import, in all three layouts of an export, as a check beside the product.

    MIDLINE_OPENMANDIBLE=FOLDER python -m bench.realteeth [--layout 1|2|3 …] [--keep FOLDER]

The folder holds `tooth_NN.stl` (each in its own frame), `gingiva_synthetic_L.stl` and `transforms.json` ({"transforms": {FDI: [4x4 a
stage]}, "frames": {FDI: {"frame": 4x4}}}, mm): crowns from the OpenMandible project with invented movements. They are GPL-3.0 data: read
from where they lie, never copied into this repository. The teeth are staged here, imported by `python -m meshes check`, and compared with
the movements they were staged by. Exit code 1 when a promise is broken.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from bench import report
from meshes import pack, stl, weld

SETTING: Final = "MIDLINE_OPENMANDIBLE"
LAYOUTS: Final = {1: "a file a tooth a stage", 2: "a file an arch a stage", 3: "meshed anew at each stage"}
POSE_MM: Final = 0.01
POSE_DEG: Final = 0.05
TEETH_UM: Final = 5.0
GINGIVA_UM: Final = 20.0
NOISE_MM: Final = 0.003
KEPT: Final = (0.75, 0.90)
"""Of its triangles, a stage that is meshed anew keeps a share between these."""

PULL_MM: Final = 2.2
Floats = npt.NDArray[np.float64]
Mesh = tuple[Floats, npt.NDArray[np.int32]]


class RealTeeth:
    """The teeth and the gingiva, and where they stand at each stage."""

    def __init__(self, folder: Path) -> None:
        known = json.loads((folder / "transforms.json").read_text(encoding="utf-8"))
        self.frames = {int(fdi): np.asarray(about["frame"]) for fdi, about in known["frames"].items()}
        self.motions = {int(fdi): np.asarray(poses) for fdi, poses in known["transforms"].items()}
        self.teeth = {fdi: mesh(folder / f"tooth_{fdi}.stl") for fdi in self.motions}
        self.gingiva = mesh(folder / "gingiva_synthetic_L.stl")
        self.stages = len(next(iter(self.motions.values())))
        standing = {fdi: moved(points, self.frames[fdi]) for fdi, (points, _) in self.teeth.items()}
        self._pull = {}
        for fdi, points in standing.items():
            distance = cKDTree(points).query(self.gingiva[0])[0]
            self._pull[fdi] = np.exp(-((distance / PULL_MM) ** 2)) * (distance < 3 * PULL_MM)

    def tooth_at(self, fdi: int, stage: int) -> Mesh:
        points, faces = self.teeth[fdi]
        return moved(points, self.motions[fdi][stage] @ self.frames[fdi]), faces

    def gingiva_at(self, stage: int) -> Mesh:
        """Pulled along by the teeth beside it."""
        points, faces = self.gingiva
        shift, weight = np.zeros_like(points), np.zeros(len(points))
        for fdi, pull in self._pull.items():
            shift += pull[:, None] * (moved(points, self.motions[fdi][stage]) - points)
            weight += pull
        return points + shift / np.maximum(weight, 1.0)[:, None], faces

    def since_start(self, fdi: int) -> Floats:
        """(stages, 4, 4): the tooth's motion since stage 0 in the coordinates of the export."""
        poses = self.motions[fdi]
        return np.asarray(poses @ np.linalg.inv(poses[0]))


def mesh(path: Path) -> Mesh:
    triangles = stl.parse(path.read_bytes(), path.name)
    corner, faces = weld.weld([triangles])
    return weld.vertices_at(triangles, corner).astype(np.float64), faces


def moved(points: Floats, pose: Floats) -> Floats:
    return np.asarray(points @ pose[:3, :3].T + pose[:3, 3])


def corners(found: Mesh) -> npt.NDArray[np.float32]:
    """(m, 3, 3) mm."""
    return found[0].astype(np.float32)[found[1]]


def staged(teeth: RealTeeth, layout: int, out: Path) -> Path:
    """The ZIP a lab would send."""
    rng = np.random.default_rng(layout)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for stage in range(teeth.stages):
            parts = {f"Tooth_{fdi}": teeth.tooth_at(fdi, stage) for fdi in sorted(teeth.teeth)} | {
                "Mandibular_gingiva": teeth.gingiva_at(stage)
            }
            if layout == 3:
                parts = {name: meshed_anew(found, rng) for name, found in parts.items()}
            if layout == 1:
                for name, found in parts.items():
                    archive.writestr(f"Stage_{stage:02d}/{name}.stl", stl.write(corners(found)))
            else:
                archive.writestr(f"Mandible_stage_{stage:02d}.stl", stl.write(np.concatenate([corners(found) for found in parts.values()])))
    return out


def meshed_anew(found: Mesh, rng: np.random.Generator) -> Mesh:
    """Other vertices and triangles for the same surface: scanner's noise, then simplified in a frame turned at random."""
    points, faces = found
    turn = Rotation.from_quat(rng.normal(size=4)).as_matrix()
    noisy = (points + rng.normal(0, NOISE_MM, points.shape)) @ turn.T
    vertices, triangles = pack.simplified(noisy, faces, round(len(faces) * rng.uniform(*KEPT)))
    return vertices @ turn, triangles


def measured(teeth: RealTeeth, layout: int, folder: Path) -> dict[str, Any]:
    """One layout: what the import found beside what is true. Raises CalledProcessError when it refuses the ZIP."""
    archive = staged(teeth, layout, folder / f"layout_{layout}.zip")
    out = folder / f"layout_{layout}"
    before, began = os.times(), time.monotonic()
    words = [sys.executable, "-m", "meshes", "check", str(archive), "--json", "--out", str(out)]
    said = subprocess.run(words, cwd=report.ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    wall, after = time.monotonic() - began, os.times()
    summary = json.loads(said)
    found = {int(number): np.asarray(poses) for number, poses in summary["poses"].items() if number.isdigit()}
    furthest, widest = 0.0, 0.0
    for fdi in sorted(found.keys() & teeth.teeth.keys()):
        true, points = teeth.since_start(fdi), teeth.tooth_at(fdi, 0)[0]
        for stage in range(teeth.stages):
            furthest = max(furthest, float(np.linalg.norm(moved(points, found[fdi][stage]) - moved(points, true[stage]), axis=1).max()))
            turn = Rotation.from_matrix(found[fdi][stage][:3, :3] @ true[stage][:3, :3].T)
            widest = max(widest, float(np.degrees(turn.magnitude())))
    return {
        "layout": layout,
        "found_layout": summary["layout"],
        "numbers": sorted(found),
        "unsure": sorted(int(number) for number, about in summary["teeth"].items() if about["confidence"] < 0.9),
        "pose_max_mm": round(furthest, 5),
        "pose_max_deg": round(widest, 5),
        "error_um": summary["error_um"],
        "full_bytes": summary["full_bytes"],
        "preview_bytes": summary["preview_bytes"],
        "zip_bytes": archive.stat().st_size,
        "notes": summary["notes"],
        "cpu_s": round(after.children_user + after.children_system - before.children_user - before.children_system, 1),
        "wall_s": round(wall, 1),
    }


def broken(teeth: RealTeeth, row: dict[str, Any]) -> list[str]:
    """The promises that a row breaks. What is meshed anew has no vertices of its own to compare; its surfaces differ by the meshing."""
    said = []
    if row["found_layout"] != row["layout"]:
        said.append(f"read as layout {row['found_layout']}")
    if row["numbers"] != sorted(teeth.teeth):
        said.append(f"teeth {row['numbers']} instead of {sorted(teeth.teeth)}")
    if row["pose_max_mm"] > POSE_MM or row["pose_max_deg"] > POSE_DEG:
        said.append(f"poses {row['pose_max_mm']} mm, {row['pose_max_deg']}°")
    if row["layout"] != 3 and (row["error_um"]["teeth_max"] > TEETH_UM or row["error_um"]["gingiva_max"] > GINGIVA_UM):
        said.append(f"shown within {row['error_um']} µm")
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layout", type=int, choices=sorted(LAYOUTS), nargs="*", default=sorted(LAYOUTS))
    parser.add_argument("--keep", type=Path, help="keep the ZIPs and what was built from them here")
    chosen = parser.parse_args()
    if not os.environ.get(SETTING):
        print(f"Set {SETTING} to the folder of the teeth.")
        return 2
    teeth = RealTeeth(Path(os.environ[SETTING]))
    failed = False
    with tempfile.TemporaryDirectory(prefix="midline-realteeth-") as name:
        folder = chosen.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for layout in chosen.layout:
            row = measured(teeth, layout, folder)
            said = broken(teeth, row)
            failed |= bool(said)
            print(json.dumps(row | {"broken": said}, ensure_ascii=False), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
