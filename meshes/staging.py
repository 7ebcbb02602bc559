"""The confirmed mapping, and the stages of each part or arch as runs of shared vertices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from meshes import weld
from meshes.archive import Entry
from meshes.arrays import Faces, Indices, Positions, bounds
from meshes.errors import BadFile
from meshes.names import GINGIVA, LOWER, MAX_STAGE, TOOTH, UPPER
from meshes.progress import Report
from meshes.shapes import ARCH_RANGE, MAX_ARCH_MM, MIN_ARCH_MM
from meshes.stl import Triangles
from meshes.tooth_numbers import ALL_FDI, arch_of
from meshes.units import FACTORS

ARCHES: Final = (UPPER, LOWER)
WHOLE: Final = "arch"
STAGE: Final = "stage"
MAX_POSITION_BYTES: Final = 600_000_000
SAME_ORDER_SHARE: Final = 0.02
"""Corners that may lie elsewhere when two stages are compared by a weld of one alone: teeth that touch there are joined by it."""

TOO_FINE: Final = "Export with fewer triangles."


class Models(Protocol):
    """Where the models of a mapping come from: `reading.Models`, or `package.Models` for a setup package."""

    entries: dict[str, Entry]

    def triangles(self, name: str) -> Triangles:
        """Raises BadFile for a broken model."""


class Source(NamedTuple):
    """What a file shows through the stages: a whole arch, one of its teeth, or its gingiva. group: the FDI number or the report's group."""

    arch: str
    part: str
    group: str


@dataclass(frozen=True)
class Run:
    """Consecutive stages of one source that share their vertices. first: the stage of positions[0], counted from the first stage.

    positions: (stages, n, 3) float32 mm; faces: (m, 3).
    """

    first: int
    positions: Positions
    faces: Faces

    @property
    def last(self) -> int:
        return self.first + len(self.positions) - 1


@dataclass(frozen=True)
class Mapping:
    """source -> the names of its files from stage `begins` on; first_stage: the lowest number used, which becomes stage 0.

    fdi: the numbers the files have; last: arch -> its last stage, counted from first_stage; scale: millimetres of one of the files' units.
    """

    files: dict[Source, list[str]]
    begins: dict[Source, int]
    fdi: dict[Source, int]
    last: dict[str, int]
    first_stage: int
    scale: float = 1.0


def checked_mapping(rows: Any, models: Models, shown_as: str) -> Mapping:
    """The technician's mapping (README), complete and free of contradictions; rows that are no stage (templates, retainers …) are left out.

    Raises BadFile, naming the file, for an unknown file or arch, a stage given twice or a gap in the stages.
    """
    claims: dict[Source, dict[int, str]] = defaultdict(dict)
    numbers: dict[Source, int] = {}
    staged = [row for row in rows if not isinstance(row, dict) or row.get("kind", STAGE) == STAGE] if isinstance(rows, list) else []
    if not staged:
        raise BadFile(shown_as, "No file is mapped to an arch and a stage.", "Give at least one file an arch and a stage.")
    for row in staged:
        name, stage, source, fdi = checked_row(row, models)
        if stage in claims[source]:
            raise BadFile(
                name,
                f"{told(source, fdi)} stage {stage} is also given to “{claims[source][stage]}”.",
                "Keep one of the two, or type another stage.",
            )
        claims[source][stage] = name
        if fdi is not None:
            numbers[source] = fdi
    first = min(min(stages) for stages in claims.values())
    whole_arches = [source for source in claims if source.part == WHOLE]
    files, begins = {}, {}
    for source, stages in claims.items():
        begin = first if source in whole_arches else min(stages)
        gaps = [stage for stage in range(begin, max(stages)) if stage not in stages]
        if gaps:
            listed = ", ".join(map(str, gaps[:8])) + (" …" if len(gaps) > 8 else "")
            named = told(source, numbers.get(source))
            raise BadFile(
                shown_as,
                f"{named} stage {listed} is missing; {named[0].lower() + named[1:]} stages reach from {begin} to {max(stages)}.",
                "Add the missing file to the ZIP, or correct the stages.",
            )
        files[source] = [stages[stage] for stage in range(begin, max(stages) + 1)]
        begins[source] = begin - first
    last = {arch: max((begins[s] + len(files[s]) - 1 for s in files if s.arch == arch), default=-1) for arch in ARCHES}
    return Mapping(
        files, begins, numbers, {arch: stage for arch, stage in last.items() if stage >= 0}, first, checked_scale(staged, shown_as)
    )


def checked_scale(rows: list[dict[str, Any]], shown_as: str) -> float:
    """The factor that all rows share; 1 where they name none. Raises BadFile for one that is no unit's, or for several."""
    found = {row.get("scale") or 1.0 for row in rows}
    if len(found) > 1 or not found <= {1.0, *FACTORS.values()}:
        raise BadFile(shown_as, "The files are scaled by different or unknown factors.", "Choose one unit for all of them.")
    return float(found.pop())


def checked_row(row: Any, models: Models) -> tuple[str, int, Source, int | None]:
    """(name, stage, source, FDI number) of one row of a mapping. Raises BadFile."""
    keys = ("name", "arch", "stage", "part", "fdi", "group")
    name, arch, stage, part, fdi, group = (row.get(key) for key in keys) if isinstance(row, dict) else (None,) * 6
    shown = str(name)
    if name not in models.entries:
        raise BadFile(shown, "The ZIP holds no file of this name.", "Read the ZIP again and confirm the mapping.")
    if arch not in ARCHES:
        raise BadFile(shown, f"Its arch is “{arch}”; an arch is upper or lower.", "Choose Upper or Lower.")
    if not isinstance(stage, int) or isinstance(stage, bool) or not 0 <= stage <= MAX_STAGE:
        raise BadFile(shown, f"Its stage is “{stage}”; a stage is a whole number from 0 to {MAX_STAGE}.", "Type the number of the stage.")
    part = part or WHOLE
    if part not in (WHOLE, TOOTH, GINGIVA):
        raise BadFile(shown, f"It is called a “{part}”; a model is an arch, a tooth or a gingiva.", "Choose what the file shows.")
    if fdi is not None and (not isinstance(fdi, int) or isinstance(fdi, bool) or fdi not in ALL_FDI):
        raise BadFile(shown, f"Its tooth is “{fdi}”; a tooth is an FDI number from 11 to 85.", "Type the number of the tooth.")
    if fdi is not None and part == TOOTH and arch_of(fdi) != arch:
        raise BadFile(shown, f"Its tooth is “{fdi}”, which stands in the other arch.", "Correct the tooth or the arch.")
    number = fdi if part == TOOTH else None
    return shown, stage, Source(arch, part, str(number or group or shown) if part == TOOTH else ""), number


def told(source: Source, fdi: int | None) -> str:
    """How a sentence names a source: “Upper”, “Upper gingiva”, “Tooth 21”."""
    if source.part == WHOLE:
        return source.arch.capitalize()
    if source.part == GINGIVA:
        return f"{source.arch.capitalize()} gingiva"
    return f"Tooth {fdi or source.group.rsplit('/', 1)[-1]}"


def read_runs(models: Models, mapping: Mapping, report: Report, shown_as: str) -> dict[Source, list[Run]]:
    """Every source as runs of shared vertices, in order of stage. Raises BadFile for a broken file or when all stages are too large."""
    total = sum(len(files) for files in mapping.files.values())
    found: dict[Source, list[Run]] = {}
    done, size = 0, 0
    for source, files in mapping.files.items():
        reader = _Reader(models, source, files, mapping.begins[source], report, done, total, mapping.scale)
        found[source] = []
        start = 0
        while start < len(files):
            run = reader.run_from(start)
            size += run.positions.nbytes
            if size > MAX_POSITION_BYTES:
                raise BadFile(shown_as, f"All stages together need more than {MAX_POSITION_BYTES // 1_000_000} MB.", TOO_FINE)
            found[source].append(run)
            start += len(run.positions)
        done += len(files)
    report("read", total, total, None)
    return found


@dataclass
class _Reader:
    """Reads one source's files, at most four in memory at a time."""

    models: Models
    source: Source
    files: Sequence[str]
    begins: int
    report: Report
    done: int
    total: int
    scale: float = 1.0

    def __post_init__(self) -> None:
        self._end: Triangles | None = None
        self._next: tuple[int, Triangles] | None = None

    def read(self, index: int) -> Triangles:
        self.report("read", self.done + index, self.total, self.files[index])
        if self._next is not None and self._next[0] == index:
            return self._next[1]
        triangles = self.models.triangles(self.files[index])
        if self.scale != 1.0:
            triangles = triangles * np.float32(self.scale)
        low, high = bounds(triangles.reshape(-1, 3))
        box = float((high - low).max())
        if (self.source.part == WHOLE and not MIN_ARCH_MM <= box <= MAX_ARCH_MM) or box > MAX_ARCH_MM:
            raise BadFile(
                self.files[index],
                f"It is {box:,.3g} mm across; an arch measures {ARCH_RANGE}, so the unit is probably another.",
                "Export in millimetres.",
            )
        return triangles

    def run_from(self, start: int) -> Run:
        """The longest run of stages from this one on. The last file tells at once when all share their vertices, as most exports do."""
        first = self.read(start)
        if self._end is None:
            self._end = self.read(len(self.files) - 1) if start < len(self.files) - 1 else first
        held = {start: first}
        alone = weld.weld([first])
        if same_order(alone, first, self._end):
            held[len(self.files) - 1] = self._end
            middle = (start + len(self.files) - 1) // 2
            if middle not in held:
                candidate = self.read(middle)
                held |= {middle: candidate} if same_order(alone, first, candidate) else {}
        corner, faces = weld.weld(list(held.values())) if len(held) > 1 else alone
        room = len(self.files) - start
        if room * len(corner) * 12 > MAX_POSITION_BYTES:
            raise BadFile(
                self.files[start],
                f"{room} {self.source.arch} stages of {len(corner):,} vertices need {room * len(corner) * 12 / 1e6:,.0f} MB; "
                f"{MAX_POSITION_BYTES // 1_000_000} MB is the limit.",
                TOO_FINE,
            )
        positions = np.empty((room, len(corner), 3), np.float32)
        positions[0] = weld.vertices_at(first, corner)
        count = 1
        for index in range(start + 1, len(self.files)):
            triangles = held.pop(index, None)
            triangles = self.read(index) if triangles is None else triangles
            fits = len(triangles) == len(first)
            if fits:
                vertices = weld.vertices_at(triangles, corner)
                fits = weld.spread_mm(triangles, vertices, faces) <= weld.SAME_VERTEX_MM
            if not fits:
                self._next = (index, triangles)
                break
            positions[count] = vertices
            count += 1
        return Run(self.begins + start, positions if count == room else positions[:count].copy(), faces)


def same_order(alone: tuple[Indices, Faces], one: Triangles, other: Triangles) -> bool:
    """Whether two stages share their vertices, as far as a weld of the first alone tells."""
    if len(one) != len(other):
        return False
    corner, faces = alone
    gap = np.abs(other - weld.vertices_at(other, corner)[faces]).max(axis=(1, 2))
    return float((gap > weld.SAME_VERTEX_MM).mean()) <= SAME_ORDER_SHARE
