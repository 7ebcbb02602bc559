"""A part through all stages of its arch: one geometry for most, several epochs for one that changes, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from meshes.arrays import Faces, Floats, Points
from meshes.parts import MOVES_MM
from meshes.poses import Motion
from meshes.staging import Run


@dataclass(frozen=True)
class Epoch:
    """The geometry a part has from stage `first` to `last`.

    start: (n, 3) its vertices where they stand, or would stand, at stage 0; faces; seen: the runs of its own that the lab exported while
    it lasts; exact: whether those share its vertices, so that it can be compared vertex by vertex. shapes: (stages, n, 3) for what deforms.
    open_end: it is shown after its arch's last stage too.
    """

    first: int
    last: int
    start: Points
    faces: Faces
    seen: tuple[Run, ...]
    exact: bool = True
    shapes: Any = None
    open_end: bool = False

    def exported(self, stage: int) -> tuple[Points, Faces]:
        """What the lab's file holds of it at a stage; before or after its stages that of the nearest."""
        stage = min(max(stage, self.seen[0].first), self.seen[-1].last)
        run = next(run for run in self.seen if run.first <= stage <= run.last)
        return run.positions[stage - run.first].astype(np.float64), run.faces


@dataclass(frozen=True)
class Track:
    """One part through all stages of its arch. motion: relative to stage 0, None for what deforms; stages: how many its arch has.

    epochs: in order of stage; a part that is not there at first, or no longer at the end, has none there. found: what was bonded on or
    taken off: {"kind": "added" | "removed" | "reduced", "stage", "point": (3,) where stage 0 has it}. lost: the stage from which its
    movement is an estimate.
    """

    is_tooth: bool
    epochs: tuple[Epoch, ...]
    motion: Motion | None
    stages: int
    fdi: int | None = None
    found: tuple[dict[str, Any], ...] = ()
    lost: int | None = None

    def __post_init__(self) -> None:
        last = self.epochs[-1]
        if last.last >= self.stages - 1 and not last.open_end:
            object.__setattr__(self, "epochs", (*self.epochs[:-1], replace(last, open_end=True)))

    @property
    def whole(self) -> bool:
        """One geometry from the first to the last stage, as nearly every export has it."""
        return len(self.epochs) == 1 and self.epochs[0].first == 0 and self.epochs[0].last == self.stages - 1

    def moves(self) -> bool:
        if self.motion is not None:
            return self.motion.largest_shift_mm(self.epochs[0].start) > MOVES_MM
        if len(self.epochs) > 1:
            return True
        base = self.epochs[0].shapes[0]
        return any(float(np.abs(shape - base).max()) > MOVES_MM for shape in self.epochs[0].shapes[1:])

    def turned(self, turn: Floats) -> Track:
        """The same in another frame."""
        small = turn.T.astype(np.float32)
        epochs = tuple(
            replace(
                epoch,
                start=epoch.start @ turn.T,
                seen=tuple(replace(run, positions=run.positions @ small) for run in epoch.seen),
                shapes=None if epoch.shapes is None else epoch.shapes @ small,
            )
            for epoch in self.epochs
        )
        motion = self.motion
        if motion is not None:
            motion = Motion(turn @ motion.rotations @ turn.T, motion.translations @ turn.T, motion.residual_mm)
        found = tuple(one | {"point": turn @ one["point"]} for one in self.found)
        return replace(self, epochs=epochs, motion=motion, found=found)


def said(track: Track, name: str) -> list[str]:
    """Sentences about what is unusual with a tooth. name: what begins a sentence, “Tooth 21”."""
    notes = []
    begins, ends = track.epochs[0].first, track.epochs[-1]
    if begins > 0:
        notes.append(f"{name} is not in the models before stage {begins}; it is shown from then on.")
    if not ends.open_end:
        notes.append(f"{name} is not in the models after stage {ends.last}; it is shown until then.")
    if len(track.epochs) > 1:
        listed = ", ".join(str(epoch.first) for epoch in track.epochs[1:])
        notes.append(f"{name} changes its shape at stage {listed}.")
    if track.lost is not None:
        notes.append(f"{name} cannot be followed with certainty from stage {track.lost} on; its movement from there is an estimate.")
    return notes
