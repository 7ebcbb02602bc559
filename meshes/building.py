"""Step two of an import: from the confirmed mapping to the files a browser shows and the numbers the portal stores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from meshes import album, glb, measure, numbering, orient, pack, poses, teeth
from meshes.archive import Archive
from meshes.arrays import Floats, Points, Positions
from meshes.errors import BadFile
from meshes.glb import Piece
from meshes.parts import Part, take_apart
from meshes.progress import Report
from meshes.staging import Staged, checked_mapping, staged_arch

UNNUMBERED: Final = "No single teeth could be told apart; the arch is shown as one piece."


@dataclass(frozen=True)
class Known:
    """One part with everything the plan says about it. points: its stage-0 vertices, world, mm; local faces index them."""

    key: str
    arch: str
    kind: str
    part: Part
    piece: Piece
    fdi: int | None
    fdi_confidence: float
    frame: Floats | None
    label_point: list[float]
    moves: bool


def build(path: Path, rows: Any, out: Path, report: Report, *, shown_as: str | None = None) -> dict[str, Any]:
    """Write full.glb, preview.glb (each with its .br), front.webp, front_start.webp; returns the plan (README, "build").

    Raises BadFile when the ZIP, the mapping or a mapped file is refused, PackingFailed when gltfpack cannot run.
    """
    out.mkdir(parents=True, exist_ok=True)
    with Archive(path, shown_as=shown_as) as archive:
        mapping = checked_mapping(rows, archive)
        total = sum(len(files) for files in mapping.files.values())
        staged: dict[str, Staged] = {}
        done = 0
        for arch, files in mapping.files.items():
            staged[arch] = staged_arch(archive, arch, files, report, done, total)
            done += len(files)
        report("read", total, total, None)
    taken, notes = apart(staged, report)
    turn = portal_turn(staged, taken)
    if not np.array_equal(turn, np.eye(3)):
        staged, taken = turned(staged, taken, turn)
    known: list[Known] = []
    for index, (arch, stages) in enumerate(staged.items()):
        report("poses", index, len(staged), None)
        known += known_parts(stages, taken[arch])
    report("poses", len(staged), len(staged), None)
    previews = [pack.preview(part.piece) for part in known]
    sizes, triangles, error = write_models(known, staged, previews, archive.name, out, report)
    report("check", 0, 1, None)
    pictures = album.write(previews, max(len(arch.positions) for arch in staged.values()) - 1, out)
    report("check", 1, 1, None)
    tooth_frames = {part.key: np.round(part.frame, 9).tolist() for part in known if part.frame is not None}
    plan: dict[str, Any] = {
        "stages": {arch: len(stages.positions) - 1 for arch, stages in staged.items()},
        "first_stage": mapping.first_stage,
        "parts": [
            {
                "key": part.key,
                "arch": part.arch,
                "kind": part.kind,
                "fdi": part.fdi,
                "fdi_confidence": part.fdi_confidence,
                "triangles": len(part.piece.faces),
                "label_point": part.label_point,
                "moves": part.moves,
            }
            for part in known
        ],
        "poses": {part.key: stored(part.piece.poses) for part in known},
        "frames": tooth_frames,
        "reference_point": teeth.REFERENCE_POINT,
        "movement_columns": list(teeth.COLUMNS),
        "error_um": error.as_report(),
        "bytes": sizes | {"original": path.stat().st_size},
        "triangles": triangles,
        "turn": turn.tolist(),
        "pictures": pictures,
        "notes": notes,
    }
    plan["movements"] = teeth.movements(teeth.tooth_motions(plan), {part.key: part.fdi for part in known})
    return plan


def stored(rows: Floats) -> list[list[float]]:
    """Poses as stored: translation to 0.01 µm, quaternion to 1e-9."""
    return [[*(round(float(v), 5) for v in row[:3]), *(round(float(v), 9) for v in row[3:])] for row in rows]


def apart(staged: dict[str, Staged], report: Report) -> tuple[dict[str, list[Part]], list[str]]:
    taken, notes = {}, []
    for index, (arch, stages) in enumerate(staged.items()):
        report("parts", index, len(staged), None)
        taken[arch], said = take_apart(stages.positions, stages.faces)
        if not any(part.is_tooth for part in taken[arch]):
            said = [*said, UNNUMBERED]
        notes += [f"{arch.capitalize()}: {sentence}" for sentence in said]
    report("parts", len(staged), len(staged), None)
    return taken, notes


def portal_turn(staged: dict[str, Staged], taken: dict[str, list[Part]]) -> Floats:
    """The quarter turn into the portal's frame, read from where teeth and gingiva stand at stage 0."""
    centres, gums = {}, {}
    for arch, parts in taken.items():
        start = staged[arch].positions[0]
        centres[arch] = np.array([box_centre(start[part.vertices]) for part in parts if part.is_tooth]).reshape(-1, 3)
        gums[arch] = np.concatenate([start[part.vertices] for part in parts if not part.is_tooth] or [np.zeros((0, 3))]).astype(np.float64)
    return orient.turn_to_portal(centres, gums)


def turned(staged: dict[str, Staged], taken: dict[str, list[Part]], turn: Floats) -> tuple[dict[str, Staged], dict[str, list[Part]]]:
    """Everything in the portal's frame: positions turned, motions conjugated."""
    new_staged = {arch: replace(stages, positions=(stages.positions @ turn.T.astype(np.float32))) for arch, stages in staged.items()}
    new_taken = {}
    for arch, parts in taken.items():
        new_taken[arch] = [
            replace(
                part, motion=poses.Motion(turn @ part.motion.rotations @ turn.T, part.motion.translations @ turn.T, part.motion.residual_mm)
            )
            if part.motion
            else part
            for part in parts
        ]
    return new_staged, new_taken


def box_centre(points: Any) -> Floats:
    values = np.asarray(points, dtype=np.float64)
    return np.asarray((values.min(axis=0) + values.max(axis=0)) / 2)


def known_parts(stages: Staged, parts: list[Part]) -> list[Known]:
    """Name, number and place the parts of one arch: teeth from the patient's right to left, then the gingiva."""
    start = stages.positions[0].astype(np.float64)
    tooth_parts = [part for part in parts if part.is_tooth]
    centres = np.array([box_centre(start[part.vertices]) for part in tooth_parts]).reshape(-1, 3)
    order = teeth.along_the_arch(centres)
    centres = centres[order]
    tooth_parts = [tooth_parts[index] for index in order]
    frames = [teeth.frame_at(centres, index, stages.arch, start[part.vertices]) for index, part in enumerate(tooth_parts)]
    extents = np.array([teeth.size_in(frame, start[part.vertices]) for frame, part in zip(frames, tooth_parts, strict=True)]).reshape(-1, 3)
    numbers = numbering.propose(numbering.crowns_of(centres, extents), stages.arch)
    known = []
    for index, (part, frame, size, (fdi, sure)) in enumerate(zip(tooth_parts, frames, extents, numbers, strict=True)):
        key = f"{stages.arch}-{index + 1:02d}"
        piece = rigid_piece(key, stages.arch, "tooth", part, stages.positions)
        known.append(
            Known(key, stages.arch, "tooth", part, piece, fdi, sure, frame, teeth.label_point(frame, size), part.moves(stages.positions))
        )
    for part in parts:
        if not part.is_tooth:
            key = f"{stages.arch}-gingiva"
            piece = (
                rigid_piece(key, stages.arch, "gingiva", part, stages.positions)
                if part.motion
                else morph_piece(key, stages.arch, part, stages.positions)
            )
            middle = [round(float(value), 3) for value in box_centre(start[part.vertices])]
            known.append(Known(key, stages.arch, "gingiva", part, piece, None, 0.0, None, middle, part.moves(stages.positions)))
    return known


def rigid_piece(key: str, arch: str, kind: str, part: Part, positions: Positions) -> Piece:
    """Geometry once, centred on itself, with its place at every stage."""
    if part.motion is None:
        raise ValueError(f"{key} deforms; it has no rigid motion.")
    points = positions[0][part.vertices].astype(np.float64)
    centre = box_centre(points)
    translations = part.motion.rotations @ centre + part.motion.translations
    placed = np.concatenate([translations, poses.quaternions(part.motion.rotations)], axis=1)
    return Piece(key, arch, kind, points - centre, part.faces, placed)


def morph_piece(key: str, arch: str, part: Part, positions: Positions) -> Piece:
    """The gingiva: a base shape and the few deformations that carry it through all stages."""
    found = poses.morph(positions[:, part.vertices])
    centre = box_centre(found.base)
    placed = np.tile(np.array([*centre, 0.0, 0.0, 0.0, 1.0]), (len(positions), 1))
    return Piece(key, arch, "gingiva", found.base - centre, part.faces, placed, found.targets, found.weights)


def write_models(
    known: list[Known], staged: dict[str, Staged], previews: list[Piece], archive_name: str, out: Path, report: Report
) -> tuple[dict[str, int], dict[str, int], measure.Error]:
    """full.glb and preview.glb with their .br beside them; their sizes in bytes, their triangles, and how true the full one is.

    The full file is decoded again and measured; where it strays too far it is packed finer. Raises BadFile when the finest does.
    """
    stages = max(len(arch.positions) for arch in staged.values())
    report("pack", 0, 2, "full.glb")
    scene = glb.write([part.piece for part in known], stages)
    for bits in pack.POSITION_BITS:
        full = pack.packed(scene, bits)
        error = packing_error(known, staged, full)
        if error.is_true:
            break
    else:
        raise BadFile(archive_name, error.refusal(), "Export it in millimetres and at its true size, or with a coarser mesh.")
    report("pack", 1, 2, "preview.glb")
    sizes: dict[str, int] = {}
    for name, data in (("full", full), ("preview", pack.packed(glb.write(previews, stages)))):
        small = pack.compressed(data)
        (out / f"{name}.glb").write_bytes(data)
        (out / f"{name}.glb.br").write_bytes(small)
        sizes |= {name: len(data), f"{name}_br": len(small)}
    report("pack", 2, 2, None)
    triangles = {"original": sum(len(arch.faces) for arch in staged.values())}
    triangles |= {"full": sum(len(part.piece.faces) for part in known), "preview": sum(len(piece.faces) for piece in previews)}
    return sizes, triangles, error


def packing_error(known: list[Known], staged: dict[str, Staged], full: bytes) -> measure.Error:
    originals = {part.key: Original(staged[part.arch].positions, part.part) for part in known}
    return measure.error_um(full, originals, max(len(arch.positions) for arch in staged.values()) - 1)


@dataclass(frozen=True)
class Original:
    """A part as the lab exported it, at any stage; after its arch's last stage it stays."""

    positions: Positions
    part: Part

    def __call__(self, stage: int) -> Points:
        chosen = self.positions[min(stage, len(self.positions) - 1)][self.part.vertices]
        return np.asarray(chosen, dtype=np.float64)
