"""Triangle corners back to vertices, exactly: equal bytes are one vertex, nothing is snapped.

With the same vertex order at every stage, corner k of stage 0 and corner k of stage 9 are the same vertex, so one
weld serves all stages.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from meshes.arrays import Faces, Indices, Positions
from meshes.stl import Triangles

SAME_VERTEX_MM = 2e-3
"""Corners of one vertex may differ by this much at other stages: text exports round to three decimals."""

_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)


def weld(stages: Sequence[Triangles]) -> tuple[Indices, Faces]:
    """Which corners are one vertex, judged at all the given stages together.

    stages: arrays (n, 3, 3) in the same order. Judging several stages keeps two teeth apart that only touch at one.
    Returns the index of the first corner of each vertex, in order of appearance, and the faces (n, 3).
    """
    corners = 3 * len(stages[0])
    words = np.concatenate([np.ascontiguousarray(stage).reshape(corners, 3).view(np.uint32) for stage in stages], axis=1)
    keys = np.zeros(corners, np.uint64)
    with np.errstate(over="ignore"):
        for column in range(words.shape[1]):
            keys = (keys ^ words[:, column].astype(np.uint64)) * _MIX[column % 3]
            keys ^= keys >> np.uint64(29)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    if not np.array_equal(words[first][inverse], words):  # two points met in one 64-bit key
        _, first, inverse = np.unique(words, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order].astype(np.int64), rank[inverse.reshape(-1)].reshape(-1, 3).astype(np.int32)


def vertices_at(triangles: Triangles, first_corner: Indices) -> Positions:
    """(n, 3) float32: the welded vertices at one stage."""
    return triangles.reshape(-1, 3)[first_corner]


def spread_mm(triangles: Triangles, vertices: Positions, faces: Faces) -> float:
    """How far corners of one vertex lie apart at this stage: above SAME_VERTEX_MM the order is not the same."""
    widest = 0.0
    for start in range(0, len(faces), 1 << 18):
        part = slice(start, start + (1 << 18))
        widest = max(widest, float(np.abs(triangles[part] - vertices[faces[part]]).max()))
    return widest
