"""The gingiva through the stages, and an arch of which nothing can be followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from meshes.carrying import carried
from meshes.errors import DegenerateShape
from meshes.poses import Motion, rigid_motion
from meshes.staging import Run
from meshes.tracks import Epoch, Track

GUM_EPOCHS: Final = 4
"""A gingiva that is meshed anew more often than this is carried from stage to stage instead of stored anew each time."""


def follow_gum(runs: Sequence[Run], stages: int) -> Track:
    """The gingiva: its runs with equal triangles are one; else a few epochs; else the first shape, laid onto each later one."""
    joined: list[list[Run]] = [[runs[0]]]
    for run in runs[1:]:
        known = joined[-1][0]
        same = run.positions.shape[1] == known.positions.shape[1] and np.array_equal(run.faces, known.faces)
        if same:
            joined[-1].append(run)
        else:
            joined.append([run])
    if len(joined) > GUM_EPOCHS:
        return laid_on(runs, stages)
    epochs = []
    for index, group in enumerate(joined):
        shapes = np.concatenate([run.positions for run in group]) if len(group) > 1 else group[0].positions
        last = joined[index + 1][0].first - 1 if index + 1 < len(joined) else stages - 1
        first = 0 if index == 0 else group[0].first
        epochs.append(Epoch(first, last, shapes[0].astype(np.float64), group[0].faces, tuple(group), shapes=shapes))
    motion = whole_motion(epochs[0]) if len(epochs) == 1 else None
    return Track(False, tuple(epochs), motion, stages)


def whole_motion(epoch: Epoch) -> Motion | None:
    """The rigid motion of a gingiva that moves as one, most often not at all."""
    try:
        motion = rigid_motion(epoch.shapes)
    except DegenerateShape:
        return None
    return motion if motion.is_rigid else None


def laid_on(runs: Sequence[Run], stages: int) -> Track:
    """The first shape carried from stage to stage (carrying.py); after the last run it stays."""
    met = [(positions.astype(np.float64), run.faces) for run in runs for positions in run.positions]
    found, faces = carried(met)
    shapes = np.empty((stages, *found.shape[1:]), np.float32)
    shapes[: len(found)], shapes[len(found) :] = found, found[-1]
    return Track(False, (Epoch(0, stages - 1, shapes[0].astype(np.float64), faces, tuple(runs), exact=False, shapes=shapes),), None, stages)


def each_by_itself(runs: Sequence[Run], stages: int) -> list[Track]:
    """An arch whose parts cannot be followed: one part that has another shape at every stage."""
    epochs = []
    for run in runs:
        for index, positions in enumerate(run.positions):
            first = run.first + index
            alone = Run(first, run.positions[index : index + 1], run.faces)
            epochs.append(Epoch(first, first, positions.astype(np.float64), run.faces, (alone,), exact=False, shapes=alone.positions))
    epochs[-1] = replace(epochs[-1], last=stages - 1)
    return [Track(False, tuple(epochs), None, stages)]
