"""A setup package on its way through the steps: its report without any question, and the plan with what the package says exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.spatial.transform import Rotation

from meshes import package, pictures, teeth
from meshes.archive import Archive, Entry
from meshes.package import Package
from meshes.progress import Report

SAID: Final = "The setup package names its numbering."
LAYOUT: Final = 1
"""A package holds a mesh a tooth; what it says of stages needs no layout."""


def read(archive: Archive, entry: Entry, out: Path, report: Report, zip_bytes: int) -> dict[str, Any]:
    """The report of "read" for a package: `package` is true and no file waits for an answer. Raises BadFile for the first thing wrong."""
    found = package.load(archive, entry)
    models = package.Models(archive, found)
    about: dict[str, tuple[str, str, int | None]] = {tooth.mesh: ("tooth", tooth.arch, tooth.fdi) for tooth in found.teeth}
    about |= {mesh: ("gingiva", arch, None) for arch, meshes in found.gingiva.items() for mesh in meshes}
    rows: list[dict[str, Any]] = []
    sizes = {one.name: one.size for one in archive.entries}
    for index, (mesh, (part, arch, fdi)) in enumerate(about.items()):
        report("read", index, len(about), mesh)
        triangles = models.mesh(mesh)
        thumb = f"thumbs/{index:04d}.webp"
        (out / thumb).write_bytes(pictures.arch_thumbnail(triangles, arch))
        row = {"name": mesh, "size_bytes": sizes[mesh], "triangles": len(triangles), "kind": "stage", "part": part, "arch": arch}
        row |= {"stage": 0, "fdi": fdi, "number": None, "group": None}
        rows.append(row | {"confidence": 1.0, "reason": None, "refused": None, "thumb": thumb})
    models.check_sizes()
    report("read", len(about), len(about), None)
    numbering = {"system": found.numbering, "assumed": False, "why": SAID, "fits": [found.numbering]}
    return {
        "files": rows,
        "missing": [],
        "ends": [],
        "doubles": [],
        "ignored": [name for name in sizes if name not in about and name != entry.name],
        "layout": LAYOUT,
        "layout_refusal": None,
        "numbering": numbering,
        "unit": None,
        "package": True,
        "stages": found.stages,
        "counts": {key: len(found.plan[key]) for key in ("ipr", "attachments", "pontics", "extractions")},
        "bytes": {"zip": zip_bytes, "models": sum(row["size_bytes"] for row in rows)},
    }


def taken_out(extractions: Iterable[Mapping[str, int]], keys: Mapping[int, str]) -> dict[str, int]:
    """Key of a part -> the stage from which its tooth is out. extractions: as a package says them; keys: FDI -> key of the part."""
    return {keys[row["tooth"]]: row["before_stage"] for row in extractions if row["tooth"] in keys}


def complete(plan: dict[str, Any], found: Package) -> None:
    """Put the package's own poses, frames, numbers and movements into a built plan, and what it says beside the models.

    Poses of the plan place a part about its middle; those of the package place its mesh. Both say the same motion.
    """
    by_number = {tooth.fdi: tooth for tooth in found.teeth}
    frames = 0
    for part in plan["parts"]:
        tooth = by_number.get(part["fdi"] or 0)
        if tooth is None or part["kind"] != "tooth":
            continue
        part["fdi_confidence"] = 1.0
        middle = np.array(plan["poses"][part["key"]][0][:3])
        turned = Rotation.from_quat(tooth.poses[:, 3:])
        since = turned * turned[0].inv()
        shift = since.apply(middle - tooth.poses[0, :3]) + tooth.poses[:, :3]
        quaternions = since.as_quat()
        quaternions *= np.where(quaternions[:, 3:] < 0, -1.0, 1.0)
        plan["poses"][part["key"]] = np.concatenate([np.round(shift, 6), np.round(quaternions, 12)], axis=1).tolist()
        if tooth.frame is not None:
            plan["frames"][part["key"]] = np.round(tooth.frame, 9).tolist()
            frames += 1
    keys = {part["key"]: part["fdi"] for part in plan["parts"] if part["kind"] == "tooth"}
    if found.movements is not None:
        plan["movements"] = {key: found.movements[fdi] for key, fdi in keys.items() if fdi in found.movements}
    else:
        plan["movements"] = teeth.movements(teeth.tooth_motions(plan), keys)
    plan["movement_source"] = "lab" if found.movements is not None else "lab frames" if frames == len(found.teeth) else "computed"
    if found.movements is not None or frames == len(found.teeth):
        plan["reference_point"] = found.reference_point
    plan["package"] = found.plan


def says_a_package(archive: Archive) -> Entry | None:
    """The setup.json of a package; None when the ZIP has none, or one that another program wrote for itself."""
    entry = package.entry_of(archive)
    if entry is None or entry.size > package.MAX_JSON_BYTES:
        return entry
    value = package.parsed_or_refused(archive, entry)
    return entry if isinstance(value, dict) and ({"format", "teeth"} & value.keys()) else None
