"""The pictures of a version: every view at the start and at the planned end, and a small one for lists.

Drawn from the preview's parts, whose tenth of the triangles shows no difference at these sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from meshes import pictures
from meshes.arrays import Faces
from meshes.glb import Piece
from meshes.names import LOWER, UPPER

LARGE: Final = (880, 528)
SIZE: Final = (640, 384)
SHARP: Final = 1.25
LARGE_SHARP: Final = 1.5
LIST_SIZE: Final = (160, 96)
LIST_PICTURE: Final = "list.webp"
ONE_ARCH: Final = {"upper": UPPER, "lower": LOWER}
"""Views that show their own arch alone."""


def write(
    pieces: Sequence[Piece],
    last_stage: int,
    out: Path,
    drawn_so_far: Callable[[int, int], None],
    taken_out: Mapping[str, int] | None = None,
) -> dict[str, dict[str, str]]:
    """view -> {"start", "end"} -> the file's name in `out`, plus {"list": {"end": …}}; a view of an arch that is not there is left out.

    The front at the end is `front.webp`, larger than the others; at the start `front_start.webp`; the rest likewise. drawn_so_far is told
    before each picture how many of how many are drawn. taken_out: key of a tooth -> the stage from which it is not in the mouth.
    """
    gone = taken_out or {}
    closed = {piece.node: not open_edges(piece.faces) for piece in pieces if piece.kind == "tooth"}
    found: dict[str, dict[str, str]] = {}
    for moment, stage in (("end", last_stage), ("start", 0)):
        present = [piece for piece in pieces if piece.is_shown(stage) and stage < gone.get(piece.key, last_stage + 1)]
        solids = {piece.key: solid(piece, stage, closed.get(piece.node, False)) for piece in present}
        for index, view in enumerate(pictures.VIEWS):
            drawn_so_far(index + (len(pictures.VIEWS) if moment == "start" else 0), 2 * len(pictures.VIEWS))
            drawn = [solids[piece.key] for piece in present if ONE_ARCH.get(view, piece.arch) == piece.arch]
            if not drawn:
                continue
            name = f"{view}.webp" if moment == "end" else f"{view}_start.webp"
            first = view == "front" and moment == "end"
            picture = pictures.render(drawn, view, *LARGE, sharp=LARGE_SHARP) if first else pictures.render(drawn, view, *SIZE, sharp=SHARP)
            (out / name).write_bytes(pictures.webp(picture))
            found.setdefault(view, {})[moment] = name
        if moment == "end":
            (out / LIST_PICTURE).write_bytes(pictures.webp(pictures.render(list(solids.values()), "front", *LIST_SIZE)))
            found["list"] = {"end": LIST_PICTURE}
    return found


def solid(piece: Piece, stage: int, closed: bool) -> pictures.Solid:
    if piece.kind == "tooth":
        return pictures.Solid(piece.at(stage), piece.faces, pictures.TOOTH, 0.16, closed=closed)
    return pictures.Solid(piece.at(stage), piece.faces, pictures.GINGIVA, 0.04)


def open_edges(faces: Faces) -> bool:
    """Whether any edge belongs to a single triangle."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1).astype(np.int64)
    counts = np.unique(edges[:, 0] << 32 | edges[:, 1], return_counts=True)[1]
    return bool((counts == 1).any())
