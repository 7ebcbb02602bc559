"""One surface carried through shapes that are meshed anew: which point of the first becomes which point of each later one.

The nearest point alone will not do: where an open border moves along its surface, as the margin of a gingiva does with its teeth, the
vertices of the border stay behind. Borders are therefore carried onto borders, and the surface between them comes along.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from meshes.arrays import Faces, Floats, Indices, Mask, Points
from meshes.borders import border_edges, on_segment
from meshes.pack import nearest_on

REACH_MM: Final = 4.0
"""How far from a border the surface comes along with it: by 1/e at about this distance."""

NEAR_EDGES: Final = 6
STRAY_MM: Final = 0.03
"""A triangle is off a shape when a vertex of the shape nearest to it lies farther away than this."""

FEW: Final = 0.01
"""Fewer than this share of triangles that are off are left as they are."""

LEAST_EDGE_MM: Final = 0.12

Shape = tuple[Floats, Faces]
"""(n, 3) mm and (m, 3)."""


def carried(shapes: Sequence[Shape]) -> tuple[Floats, Faces]:
    """The first shape at every stage, (stages, n, 3) mm, and its faces; those that lie off a later shape are halved before."""
    points, faces = shapes[0]
    found = through(points, faces, shapes)
    off = np.zeros(len(faces), bool)
    for stage in {len(shapes) // 2, len(shapes) - 1}:
        off |= strayed(found[stage], faces, shapes[stage][0])
    if off.mean() < FEW:
        return found, faces
    points, faces = halved(points, faces, off)
    return through(points, faces, shapes), faces


def through(points: Points, faces: Faces, shapes: Sequence[Shape]) -> Floats:
    """points (n, 3), which lie on the first shape, at every stage: (stages, n, 3)."""
    border = np.unique(border_edges(faces))
    inner = np.setdiff1d(np.arange(len(points)), border)
    pull = Pull(points, faces, border, inner)
    found = np.empty((len(shapes), len(points), 3))
    found[0] = points
    for stage, (goal, goal_faces) in enumerate(shapes[1:], start=1):
        now = found[stage - 1].copy()
        if len(border) and len(edges := border_edges(goal_faces)):
            shift = nearest_on_edges(goal, edges, now[border]) - now[border]
            now[border] += shift
            now[inner] += pull(shift)
        near = nearest_on(goal, goal_faces, now[inner])
        now[inner] = np.einsum("nc,nci->ni", near.weights, goal[near.corners])
        found[stage] = now
    return found


class Pull:
    """What a shift of the border does to the vertices between: the screened Laplace equation on the edges of the mesh, solved once."""

    def __init__(self, points: Points, faces: Faces, border: Indices, inner: Indices) -> None:
        self.inner = inner
        self.solved = None
        if not len(border) or not len(inner):
            return
        count, (a, b) = len(points), unique_edges(faces).T
        length = np.maximum(np.linalg.norm(points[a] - points[b], axis=1), 1e-6)
        weight = np.median(length) / length
        beside = sparse.coo_matrix((np.r_[weight, weight], (np.r_[a, b], np.r_[b, a])), shape=(count, count)).tocsr()
        corners = points[faces]
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
        mass = np.bincount(faces.ravel(), np.repeat(area / 3, 3), minlength=count)
        system = sparse.diags(np.asarray(beside.sum(axis=1)).ravel() + mass / REACH_MM**2 + 1e-9) - beside
        rows = system.tocsr()[inner]
        self.solved, self.towards = splu(rows[:, inner].tocsc()), rows[:, border]

    def __call__(self, shift: Floats) -> Floats:
        """shift (k, 3) of the border → shift of the inner vertices."""
        return np.zeros((len(self.inner), 3)) if self.solved is None else np.asarray(self.solved.solve(-(self.towards @ shift)))


def nearest_on_edges(points: Points, edges: Indices, sought: Points) -> Points:
    """For each point sought the nearest on these edges (k, 2) of points, among those whose middles are nearest."""
    start, end = points[edges[:, 0]], points[edges[:, 1]]
    count = min(NEAR_EDGES, len(edges))
    near = np.asarray(cKDTree((start + end) / 2).query(sought, count)[1]).reshape(len(sought), count)
    best, found = np.full(len(sought), np.inf), sought.copy()
    for column in near.T:
        there = on_segment(sought, start[column], end[column])
        gap = np.linalg.norm(there - sought, axis=1)
        better = gap < best
        best[better], found[better] = gap[better], there[better]
    return found


def unique_edges(faces: Faces) -> Indices:
    """(k, 2) each edge once, lower vertex first."""
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    return np.asarray(np.unique(edges, axis=0), dtype=np.int64)


def strayed(points: Points, faces: Faces, goal: Points) -> Mask:
    """(m,) the faces nearest to a point of the goal that lies farther than STRAY_MM from the surface."""
    near = nearest_on(points, faces, goal)
    off = np.zeros(len(faces), bool)
    off[near.face[near.distance > STRAY_MM]] = True
    return off


def halved(points: Points, faces: Faces, chosen: Mask) -> Shape:
    """The chosen faces halved across their longest edge, and their neighbours where they share it; new vertices are middles of edges."""
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    every, of_face = np.unique(edges, axis=0, return_inverse=True)
    of_face = np.reshape(of_face, (-1, 3))
    length = np.linalg.norm(points[every[:, 0]] - points[every[:, 1]], axis=1)
    cut = np.zeros(len(every), bool)
    cut[of_face[chosen, np.argmax(length[of_face[chosen]], axis=1)]] = True
    cut &= length > LEAST_EDGE_MM
    middle = np.full(len(every), -1)
    middle[cut] = len(points) + np.arange(cut.sum())
    at = middle[of_face]
    made = [faces[(at < 0).all(axis=1)]]
    for turn in range(3):
        corner, mid = np.roll(faces, -turn, axis=1), np.roll(at, -turn, axis=1)
        one = (mid[:, 0] >= 0) & (mid[:, 1:] < 0).all(axis=1)
        two = (mid[:, :2] >= 0).all(axis=1) & (mid[:, 2] < 0)
        (a, b, c), m = corner[one].T, mid[one, 0]
        made += [np.stack([a, m, c], axis=1), np.stack([m, b, c], axis=1)]
        (a, b, c), (m, n, _) = corner[two].T, mid[two].T
        made += [np.stack([m, b, n], axis=1), np.stack([a, m, n], axis=1), np.stack([a, n, c], axis=1)]
    three = (at >= 0).all(axis=1)
    (a, b, c), (m, n, o) = faces[three].T, at[three].T
    made += [np.stack(corners, axis=1) for corners in ((a, m, o), (m, b, n), (o, n, c), (m, n, o))]
    return np.concatenate([points, points[every[cut]].mean(axis=1)]), np.concatenate(made).astype(np.int32)
