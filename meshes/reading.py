"""Step one of an import: look at every file of a ZIP and propose what it is. Changes nothing, keeps no geometry."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from meshes import formats, layout, matching, names, package_steps, pictures, tooth_files, tooth_numbers, units
from meshes.archive import MAX_ENTRIES, Archive, Entry
from meshes.errors import BadFile
from meshes.progress import Report
from meshes.shapes import ARCH_RANGE, MAX_ARCH_MM, MIN_ARCH_MM, SeriesBook, Shape
from meshes.stl import Triangles

KEPT_BYTES: Final = 300_000_000


def read_archive(path: Path, out: Path, report: Report, *, shown_as: str | None = None) -> dict[str, Any]:
    """The report of meshes/README.md, "read"; thumbnails are written to out/thumbs.

    Broken models are listed as refused and the rest stays. Raises BadFile when the ZIP itself is refused or holds no model.
    """
    thumbs = out / "thumbs"
    thumbs.mkdir(parents=True, exist_ok=True)
    book = SeriesBook()
    rows: list[dict[str, Any]] = []
    shapes: dict[str, Shape] = {}
    ignored: list[str] = []
    pictured: dict[tuple[int, int], str] = {}
    with Archive(path, shown_as=shown_as) as archive:
        if setup := package_steps.says_a_package(archive):
            return package_steps.read(archive, setup, out, report, path.stat().st_size)
        models = [entry for entry in archive.entries if formats.is_model(entry.name)]
        ignored = [entry.name for entry in archive.entries if not formats.is_model(entry.name)]
        taken = {entry.name.casefold() for entry in archive.entries}
        unit = units.asked_of(models, lambda entry: opened(archive.read(entry), entry))
        scale = np.float32(unit["fits"][0]["factor"]) if unit else None
        for index, entry in enumerate(models):
            report("read", index, len(models), entry.name)
            try:
                found = opened(archive.read(entry), entry)
                refuse_hidden(found, taken)
                if len(rows) + len(found) > MAX_ENTRIES:
                    raise BadFile(entry.name, f"The ZIP holds more than {MAX_ENTRIES:,} models.", "Export one model an arch a stage.")
            except BadFile as refused:
                rows.append(row_of(entry) | {"refused": {"reason": refused.reason, "remedy": refused.remedy}})
                continue
            for one, exported in found:
                triangles = exported if scale is None else exported * scale
                shape = book.describe(triangles)
                shapes[one.name] = shape
                thumb = f"thumbs/{len(rows):04d}.webp"
                if shape.box_mm < MIN_ARCH_MM:  # a tooth looks the same at every stage: one picture stands for all
                    thumb = pictured.setdefault((shape.series, shape.size_um), thumb)
                rows.append(row_of(one) | {"triangles": shape.triangles, "thumb": thumb})
                if thumb == f"thumbs/{len(rows) - 1:04d}.webp":
                    (out / thumb).write_bytes(pictures.arch_thumbnail(triangles, shape.arch))
        report("read", len(models), len(models), None)
        name = archive.name
    if not rows:
        raise BadFile(name, "The ZIP holds no model.", "Pack the staged models, one file an arch a stage, into one ZIP.")
    report("match", 0, 1, None)
    single_teeth = tooth_files.is_layout(shapes)
    proposals, numbering = tooth_files.propose(shapes) if single_teeth else (matching.propose(shapes), tooth_numbers.decide([]))
    number, refusal = layout.classify(proposals, shapes)
    by_name = {row["name"]: row for row in rows}
    for proposal in proposals:
        row = by_name[proposal.name]
        row |= {"arch": proposal.arch, "stage": proposal.stage, "confidence": proposal.confidence, "reason": proposal.reason}
        row |= {"kind": proposal.kind, "part": proposal.part, "fdi": proposal.fdi, "number": proposal.label, "group": proposal.group}
        if proposal.part != names.TOOTH and proposal.kind == matching.STAGE:
            row["refused"] = unit_question(shapes[proposal.name])
    report("match", 1, 1, None)
    usable = [proposal for proposal in proposals if by_name[proposal.name]["refused"] is None]
    gaps, ends = tooth_files.missing(usable) if single_teeth else (matching.missing_stages(usable), [])
    return {
        "files": rows,
        "missing": gaps,
        "ends": ends,
        "doubles": tooth_files.doubles(usable) if single_teeth else matching.doubles(usable),
        "ignored": ignored,
        "layout": number,
        "layout_refusal": refusal,
        "numbering": numbering,
        "unit": unit,
        "package": False,
        "bytes": {"zip": path.stat().st_size, "models": sum(row["size_bytes"] for row in rows)},
    }


def row_of(entry: Entry) -> dict[str, Any]:
    """A row of the report that says nothing yet."""
    row: dict[str, Any] = {"name": entry.name, "size_bytes": entry.size, "triangles": None, "arch": None, "stage": None}
    row |= {"confidence": 0.0, "reason": None, "refused": None, "thumb": None}
    return row | {"kind": matching.STAGE, "part": matching.ARCH, "fdi": None, "number": None, "group": None}


def refuse_hidden(found: list[tuple[Entry, Triangles]], taken: set[str]) -> None:
    """A piece must not bear the name of a file."""
    for one, _ in found:
        if one.piece and one.name.casefold() in taken:
            raise BadFile(one.name, "A part of this file has the same name as another file of the ZIP.", "Rename one of the two.")


def opened(data: bytes, entry: Entry) -> list[tuple[Entry, Triangles]]:
    """The models of one file: itself, or its named pieces as entries of their own. Raises BadFile for a broken file."""
    found = formats.pieces(data, entry.name)
    if len(found) == 1 and not found[0].name:
        return [(entry, found[0].triangles)]
    whole = sum(len(piece.triangles) for piece in found)
    return [
        (
            replace(entry, name=f"{entry.name}/{piece.name}", piece=piece.name, size=entry.size * len(piece.triangles) // whole),
            piece.triangles,
        )
        for piece in found
    ]


class Models:
    """The staged models of an archive by the names that the report gives them. Files of several models stay in memory up to KEPT_BYTES."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._kept: OrderedDict[str, dict[str, Triangles]] = OrderedDict()
        self.entries: dict[str, Entry] = {}
        for entry in archive.entries:
            self.entries |= (
                {one.name: one for one, _ in self._open(entry)} if formats.ending(entry.name) in (".glb", ".obj") else {entry.name: entry}
            )

    def triangles(self, name: str) -> Triangles:
        """Raises KeyError for a name that the report does not have, BadFile for a broken file."""
        entry = self.entries[name]
        if not entry.piece:
            return triangles_of(self.archive, entry)
        whole = name.removesuffix(f"/{entry.piece}")
        if whole not in self._kept:
            self._open(replace(entry, name=whole, piece="", size=entry.info.file_size))
        self._kept.move_to_end(whole)
        return self._kept[whole][name]

    def _open(self, entry: Entry) -> list[tuple[Entry, Triangles]]:
        try:
            data = self.archive.read(entry)
            found = opened(data, entry) if formats.may_hold_several(data, entry.name) else [(entry, np.empty((0, 3, 3), np.float32))]
        except BadFile:
            return [(entry, np.empty((0, 3, 3), np.float32))]
        if found[0][0].piece:
            self._kept[entry.name] = {one.name: triangles for one, triangles in found}
            while len(self._kept) > 1 and sum(t.nbytes for file in self._kept.values() for t in file.values()) > KEPT_BYTES:
                self._kept.popitem(last=False)
        return found


def triangles_of(archive: Archive, entry: Entry) -> Triangles:
    """One staged model that is a file of its own. Raises BadFile for another format or a broken file."""
    return formats.triangles(archive.read(entry), entry.name)


def unit_question(shape: Shape) -> dict[str, str] | None:
    """A refusal when the model is too small or too large for an arch in millimetres."""
    if MIN_ARCH_MM <= shape.box_mm <= MAX_ARCH_MM:
        return None
    return {
        "reason": f"It is {shape.box_mm:,.3g} mm across; an arch measures {ARCH_RANGE}, so the unit is probably another.",
        "remedy": "Export in millimetres.",
    }
