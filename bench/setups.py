"""`make bench-setups`: how small, how true and how costly an imported setup is, beside gltfpack on each stage by itself.

Imports the three staged cases of the demonstration, and any ZIP named as an argument, by the portal's steps: `python -m meshes check` in a
process of its own. Poses are compared with those the case was made from; for a ZIP, with --truth: {"transforms": {FDI: [4x4, …]}} as JSON.
"""

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

from bench import report
from demo.models.expand import expand_case, true_poses
from meshes import glb, pack, stl, weld

NAME: Final = "bench-setups"
CASES: Final = ("crowding", "spacing", "crossbite")
Matrices = npt.NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zip", type=Path, nargs="*", help="further ZIPs of staged models")
    parser.add_argument("--truth", type=Path, help="the true poses of the one ZIP that was named")
    chosen = parser.parse_args()
    found: dict[str, Any] = {"machine": report.machine(), "rows": []}
    with tempfile.TemporaryDirectory(prefix="midline-bench-") as name:
        folder = Path(name)
        for case in CASES:
            archive = expand_case(case, folder / f"{case}.zip")
            truth = {fdi: np.asarray(poses) for fdi, poses in true_poses(case).items()}
            found["rows"].append(measured(case, archive, truth, folder / case))
            told(found["rows"][-1])
        for archive in chosen.zip:
            truth = given_truth(chosen.truth) if chosen.truth and len(chosen.zip) == 1 else {}
            found["rows"].append(measured(archive.stem, archive, truth, folder / archive.stem))
            told(found["rows"][-1])
    report.keep("setups", found)
    report.show(NAME, section(found))
    return 0


def measured(name: str, archive: Path, truth: dict[int, Matrices], out: Path) -> dict[str, Any]:
    """One import and its rival. Raises CalledProcessError when the import refuses the ZIP."""
    before, began = os.times(), time.monotonic()
    words = [sys.executable, "-m", "meshes", "check", str(archive), "--json", "--out", str(out)]
    said = subprocess.run(words, cwd=report.ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    wall, after = time.monotonic() - began, os.times()
    summary, plan = json.loads(said), json.loads((out / "plan.json").read_text(encoding="utf-8"))
    error_mm, error_deg = pose_errors(summary, plan, truth)
    return {
        "case": name,
        "stages": {arch: about["stages"] for arch, about in summary["arches"].items()},
        "triangles": plan["triangles"]["original"],
        "zip_bytes": archive.stat().st_size,
        "full_bytes": summary["full_bytes"],
        "preview_bytes": summary["preview_bytes"],
        "teeth_max_um": summary["error_um"]["teeth_max"],
        "gingiva_max_um": summary["error_um"]["gingiva_max"],
        "pose_max_mm": error_mm,
        "pose_max_deg": error_deg,
        "import_cpu_s": round(after.children_user + after.children_system - before.children_user - before.children_system, 2),
        "import_wall_s": round(wall, 2),
        **rival(archive, json.loads((out / "report.json").read_text(encoding="utf-8"))),
    }


def pose_errors(summary: dict[str, Any], plan: dict[str, Any], truth: dict[int, Matrices]) -> tuple[float | None, float | None]:
    """The largest error over teeth and stages: of the tooth's centre in mm, of its turn in degrees; None without truth.

    Raises KeyError when a tooth that moved was not found, so that a lost tooth is no small error.
    """
    if not truth:
        return None, None
    turn = np.asarray(plan["turn"])
    centres = {part["fdi"]: np.asarray(plan["poses"][part["key"]][0][:3]) @ turn for part in plan["parts"] if part["kind"] == "tooth"}
    furthest, widest = 0.0, 0.0
    for fdi, poses in truth.items():
        true = poses @ np.linalg.inv(poses[0])
        found = np.asarray(summary["poses"][str(fdi)])
        centre = np.append(centres[fdi], 1.0)
        furthest = max(furthest, float(np.linalg.norm(((found - true) @ centre)[:, :3], axis=1).max()))
        between = found[:, :3, :3] @ true[:, :3, :3].transpose(0, 2, 1)
        # The sine of a small angle is exact where its cosine is not.
        sines = np.stack([between[:, i, j] - between[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))], axis=1) / 2
        widest = max(widest, float(np.degrees(np.arcsin(np.clip(np.linalg.norm(sines, axis=1), 0, 1))).max()))
    return float(f"{furthest:.2g}"), float(f"{widest:.2g}")


def given_truth(path: Path) -> dict[int, Matrices]:
    return {int(fdi): np.asarray(poses) for fdi, poses in json.loads(path.read_text(encoding="utf-8"))["transforms"].items()}


def rival(archive: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Every stage as a file of its own, packed by gltfpack with our options and compressed by brotli: what a viewer without parts loads."""
    plain = served = 0
    before, began = os.times(), time.monotonic()
    with zipfile.ZipFile(archive) as opened:
        for row in about["files"]:
            triangles = stl.parse(opened.read(row["name"]), row["name"])
            corners, faces = weld.weld([triangles])
            poses = np.array([[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]])
            vertices = weld.vertices_at(triangles, corners).astype(np.float64)
            packed = pack.packed(glb.write([glb.Piece("stage", str(row["arch"]), "tooth", vertices, faces, poses)], 1))
            plain += len(packed)
            served += len(pack.compressed(packed))
    after = os.times()
    return {
        "rival_packed_bytes": plain,
        "rival_bytes": served,
        "rival_cpu_s": round(sum(after[:4]) - sum(before[:4]), 2),
        "rival_wall_s": round(time.monotonic() - began, 2),
    }


def told(row: dict[str, Any]) -> None:
    print(
        f"{row['case']:12s} full {row['full_bytes']:,} preview {row['preview_bytes']:,} rival {row['rival_bytes']:,} bytes, "
        f"teeth {row['teeth_max_um']} µm, gingiva {row['gingiva_max_um']} µm, poses {row['pose_max_mm']} mm {row['pose_max_deg']}°, "
        f"CPU {row['import_cpu_s']} s",
        flush=True,
    )


def section(found: dict[str, Any]) -> str:
    """The table of docs/performance.md."""
    heads = ["case", "stages", "triangles", "ZIP MB", "full KB", "preview KB", "each stage by itself, KB", "smaller by", "teeth µm",
             "gingiva µm", "pose mm", "pose °", "CPU s", "wall s"]  # fmt: skip
    rows = [
        [
            row["case"],
            " / ".join(str(count) for count in row["stages"].values()),
            f"{row['triangles']:,}",
            f"{row['zip_bytes'] / 1e6:.1f}",
            f"{row['full_bytes'] / 1000:.0f}",
            f"{row['preview_bytes'] / 1000:.1f}",
            f"{row['rival_bytes'] / 1000:,.0f}",
            f"{row['rival_bytes'] / row['full_bytes']:.1f} ×",
            row["teeth_max_um"],
            row["gingiva_max_um"],
            "–" if row["pose_max_mm"] is None else f"{row['pose_max_mm']:.6f}",
            "–" if row["pose_max_deg"] is None else f"{row['pose_max_deg']:.6f}",
            row["import_cpu_s"],
            row["import_wall_s"],
        ]
        for row in found["rows"]
    ]
    return f"{report.said(found['machine'])}\n\n{report.table(heads, rows, 2)}"


if __name__ == "__main__":
    sys.exit(main())
