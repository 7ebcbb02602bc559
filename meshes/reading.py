"""Step one of an import: look at every file of a ZIP and propose what it is. Changes nothing, keeps no geometry."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from meshes import layout, matching, names, pictures, stl, tooth_files, tooth_numbers
from meshes.archive import Archive, Entry
from meshes.errors import BadFile
from meshes.progress import Report
from meshes.shapes import ARCH_RANGE, MAX_ARCH_MM, MIN_ARCH_MM, SeriesBook, Shape

MODEL_NOT_STAGED: Final = (".ply", ".obj", ".glb", ".gltf", ".dcm", ".3oxz", ".3mf", ".off")


def read_archive(path: Path, out: Path, report: Report, *, shown_as: str | None = None) -> dict[str, Any]:
    """The report of meshes/README.md, "read"; thumbnails are written to out/thumbs.

    Broken models are listed as refused and the rest stays. Raises BadFile when the ZIP itself is refused or holds no STL.
    """
    thumbs = out / "thumbs"
    thumbs.mkdir(parents=True, exist_ok=True)
    book = SeriesBook()
    rows: list[dict[str, Any]] = []
    shapes: dict[str, Shape] = {}
    ignored: list[str] = []
    with Archive(path, shown_as=shown_as) as archive:
        models = [entry for entry in archive.entries if is_model(entry.name)]
        ignored = [entry.name for entry in archive.entries if not is_model(entry.name)]
        for index, entry in enumerate(models):
            report("read", index, len(models), entry.name)
            row: dict[str, Any] = {"name": entry.name, "size_bytes": entry.size, "triangles": None, "arch": None, "stage": None}
            row |= {"confidence": 0.0, "reason": None, "refused": None, "thumb": None}
            row |= {"kind": matching.STAGE, "part": matching.ARCH, "fdi": None, "number": None, "group": None}
            rows.append(row)
            try:
                triangles = triangles_of(archive, entry)
            except BadFile as refused:
                row["refused"] = {"reason": refused.reason, "remedy": refused.remedy}
                continue
            shape = book.describe(triangles)
            shapes[entry.name] = shape
            row["triangles"] = shape.triangles
            row["thumb"] = f"thumbs/{index:04d}.webp"
            (thumbs / f"{index:04d}.webp").write_bytes(pictures.arch_thumbnail(triangles, shape.arch))
        report("read", len(models), len(models), None)
        name = archive.name
    if not rows:
        raise BadFile(name, "The ZIP holds no STL model.", "Pack the staged models, one STL an arch a stage, into one ZIP.")
    report("match", 0, 1, None)
    single_teeth = tooth_files.is_layout(shapes)
    proposals, numbering = tooth_files.propose(shapes) if single_teeth else (matching.propose(shapes), tooth_numbers.decide([]))
    number, refusal = layout.classify(proposals, shapes)
    row_of = {row["name"]: row for row in rows}
    for proposal in proposals:
        row = row_of[proposal.name]
        row |= {"arch": proposal.arch, "stage": proposal.stage, "confidence": proposal.confidence, "reason": proposal.reason}
        row |= {"kind": proposal.kind, "part": proposal.part, "fdi": proposal.fdi, "number": proposal.label, "group": proposal.group}
        if proposal.part != names.TOOTH and proposal.kind == matching.STAGE:
            row["refused"] = unit_question(shapes[proposal.name])
    report("match", 1, 1, None)
    usable = [proposal for proposal in proposals if row_of[proposal.name]["refused"] is None]
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
        "package": False,
        "bytes": {"zip": path.stat().st_size, "models": sum(row["size_bytes"] for row in rows)},
    }


def is_model(name: str) -> bool:
    return name.lower().endswith((".stl", *MODEL_NOT_STAGED))


def triangles_of(archive: Archive, entry: Entry) -> stl.Triangles:
    """One staged model. Raises BadFile for another format or a broken file."""
    if not entry.name.lower().endswith(".stl"):
        ending = entry.name.rsplit(".", 1)[-1].upper()
        raise BadFile(entry.name, f"Staged models are read from STL; this file ends in {ending}.", "Export it as STL.")
    return stl.parse(archive.read(entry), entry.name)


def unit_question(shape: Shape) -> dict[str, str] | None:
    """A refusal when the model is too small or too large for an arch in millimetres."""
    if MIN_ARCH_MM <= shape.box_mm <= MAX_ARCH_MM:
        return None
    return {
        "reason": f"It is {shape.box_mm:,.3g} mm across; an arch measures {ARCH_RANGE}, so the unit is probably another.",
        "remedy": "Export in millimetres.",
    }
