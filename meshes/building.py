"""Step two of an import: from the confirmed mapping to the files a browser shows and the numbers the portal stores."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from meshes import album, attached, epochs, glb, gums, measure, numbering, orient, pack, package, package_steps, poses, teeth
from meshes.archive import Archive
from meshes.arrays import Floats
from meshes.errors import BadFile, DegenerateShape
from meshes.glb import Piece
from meshes.progress import Report
from meshes.reading import Models
from meshes.staging import Mapping, Run, Source, checked_mapping, read_runs
from meshes.tracks import Epoch, Track
from meshes.tracks import said as said_of

UNNUMBERED: Final = "No single teeth could be told apart; the arch is shown as one piece."
NAMED: Final = 0.99
"""How sure the number of a tooth is that has files of its own: the technician confirmed what their names say."""

ALONE_SHARE: Final = 0.25
"""Of its triangles, an arch that is shown stage by stage keeps this share."""


@dataclass(frozen=True)
class Known:
    """One part with everything the plan says about it. pieces: one an epoch, in the same order as the track's epochs."""

    key: str
    arch: str
    kind: str
    track: Track
    pieces: list[Piece]
    fdi: int | None
    fdi_confidence: float
    frame: Floats | None
    label_point: list[float]

    @property
    def poses(self) -> Floats:
        return self.pieces[0].poses


def build(path: Path, rows: Any, out: Path, report: Report, *, shown_as: str | None = None) -> dict[str, Any]:
    """Write full.glb, preview.glb (each with its .br) and the pictures; returns the plan (README, "build").

    rows: the confirmed mapping; a setup package says itself what its meshes are, and its rows are not looked at.

    Raises BadFile when the ZIP, the mapping or a mapped file is refused, PackingFailed when gltfpack cannot run.
    """
    out.mkdir(parents=True, exist_ok=True)
    with Archive(path, shown_as=shown_as) as archive:
        setup = package_steps.says_a_package(archive)
        said = package.load(archive, setup) if setup else None
        models = package.Models(archive, said) if said else Models(archive)
        mapping = checked_mapping(models.rows if isinstance(models, package.Models) else rows, models, archive.name)
        runs = read_runs(models, mapping, report, archive.name)
    original = sum(found[0].faces.shape[0] for found in runs.values())
    tracks, notes = followed(runs, mapping, report)
    turn = np.eye(3) if said else portal_turn(tracks)
    if not np.array_equal(turn, np.eye(3)):
        tracks = {arch: [track.turned(turn) for track in found] for arch, found in tracks.items()}
    known: list[Known] = []
    for index, (arch, found) in enumerate(tracks.items()):
        report("poses", index, len(tracks), None)
        known += known_parts(arch, found)
    report("poses", len(tracks), len(tracks), None)
    for part in known:
        if part.kind == "tooth":
            notes += said_of(part.track, f"Tooth {part.fdi or part.key}")
    pieces = [piece for part in known for piece in part.pieces]
    previews = [pack.preview(piece) for piece in pieces]
    last = max(mapping.last.values())
    sizes, triangles, error = write_models(known, previews, last, archive.name, out, report)
    taken_out = package_steps.taken_out(said.plan["extractions"], {part.fdi: part.key for part in known if part.fdi}) if said else {}
    pictures = album.write(previews, last, out, lambda done, of: report("check", done, of, None), taken_out)
    report("check", 1, 1, None)
    plan: dict[str, Any] = {
        "stages": mapping.last,
        "first_stage": mapping.first_stage,
        "parts": [row_of(part) for part in known],
        "poses": {part.key: stored(part.poses) for part in known},
        "frames": {part.key: np.round(part.frame, 9).tolist() for part in known if part.frame is not None},
        "reference_point": teeth.REFERENCE_POINT,
        "movement_columns": list(teeth.COLUMNS),
        "movement_source": "computed",
        "attachments_found": attached.attachments([(part.key, part.fdi, part.track, part.poses) for part in known]),
        "reductions_found": attached.reductions([(part.key, part.fdi, part.track, part.poses) for part in known]),
        "error_um": error.as_report(),
        "bytes": sizes | {"original": path.stat().st_size},
        "triangles": {"original": original} | triangles,
        "turn": turn.tolist(),
        "scale": mapping.scale,
        "pictures": pictures,
        "notes": notes,
    }
    plan["movements"] = teeth.movements(teeth.tooth_motions(plan), {part.key: part.fdi for part in known})
    if said:
        package_steps.complete(plan, said)
    return plan


def row_of(part: Known) -> dict[str, Any]:
    """One row of the plan's parts."""
    return {
        "key": part.key,
        "arch": part.arch,
        "kind": part.kind,
        "fdi": part.fdi,
        "fdi_confidence": part.fdi_confidence,
        "triangles": len(part.pieces[0].faces),
        "label_point": part.label_point,
        "moves": part.track.moves(),
        "epochs": [
            {"node": piece.node, "from_stage": piece.shown[0], "to_stage": piece.shown[1], "triangles": len(piece.faces)}
            for piece in part.pieces
            if piece.shown is not None
        ],
    }


def stored(rows: Floats) -> list[list[float]]:
    """Poses as stored: translation to 0.01 µm, quaternion to 1e-9."""
    return [[*(round(float(v), 5) for v in row[:3]), *(round(float(v), 9) for v in row[3:])] for row in rows]


def followed(runs: dict[Source, list[Run]], mapping: Mapping, report: Report) -> tuple[dict[str, list[Track]], list[str]]:
    """Each arch's parts through all its stages, and sentences about what was unusual."""
    tracks: dict[str, list[Track]] = {arch: [] for arch in mapping.last}
    notes: list[str] = []
    done, total = 0, sum(len(found) for found in runs.values())
    for source, found in runs.items():
        report("parts", done, total, None)
        stages = mapping.last[source.arch] + 1
        if source.part == "tooth":
            try:
                tracks[source.arch].append(epochs.follow_files(found, stages, mapping.fdi.get(source)))
            except DegenerateShape as error:
                raise BadFile(mapping.files[source][0], "All its points lie on a line.", "Export this tooth again.") from error
        elif source.part == "gingiva":
            tracks[source.arch].append(gums.follow_gum(found, stages))
        else:
            more, said = epochs.follow_arch(found, stages, ticking(report, done, total))
            tracks[source.arch] += more
            if not any(track.is_tooth for track in more) and epochs.BY_ITSELF not in said:
                said.append(UNNUMBERED)
            notes += [f"{source.arch.capitalize()}: {sentence}" for sentence in said]
        done += len(found)
    report("parts", total, total, None)
    return tracks, notes


def ticking(report: Report, done: int, total: int) -> Callable[[int], None]:
    """Counts one further of `total` each time it is called."""
    steps = itertools.count(done + 1)

    def tick(_stage: int) -> None:
        report("parts", min(next(steps), total), total, None)

    return tick


def portal_turn(tracks: dict[str, list[Track]]) -> Floats:
    """The quarter turn into the portal's frame, read from where teeth and gingiva stand at stage 0."""
    centres, gums = {}, {}
    for arch, found in tracks.items():
        centres[arch] = np.array([box_centre(track.epochs[0].start) for track in found if track.is_tooth]).reshape(-1, 3)
        gums[arch] = np.concatenate([track.epochs[0].start for track in found if not track.is_tooth] or [np.zeros((0, 3))])
    return orient.turn_to_portal(centres, gums)


def box_centre(points: Any) -> Floats:
    values = np.asarray(points, dtype=np.float64)
    return np.asarray((values.min(axis=0) + values.max(axis=0)) / 2)


def known_parts(arch: str, tracks: Sequence[Track]) -> list[Known]:
    """Name, number and place the parts of one arch: teeth from the patient's right to left, then the gingiva."""
    found = [track for track in tracks if track.is_tooth]
    centres = np.array([box_centre(track.epochs[0].start) for track in found]).reshape(-1, 3)
    order = teeth.along_the_arch(centres)
    centres = centres[order]
    found = [found[index] for index in order]
    starts = [track.epochs[0].start for track in found]
    frames = [teeth.frame_at(centres, index, arch, start) for index, start in enumerate(starts)]
    extents = np.array([teeth.size_in(frame, start) for frame, start in zip(frames, starts, strict=True)]).reshape(-1, 3)
    known = []
    for index, (track, frame, size, (fdi, sure)) in enumerate(
        zip(found, frames, extents, numbers_of(found, centres, extents, arch), strict=True)
    ):
        key = f"{arch}-{index + 1:02d}"
        label = teeth.label_point(frame, size)
        known.append(Known(key, arch, "tooth", track, rigid_pieces(key, arch, "tooth", track), fdi, sure, frame, label))
    for track in tracks:
        if not track.is_tooth:
            key = f"{arch}-gingiva"
            pieces = rigid_pieces(key, arch, "gingiva", track) if track.motion else morph_pieces(key, arch, track)
            middle = [round(float(value), 3) for value in box_centre(track.epochs[0].start)]
            known.append(Known(key, arch, "gingiva", track, pieces, None, 0.0, None, middle))
    return known


def numbers_of(found: Sequence[Track], centres: Floats, extents: Floats, arch: str) -> list[tuple[int | None, float]]:
    """The numbers that the files give; for the rest a proposal, where it does not take a number that is given."""
    given = {track.fdi for track in found if track.fdi is not None}
    proposed = numbering.propose(numbering.crowns_of(centres, extents), arch) if len(given) < len(found) else [(None, 0.0)] * len(found)
    return [
        (track.fdi, NAMED) if track.fdi is not None else ((None, 0.0) if number in given else (number, sure))
        for track, (number, sure) in zip(found, proposed, strict=True)
    ]


def shown_from_to(track: Track, epoch: Epoch) -> tuple[int, int | None] | None:
    """When an epoch is seen; None for a part that has one geometry throughout."""
    return None if track.whole else (epoch.first, None if epoch.last >= track.stages - 1 else epoch.last)


def rigid_pieces(key: str, arch: str, kind: str, track: Track) -> list[Piece]:
    """Geometry once an epoch, centred on the part as it is at first, with its place at every stage."""
    if track.motion is None:
        raise ValueError(f"{key} deforms; it has no rigid motion.")
    centre = box_centre(track.epochs[0].start)
    translations = track.motion.rotations @ centre + track.motion.translations
    placed = np.concatenate([translations, poses.quaternions(track.motion.rotations)], axis=1)
    return [
        Piece(key, arch, kind, epoch.start - centre, epoch.faces, placed, shown=shown_from_to(track, epoch), epoch=index)
        for index, epoch in enumerate(track.epochs)
    ]


def morph_pieces(key: str, arch: str, track: Track) -> list[Piece]:
    """The gingiva: a base shape and the few deformations that carry it through the stages of each epoch."""
    pieces: list[Piece] = []
    centre = box_centre(track.epochs[0].start)
    for index, epoch in enumerate(track.epochs):
        found = (
            poses.morph(epoch.shapes)
            if epoch.exact
            else poses.morph(epoch.shapes, tolerance_mm=poses.FOLLOWED_MM, share=poses.FOLLOWED_SHARE)
        )
        if not index:
            centre = box_centre(found.base)
        placed = np.tile(np.array([*centre, 0.0, 0.0, 0.0, 1.0]), (track.stages, 1))
        base, faces = found.base - centre, epoch.faces
        if not epoch.exact and len(epoch.shapes) == 1:
            base, faces = pack.simplified(base, faces, round(len(faces) * ALONE_SHARE))
        shown = shown_from_to(track, epoch)
        pieces.append(Piece(key, arch, "gingiva", base, faces, placed, found.targets, found.weights, shown, index, epoch.first))
    return pieces


def write_models(
    known: list[Known], previews: list[Piece], last_stage: int, archive_name: str, out: Path, report: Report
) -> tuple[dict[str, int], dict[str, int], measure.Error]:
    """full.glb and preview.glb with their .br beside them; their sizes in bytes, their triangles, and how true the full one is.

    The full file is decoded again and measured; where it strays too far it is packed finer. Raises BadFile when the finest does.
    """
    pieces = [piece for part in known for piece in part.pieces]
    originals = {piece.node: epoch for part in known for piece, epoch in zip(part.pieces, part.track.epochs, strict=True)}
    report("pack", 0, 2, "full.glb")
    scene = glb.write(pieces, last_stage + 1)
    for bits in pack.POSITION_BITS:
        full = pack.packed(scene, bits)
        error = measure.error_um(full, originals, last_stage)
        if error.is_true:
            break
    else:
        raise BadFile(archive_name, error.refusal(), "Export it in millimetres and at its true size, or with a coarser mesh.")
    report("pack", 1, 2, "preview.glb")
    sizes: dict[str, int] = {}
    for name, data in (("full", full), ("preview", pack.packed(glb.write(previews, last_stage + 1)))):
        small = pack.compressed(data)
        (out / f"{name}.glb").write_bytes(data)
        (out / f"{name}.glb.br").write_bytes(small)
        sizes |= {name: len(data), f"{name}_br": len(small)}
    report("pack", 2, 2, None)
    return sizes, {"full": sum(len(piece.faces) for piece in pieces), "preview": sum(len(piece.faces) for piece in previews)}, error
