"""The steps the portal calls, each as one function from paths to files. `python -m meshes` runs them in a child process."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.spatial.transform import Rotation

from meshes import building, reading, scan
from meshes.errors import BadFile
from meshes.progress import Report, silent

CHILD_CPU_SECONDS: Final = 120.0
CHILD_CPU_SECONDS_PER_FILE: Final = 1.5


def read(path: Path, out: Path, report: Report = silent, *, shown_as: str | None = None) -> dict[str, Any]:
    """Step 1: what is in the ZIP. Writes out/report.json and out/thumbs. Raises BadFile when the ZIP is refused as a whole."""
    found = reading.read_archive(path, out, report, shown_as=shown_as)
    write_json(out / "report.json", found)
    return found


def build(path: Path, mapping: Any, out: Path, report: Report = silent, *, shown_as: str | None = None) -> dict[str, Any]:
    """Step 2: the packed models and plan.json. mapping: [{name, arch, stage}]. Raises BadFile, PackingFailed."""
    plan = building.build(path, mapping, out, report, shown_as=shown_as)
    write_json(out / "plan.json", plan)
    return plan


def read_scan(path: Path, out: Path, report: Report = silent, *, shown_as: str | None = None) -> dict[str, Any]:
    """One scan of an order's records. Writes out/report.json, thumb.webp, preview.glb. Raises PackingFailed."""
    found = scan.read_scan(path, out, report, shown_as=shown_as)
    write_json(out / "report.json", found)
    return found


def proposed_mapping(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The mapping a technician gets by confirming every proposal; refused files and files without a place are left out."""
    rows = []
    for row in found["files"]:
        if row["refused"] is not None or row["arch"] is None or row["stage"] is None:
            continue
        mapped = {"name": row["name"], "arch": row["arch"], "stage": row["stage"]}
        if found["unit"]:
            mapped["scale"] = found["unit"]["fits"][0]["factor"]
        if row["part"] != "arch":
            mapped |= {"kind": row["kind"], "part": row["part"], "fdi": row["fdi"], "group": row["group"]}
        rows.append(mapped)
    return rows


def check(path: Path, out: Path | None = None) -> dict[str, Any]:
    """Both steps with every proposal confirmed, as one summary for people and scripts (README, "check").

    Raises BadFile for the first file or layout that would stop an import.
    """
    started = time.process_time()
    with tempfile.TemporaryDirectory(prefix="midline-check-") as name:
        folder = out or Path(name)
        found = read(path, folder)
        for row in found["files"]:
            if row["refused"]:
                raise BadFile(row["name"], row["refused"]["reason"], row["refused"]["remedy"])
        if found["layout_refusal"]:
            raise BadFile(path.name, found["layout_refusal"], "")
        plan = build(path, proposed_mapping(found), folder)
    teeth = [part for part in plan["parts"] if part["kind"] == "tooth"]
    shown = {part["key"]: str(part["fdi"]) if part["fdi"] is not None else part["key"] for part in teeth}
    known = "assumed" if found["numbering"]["assumed"] else "named"
    return {
        "layout": found["layout"],
        "arches": {arch: {"stages": last + 1} for arch, last in plan["stages"].items()},
        "teeth": {
            shown[p["key"]]: {"arch": p["arch"], "number": known if p["fdi"] else "unknown", "confidence": p["fdi_confidence"]}
            for p in teeth
        },
        "numbering": found["numbering"]["system"],
        "numbers": found["numbering"]["why"],
        "package": found["package"],
        "poses": {shown[part["key"]]: relative_poses(plan["poses"][part["key"]], np.asarray(plan["turn"])) for part in teeth},
        "full_bytes": plan["bytes"]["full_br"],
        "preview_bytes": plan["bytes"]["preview_br"],
        "error_um": {key: plan["error_um"][key] for key in ("teeth_max", "gingiva_max")},
        "notes": plan["notes"],
        "cpu_s": round(time.process_time() - started + children_cpu(), 2),
    }


def relative_poses(poses: list[list[float]], turn: Any) -> list[list[list[float]]]:
    """4x4 a stage, mm: the motion since stage 0 in the coordinates of the exported files."""
    rows = np.asarray(poses, dtype=np.float64)
    turned = Rotation.from_quat(rows[:, 3:])
    since = (turned * turned[0].inv()).as_matrix()
    shift = rows[:, :3] - since @ rows[0, :3]
    out = np.tile(np.eye(4), (len(rows), 1, 1))
    out[:, :3, :3] = turn.T @ since @ turn
    out[:, :3, 3] = shift @ turn
    rounded: list[list[list[float]]] = np.round(out, 9).tolist()
    return rounded


def children_cpu() -> float:
    """CPU seconds of the Node processes this process has waited for."""
    times = os.times()
    return times.children_user + times.children_system


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False), encoding="utf-8")
