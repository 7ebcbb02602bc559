"""The confirmed mapping, and the stages of one arch as one array of vertices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from meshes import layout, weld
from meshes.archive import Archive, Entry
from meshes.arrays import Faces, Positions, bounds
from meshes.errors import BadFile
from meshes.names import LOWER, MAX_STAGE, UPPER
from meshes.progress import Report
from meshes.reading import triangles_of
from meshes.shapes import ARCH_RANGE, MAX_ARCH_MM, MIN_ARCH_MM
from meshes.stl import Triangles

ARCHES: Final = (UPPER, LOWER)
MAX_POSITION_BYTES: Final = 600_000_000


@dataclass(frozen=True)
class Staged:
    """positions: (stages, n, 3) float32 mm; faces: (m, 3)."""

    arch: str
    positions: Positions
    faces: Faces


@dataclass(frozen=True)
class Mapping:
    """arch -> its files in order of stage; first_stage: the lowest number used, which becomes stage 0."""

    files: dict[str, list[str]]
    first_stage: int


def checked_mapping(rows: Any, archive: Archive) -> Mapping:
    """The technician's mapping [{name, arch, stage}], complete and free of contradictions.

    Raises BadFile, naming the file, for an unknown file or arch, a stage given twice or a gap in the stages.
    """
    known = {entry.name for entry in archive.entries}
    claims: dict[str, dict[int, str]] = defaultdict(dict)
    if not isinstance(rows, list) or not rows:
        raise BadFile(archive.name, "No file is mapped to an arch and a stage.", "Give at least one file an arch and a stage.")
    for row in rows:
        name, arch, stage = (row.get(key) for key in ("name", "arch", "stage")) if isinstance(row, dict) else (None, None, None)
        shown = str(name)
        if name not in known:
            raise BadFile(shown, "The ZIP holds no file of this name.", "Read the ZIP again and confirm the mapping.")
        if arch not in ARCHES:
            raise BadFile(shown, f"Its arch is “{arch}”; an arch is upper or lower.", "Choose Upper or Lower.")
        if not isinstance(stage, int) or isinstance(stage, bool) or not 0 <= stage <= MAX_STAGE:
            raise BadFile(
                shown, f"Its stage is “{stage}”; a stage is a whole number from 0 to {MAX_STAGE}.", "Type the number of the stage."
            )
        if stage in claims[arch]:
            raise BadFile(
                shown,
                f"{arch.capitalize()} stage {stage} is also given to “{claims[arch][stage]}”.",
                "Keep one of the two, or type another stage.",
            )
        claims[arch][stage] = shown
    first = min(min(stages) for stages in claims.values())
    files = {}
    for arch in ARCHES:
        if not claims[arch]:
            continue
        last = max(claims[arch])
        gaps = [stage for stage in range(first, last) if stage not in claims[arch]]
        if gaps:
            listed = ", ".join(map(str, gaps[:8])) + (" …" if len(gaps) > 8 else "")
            raise BadFile(
                archive.name,
                f"{arch.capitalize()} stage {listed} is missing; {arch} stages reach from {first} to {last}.",
                "Add the missing file to the ZIP, or correct the stages.",
            )
        files[arch] = [claims[arch][stage] for stage in range(first, last + 1)]
    return Mapping(files, first)


def staged_arch(archive: Archive, arch: str, files: Sequence[str], report: Report, done: int, of: int) -> Staged:
    """Read one arch's files into shared vertices; at most four files are in memory at a time.

    Raises BadFile when a file is broken, of another vertex order, not the size of an arch, or when all stages together are too large.
    """
    entries = {entry.name: entry for entry in archive.entries}
    last = len(files) - 1
    keys = sorted({0, last // 2, last})
    held: dict[int, Triangles] = {}
    for index in keys:
        report("read", done, of, files[index])
        held[index] = same_size(archive, entries[files[index]], held.get(0), arch, index)
        done += 1
    first_corner, faces = weld.weld([held[index] for index in keys])
    size = len(files) * len(first_corner) * 12
    if size > MAX_POSITION_BYTES:
        raise BadFile(
            archive.name,
            f"{len(files)} {arch} stages of {len(first_corner):,} vertices need {size / 1e6:,.0f} MB; "
            f"{MAX_POSITION_BYTES // 1_000_000} MB is the limit.",
            "Export with fewer triangles.",
        )
    positions = np.empty((len(files), len(first_corner), 3), np.float32)
    for index, name in enumerate(files):
        triangles = held.pop(index, None)
        if triangles is None:
            report("read", done, of, name)
            triangles = same_size(archive, entries[name], None, arch, index, expected=len(faces))
            done += 1
        positions[index] = weld.vertices_at(triangles, first_corner)
        if weld.spread_mm(triangles, positions[index], faces) > weld.SAME_VERTEX_MM:
            raise BadFile(
                name,
                layout.different(arch, 0, len(faces), index, len(faces)).removesuffix(layout.SAME_ORDER_REMEDY).strip(),
                layout.SAME_ORDER_REMEDY,
            )
    return Staged(arch, positions, faces)


def same_size(archive: Archive, entry: Entry, first: Triangles | None, arch: str, stage: int, *, expected: int | None = None) -> Triangles:
    """The triangles of one stage, as many as stage 0 has. Raises BadFile otherwise."""
    triangles = triangles_of(archive, entry)
    wanted = expected if expected is not None else (len(first) if first is not None else len(triangles))
    if len(triangles) != wanted:
        sentence = layout.different(arch, 0, wanted, stage, len(triangles)).removesuffix(layout.SAME_ORDER_REMEDY).strip()
        raise BadFile(entry.name, sentence, layout.SAME_ORDER_REMEDY)
    low, high = bounds(triangles.reshape(-1, 3))
    box = float((high - low).max())
    if not MIN_ARCH_MM <= box <= MAX_ARCH_MM:
        raise BadFile(
            entry.name,
            f"It is {box:,.3g} mm across; an arch measures {ARCH_RANGE}, so the unit is probably another.",
            "Export in millimetres.",
        )
    return triangles
