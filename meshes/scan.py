"""One scan as it is uploaded: checked by content, pictured, and made small enough to look at in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np

from meshes import formats, glb, pack, pictures
from meshes.archive import MAX_FILE_BYTES, Archive
from meshes.arrays import Faces, Points
from meshes.errors import BadFile
from meshes.glb import Piece
from meshes.progress import Report
from meshes.shapes import ARCH_RANGE, MAX_ARCH_MM, MIN_ARCH_MM, facing

FORMATS: Final = {".stl": "STL", ".ply": "PLY", ".obj": "OBJ"}
SHOWN_TRIANGLES: Final = 60_000
PICTURE_SIZE: Final = (520, 400)
ONE_BY_ONE: Final = "Upload STL, PLY or OBJ files one by one."


def read_scan(path: Path, out: Path, report: Report, *, shown_as: str | None = None) -> dict[str, Any]:
    """Check one scan; write thumb.webp and preview.glb (with .br) to `out`; returns the report of README, "scan".

    A ZIP is read when it holds exactly one model. A refused file is returned as `refused`, not raised, so that the
    page can show it beside the others. Raises PackingFailed when gltfpack cannot run.
    """
    out.mkdir(parents=True, exist_ok=True)
    name = shown_as or path.name
    report("read", 0, 1, name)
    try:
        kind, vertices, faces = load(path, name)
    except BadFile as refused:
        return {"format": None, "triangles": None, "box_mm": None, "unit_warning": None, "refused": refused.as_refusal()}
    report("read", 1, 1, name)
    box = vertices.max(axis=0) - vertices.min(axis=0)
    view = "lower" if facing(vertices[faces].astype(np.float32)) > 0 else "upper"
    report("pack", 0, 2, name)
    solid = pictures.Solid(vertices, faces, pictures.PLASTER, 0.08)
    (out / "thumb.webp").write_bytes(pictures.webp(pictures.render([solid], view, *PICTURE_SIZE)))
    report("pack", 1, 2, name)
    shown = web_model(vertices, faces)
    (out / "preview.glb").write_bytes(shown)
    (out / "preview.glb.br").write_bytes(pack.compressed(shown))
    report("pack", 2, 2, name)
    return {
        "format": kind,
        "triangles": len(faces),
        "box_mm": [round(float(side), 2) for side in box],
        "unit_warning": unit_warning(float(box.max())),
        "refused": None,
    }


def load(path: Path, name: str) -> tuple[str, Points, Faces]:
    """(format, vertices, faces) of one scan. Raises BadFile."""
    ending = Path(name).suffix.lower()
    if ending == ".zip":
        return from_zip(path, name)
    if ending not in FORMATS:
        raise BadFile(name, f"Scans are STL, PLY or OBJ; this name ends in “{ending or 'nothing'}”.", "Export the scan as STL.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise BadFile(
            name,
            f"It has {path.stat().st_size / 1e6:,.0f} MB; {MAX_FILE_BYTES // 1_000_000} MB is the limit.",
            "Export it with fewer triangles.",
        )
    return (FORMATS[ending], *formats.load(path.read_bytes(), name))


def from_zip(path: Path, name: str) -> tuple[str, Points, Faces]:
    with Archive(path, shown_as=name) as archive:
        models = [entry for entry in archive.entries if Path(entry.name).suffix.lower() in FORMATS]
        if len(models) != 1:
            raise BadFile(name, f"The ZIP holds {len(models)} models; a ZIP is read as one scan when it holds exactly one.", ONE_BY_ONE)
        ending = Path(models[0].name).suffix.lower()
        return (FORMATS[ending], *formats.load(archive.read(models[0]), models[0].name))


def unit_warning(longest_mm: float) -> str | None:
    """A question, not a refusal: a scan may hold less than an arch."""
    if MIN_ARCH_MM <= longest_mm <= MAX_ARCH_MM:
        return None
    return f"The scan is {longest_mm:,.3g} mm across; an arch measures {ARCH_RANGE}. Check that it was exported in millimetres."


def web_model(vertices: Points, faces: Faces) -> bytes:
    """A packed GLB with one node `scan`, at most about SHOWN_TRIANGLES triangles, in the scan's own coordinates."""
    if len(faces) > SHOWN_TRIANGLES:
        vertices, faces = pack.simplified(vertices, faces, SHOWN_TRIANGLES)
    centre = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    pose = np.array([[*centre, 0.0, 0.0, 0.0, 1.0]])
    return pack.packed(glb.write([Piece("scan", "", "scan", vertices - centre, faces, pose)], 1))
