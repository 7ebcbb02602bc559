"""Thin out the open borders of a surface without moving them.

pyfqmr keeps open borders by keeping every vertex of them; a gingiva with fine sockets then keeps a third of its triangles
whatever is asked. Here border vertices that lie on the line between their neighbours are taken out first.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from meshes.arrays import Faces, Floats, Indices, Mask, Points

STRAIGHT_MM: Final = 0.03
"""A border vertex nearer than this to the line between its neighbours may go."""

PASSES: Final = 40
LEAST_TURN: Final = 0.3
"""Cosine between a triangle's direction before and after: less, and the removal would fold the surface."""


def thinned(vertices: Points, faces: Faces, tolerance_mm: float = STRAIGHT_MM) -> Faces:
    """Faces without the border vertices that are not needed; the remaining vertices stay where they are.

    A vertex slides onto a neighbour along the border, several independent ones a pass, measured against the border as
    it was at first so that errors do not add up.
    """
    rng = np.random.default_rng(0)
    slack = np.zeros(len(vertices))
    for _ in range(PASSES):
        removed, onto = candidates(vertices, faces, slack, tolerance_mm, rng)
        if len(removed) < 4:
            break
        replaced = np.arange(len(vertices), dtype=np.int32)
        replaced[removed] = onto
        moved = replaced[faces]
        keep = (moved[:, 0] != moved[:, 1]) & (moved[:, 1] != moved[:, 2]) & (moved[:, 2] != moved[:, 0])
        faces = moved[keep]
    return faces


def border_edges(faces: Faces) -> Indices:
    """(k, 2) directed edges that belong to one triangle only."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    low, high = np.minimum(edges[:, 0], edges[:, 1]), np.maximum(edges[:, 0], edges[:, 1])
    _, first, count = np.unique(low << 32 | high, return_index=True, return_counts=True)
    return np.asarray(edges[first[count == 1]], dtype=np.int64)


def candidates(vertices: Points, faces: Faces, slack: Floats, tolerance_mm: float, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Border vertices to take out in one pass and the border neighbour each slides onto; no two share a triangle.

    slack (updated): how far the border near each vertex may already lie from where it was, mm.
    """
    count = len(vertices)
    border = border_edges(faces)
    after = np.full(count, -1, np.int64)
    before = np.full(count, -1, np.int64)
    after[border[:, 0]] = border[:, 1]
    before[border[:, 1]] = border[:, 0]
    simple: Mask = (np.bincount(border[:, 0], minlength=count) == 1) & (np.bincount(border[:, 1], minlength=count) == 1)
    chosen = np.flatnonzero(simple)
    a, b = before[chosen], after[chosen]
    away = from_segment(vertices[chosen], vertices[a], vertices[b])
    worst = away + np.maximum(slack[chosen], np.maximum(slack[a], slack[b]))
    chosen = chosen[(worst <= tolerance_mm) & (a != b)]
    priority = np.full(count, -1.0)
    priority[chosen] = rng.random(len(chosen))
    chosen = chosen[strongest_in_ring(faces, priority)[chosen] <= priority[chosen]]
    chosen = chosen[~folds(vertices, faces, chosen, before)]
    a, b = before[chosen], after[chosen]
    error = from_segment(vertices[chosen], vertices[a], vertices[b]) + np.maximum(slack[chosen], np.maximum(slack[a], slack[b]))
    np.maximum.at(slack, a, error)
    np.maximum.at(slack, b, error)
    return chosen, a


def on_segment(points: Points, start: Points, end: Points) -> Points:
    """(n, 3) the point of each segment nearest to each point."""
    along = end - start
    share = np.clip(np.einsum("ni,ni->n", points - start, along) / np.maximum(np.einsum("ni,ni->n", along, along), 1e-20), 0, 1)
    return np.asarray(start + share[:, None] * along)


def from_segment(points: Points, start: Points, end: Points) -> Floats:
    gap = on_segment(points, start, end) - points
    return np.asarray(np.sqrt(np.einsum("ni,ni->n", gap, gap)))


def strongest_in_ring(faces: Faces, priority: Floats) -> Floats:
    """(n,) the highest priority among the vertices that share a triangle with each vertex, itself included."""
    highest = priority[faces].max(axis=1)
    out = np.full(len(priority), -np.inf)
    for corner in range(3):
        np.maximum.at(out, faces[:, corner], highest)
    return out


def folds(vertices: Points, faces: Faces, chosen: Indices, onto: Indices) -> Mask:
    """Which removals would turn a triangle over or pinch the surface (more than one triangle vanishes)."""
    is_chosen = np.zeros(len(vertices), bool)
    is_chosen[chosen] = True
    touched = faces[is_chosen[faces].any(axis=1)]
    corner = np.argmax(is_chosen[touched], axis=1)
    gone = touched[np.arange(len(touched)), corner].astype(np.int64)
    target = onto[gone]
    new = np.where(touched == gone[:, None], target[:, None], touched)
    vanishes = (touched == target[:, None]).any(axis=1)
    old_normal, new_normal = normals(vertices[touched]), normals(vertices[new])
    turned = np.einsum("ni,ni->n", old_normal, new_normal) < LEAST_TURN
    bad = np.zeros(len(vertices), bool)
    bad[gone[turned & ~vanishes]] = True
    bad |= np.bincount(gone[vanishes], minlength=len(vertices)) > 1
    return np.asarray(bad[chosen])


def normals(triangles: Floats) -> Floats:
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    return np.asarray(normal / np.maximum(np.sqrt(np.einsum("ni,ni->n", normal, normal)), 1e-20)[:, None])
