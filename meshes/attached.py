"""What the models show of attachments and stripped contacts: proposals for a technician, read from how the teeth's shapes change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import numpy as np

from meshes.arrays import Floats
from meshes.tracks import Track

SAME_PLACE_MM: Final = 2.5
"""Something taken off this near to where something was bonded on is the same attachment."""

Followed: TypeAlias = tuple[str, int | None, Track, Floats]
"""(key of the part, its FDI number, its track, its poses)"""


def attachments(parts: Iterable[Followed]) -> list[dict[str, Any]]:
    """[{key, fdi, added: stage, removed: stage | None, point}] in order of part and stage.

    point: mm, in the frame of the part's node, on the tooth's surface. One that is there from the start has added 0.
    """
    rows: list[dict[str, Any]] = []
    for key, fdi, track, poses in parts:
        mine: list[dict[str, Any]] = []
        for one in sorted(track.found, key=lambda one: one["stage"]):
            place = np.asarray(one["point"]) - poses[0, :3]
            if one["kind"] == "added":
                mine.append({"key": key, "fdi": fdi, "added": one["stage"], "removed": None, "point": place})
            elif one["kind"] == "removed":
                on = [row for row in mine if row["removed"] is None and np.linalg.norm(row["point"] - place) <= SAME_PLACE_MM]
                if on:
                    on[0]["removed"] = one["stage"]
                else:
                    mine.append({"key": key, "fdi": fdi, "added": 0, "removed": one["stage"], "point": place})
        rows += [row | {"point": rounded(row["point"])} for row in mine]
    return rows


def reductions(parts: Iterable[Followed]) -> list[dict[str, Any]]:
    """[{key, fdi, stage, point}]: where a tooth has less enamel from that stage on; point as in `attachments`."""
    return [
        {"key": key, "fdi": fdi, "stage": one["stage"], "point": rounded(np.asarray(one["point"]) - poses[0, :3])}
        for key, fdi, track, poses in parts
        for one in track.found
        if one["kind"] == "reduced"
    ]


def rounded(point: Floats) -> list[float]:
    return [round(float(value), 3) for value in point]
