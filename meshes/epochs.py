"""Parts through all stages, whatever the export did to their triangles on the way.

A part keeps its geometry as long as its vertices, or at least its surface, stay the same; a tooth that gains an attachment or loses
enamel begins a new epoch with the geometry of that stage, and its pose goes on. What cannot be followed is said, never guessed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from meshes import icp
from meshes.arrays import Faces, Floats, Points, Positions
from meshes.errors import DegenerateShape
from meshes.gums import each_by_itself, follow_gum
from meshes.parts import CRUMB_VERTICES, TOOTH_MAX_MM, TOOTH_MIN_MM, Part, box_mm, members, shells, take_apart
from meshes.poses import RIGID_MM, Motion, rigid_motion
from meshes.staging import Run
from meshes.tracks import Epoch, Track

LEAP_MM: Final = 3.0
"""No tooth moves farther from one stage to the next."""

LOST_SHARE: Final = 0.34
"""When more of an arch's teeth than this cannot be followed, none is."""

FEWEST_TEETH: Final = 4
MOST_CUTS: Final = 6
"""Teeth that change at more stages than this are no teeth, but a surface that deforms."""


@dataclass
class _Tooth:
    """A tooth while it is followed. rotations, translations: one a stage so far, from stage `first` on."""

    first: int
    epochs: list[Epoch]
    rotations: list[Floats]
    translations: list[Floats]
    found: list[dict[str, Any]] = field(default_factory=list)
    residual_mm: float = 0.0
    lost: int | None = None

    @classmethod
    def of(cls, run: Run) -> _Tooth:
        """Raises DegenerateShape for points on a line."""
        motion = rigid_motion(run.positions)
        start = run.positions[0].astype(np.float64)
        epoch = Epoch(run.first, run.last, start, run.faces, (run,))
        return cls(run.first, [epoch], list(motion.rotations), list(motion.translations), residual_mm=motion.residual_mm)

    def middle(self) -> Floats:
        return np.asarray(self.rotations[-1] @ self.epochs[-1].start.mean(axis=0) + self.translations[-1], dtype=np.float64)

    def go_on(self, run: Run) -> None:
        """Follow it into the next run."""
        epoch = self.epochs[-1]
        if run.positions.shape[1] == len(epoch.start) and epoch.exact:
            motion = rigid_motion(np.concatenate([epoch.start[None], run.positions.astype(np.float64)]))
            if motion.residual_mm <= RIGID_MM:
                self.rotations += list(motion.rotations[1:])
                self.translations += list(motion.translations[1:])
                self.epochs[-1] = replace(epoch, last=run.last, seen=(*epoch.seen, run))
                return
        if self.as_before(run):
            return
        surface = run.positions[0].astype(np.float64)
        fit = self.fitted(surface, run.faces)
        if not fit.found:
            self.lost = run.first if self.lost is None else self.lost
        within = rigid_motion(run.positions)
        self.residual_mm = max(self.residual_mm, within.residual_mm)
        for turn, shift in zip(within.rotations, within.translations, strict=True):
            self.rotations.append(turn @ fit.rotation)
            self.translations.append(turn @ fit.translation + shift)
        if fit.same_shape:
            self.epochs[-1] = replace(epoch, last=run.last, seen=(*epoch.seen, run), exact=False)
            return
        start = (surface - fit.translation) @ fit.rotation
        self.epochs.append(Epoch(run.first, run.last, start, run.faces, (run,)))
        if fit.found:
            self.found += changes(fit, epoch, run)

    def as_before(self, run: Run) -> bool:
        """Whether it has the vertices of an earlier epoch again, what was bonded on having come off: that geometry is used once more."""
        for earlier in self.epochs[:-1]:
            if run.positions.shape[1] != len(earlier.start) or not np.array_equal(run.faces, earlier.faces):
                continue
            motion = rigid_motion(np.concatenate([earlier.start[None], run.positions.astype(np.float64)]))
            if motion.residual_mm > RIGID_MM:
                continue
            self.rotations += list(motion.rotations[1:])
            self.translations += list(motion.translations[1:])
            self.epochs.append(replace(earlier, first=run.first, last=run.last, seen=(run,)))
            gone = [one for one in self.found if one["kind"] == "added" and one["stage"] > earlier.last]
            self.found += [one | {"kind": "removed", "stage": run.first} for one in gone]
            return True
        return False

    def fitted(self, surface: Points, faces: Faces) -> icp.Fit:
        """From where it stood last; when that does not find it, from where the middle of the new surface is as well."""
        epoch, goal = self.epochs[-1], icp.target(surface, faces)
        here = icp.follow(epoch.start, epoch.faces, goal, self.rotations[-1], self.translations[-1])
        if here.found:
            return here
        shift = surface.mean(axis=0) - self.middle()
        there = icp.follow(epoch.start, epoch.faces, goal, self.rotations[-1], self.translations[-1] + shift)
        return there if np.median(there.there) < np.median(here.there) else here


def changes(fit: icp.Fit, epoch: Epoch, run: Run) -> list[dict[str, Any]]:
    """What was bonded onto a tooth (points outside its earlier surface), taken off, or stripped (points inside it)."""
    found = []
    normals = icp.vertex_normals(epoch.start, epoch.faces)
    outward = _outward(epoch.start, epoch.faces)
    tree = cKDTree(epoch.start)
    for points, kinds in ((fit.seen, ("added", "reduced")), (fit.own, ("removed", None))):
        distance = fit.back if points is fit.seen else fit.there
        for patch in icp.patches(points, distance):
            home = (patch - fit.translation) @ fit.rotation
            nearest = tree.query(home)[1]
            height = np.einsum("ni,ni->n", home - epoch.start[nearest], normals[nearest]) * outward
            outside = float(np.quantile(height, 0.9)) > icp.CHANGED_MM / 2  # the root of a button may lie deep in the tooth
            kind = kinds[0] if points is not fit.seen or outside else kinds[1]
            found.append({"kind": kind, "stage": run.first, "point": home.mean(axis=0)})
    reduced = [one for one in found if one["kind"] == "reduced"]
    # A stripped contact is seen from both sides: the new surface inside the old one, the old one beyond the new.
    return [
        one for one in found if one["kind"] != "removed" or all(np.linalg.norm(one["point"] - other["point"]) > 1.5 for other in reduced)
    ]


def _outward(points: Points, faces: Faces) -> float:
    """+1 when the faces turn outward, -1 when inward."""
    corners = points[faces] - points.mean(axis=0)
    return 1.0 if float(np.einsum("ni,ni->n", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum()) >= 0 else -1.0


def tooth_track(tooth: _Tooth, stages: int, fdi: int | None = None) -> Track:
    """Finished: before its first stage and after its last it stays where it is."""
    rotations = [tooth.rotations[0]] * tooth.first + tooth.rotations
    translations = [tooth.translations[0]] * tooth.first + tooth.translations
    rotations += [rotations[-1]] * (stages - len(rotations))
    translations += [translations[-1]] * (stages - len(translations))
    motion = Motion(np.array(rotations), np.array(translations), tooth.residual_mm)
    return Track(True, tuple(tooth.epochs), motion, stages, fdi, tuple(tooth.found), tooth.lost)


def follow_files(runs: Sequence[Run], stages: int, fdi: int | None) -> Track:
    """A tooth that has files of its own. A run that is not rigid is followed stage by stage, as if it were meshed anew."""
    single = [piece for run in runs for piece in rigid_pieces(run)]
    tooth = _Tooth.of(single[0])
    for run in single[1:]:
        tooth.go_on(run)
    return tooth_track(tooth, stages, fdi)


def rigid_pieces(run: Run) -> list[Run]:
    if rigid_motion(run.positions).residual_mm <= RIGID_MM:
        return [run]
    return [Run(run.first + index, run.positions[index : index + 1], run.faces) for index in range(len(run.positions))]


def follow_arch(runs: Sequence[Run], stages: int, at_stage: Callable[[int], None] = lambda stage: None) -> tuple[list[Track], list[str]]:
    """The parts of an arch that is one file a stage: teeth, then the gingiva. Whole runs of shared vertices, joined where they meet.

    at_stage: told the first stage of each run before it is looked at; following takes a second or two a stage.
    """
    opened = taken_apart(runs[0])
    begin, first, notes = opened[0]
    teeth = [_Tooth.of(run_of(part, begin)) for part in first if part.is_tooth]
    gums = [[run_of(part, begin) for part in first if not part.is_tooth]]
    if len(runs) > 1 and len(teeth) < FEWEST_TEETH:
        return each_by_itself(runs, stages), [BY_ITSELF]
    for run, parts, _ in itertools.chain(opened[1:], told_and_taken_apart(runs[1:], at_stage)):
        crowns = [run_of(part, run) for part in parts if part.is_tooth]
        gums.append([run_of(part, run) for part in parts if not part.is_tooth])
        open_teeth = [tooth for tooth in teeth if tooth.epochs[-1].last == run.first - 1]
        for tooth, shell in paired(open_teeth, crowns):
            if tooth is None and shell is not None:
                teeth.append(_Tooth.of(shell))
            elif tooth is not None and shell is not None:
                tooth.go_on(shell)
        lost = sum(tooth.lost is not None or tooth.epochs[-1].last < run.first for tooth in teeth)
        if lost > LOST_SHARE * len(teeth):
            return each_by_itself(runs, stages), [BY_ITSELF]
    tracks = [tooth_track(tooth, stages) for tooth in teeth]
    if len(runs) > 1 and any(not epoch.exact for track in tracks for epoch in track.epochs):
        notes.append(MESHED_ANEW)
    rest = [run for found in gums for run in found]
    return tracks + ([follow_gum(rest, stages)] if rest else []), notes


BY_ITSELF: Final = (
    "The models are meshed anew at each stage and their teeth could not be followed; each stage is shown by itself, with a quarter of its "
    "triangles, and no movements are listed."
)
MESHED_ANEW: Final = "The models are meshed anew at each stage; the teeth of the first stage were followed through the others."


def told_and_taken_apart(runs: Sequence[Run], at_stage: Callable[[int], None]) -> Iterator[tuple[Run, list[Part], list[str]]]:
    for run in runs:
        at_stage(run.first)
        yield from taken_apart(run)


def taken_apart(run: Run) -> list[tuple[Run, list[Part], list[str]]]:
    """A run with its parts and what is to be said of them, cut first where a tooth changes its shape within it."""
    parts, notes = take_apart(run.positions, run.faces)
    cut = where_teeth_change(run) if notes else [run]
    if len(cut) == 1:
        return [(run, parts, notes)]
    return [(piece, *take_apart(piece.positions, piece.faces)) for piece in cut]


def where_teeth_change(run: Run) -> list[Run]:
    """One run cut where a tooth's vertices stop moving as one: stripped enamel, or an attachment grown from vertices that were there."""
    labels = shells(run.positions.shape[1], run.faces)
    cuts: set[int] = set()
    for _, chosen in members(labels):
        if len(chosen) < CRUMB_VERTICES or not TOOTH_MIN_MM <= box_mm(run.positions, chosen) <= TOOTH_MAX_MM:
            continue
        mine = run.positions[:, chosen]
        start = 0
        while (end := start + rigid_stages(mine[start:])) < len(mine) and len(cuts) <= MOST_CUTS:
            cuts.add(end)
            start = end
    if not cuts or len(cuts) > MOST_CUTS:
        return [run]
    edges = [0, *sorted(cuts), len(run.positions)]
    return [Run(run.first + start, run.positions[start:end], run.faces) for start, end in itertools.pairwise(edges)]


def rigid_stages(positions: Positions) -> int:
    """How many stages from the first on are one rigid motion; all of them for nearly every tooth."""
    try:
        if rigid_motion(positions).residual_mm <= RIGID_MM:
            return len(positions)
        low, high = 1, len(positions)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if rigid_motion(positions[:middle]).residual_mm <= RIGID_MM else (low, middle)
    except DegenerateShape:
        return len(positions)
    return low


def run_of(part: Part, run: Run) -> Run:
    return Run(run.first, run.positions[:, part.vertices], part.faces)


def paired(teeth: list[_Tooth], crowns: list[Run]) -> list[tuple[_Tooth | None, Run | None]]:
    """Which shell of the next run is which tooth, by where they stand; None for one that has gone, or is new."""
    out: list[tuple[_Tooth | None, Run | None]] = []
    left = set(range(len(crowns)))
    if teeth and crowns:
        middles = np.array([tooth.middle() for tooth in teeth])
        centres = np.array([shell.positions[0].mean(axis=0) for shell in crowns])
        gaps = np.linalg.norm(middles[:, None] - centres[None], axis=2)
        for tooth, shell in zip(*linear_sum_assignment(np.minimum(gaps, 4 * LEAP_MM)), strict=True):
            if gaps[tooth, shell] <= LEAP_MM:
                out.append((teeth[tooth], crowns[shell]))
                left.discard(shell)
    matched = {id(tooth) for tooth, _ in out}
    out += [(tooth, None) for tooth in teeth if id(tooth) not in matched]
    return out + [(None, crowns[index]) for index in sorted(left)]
