"""Following one tooth from a surface to another that does not share its vertices (point-to-plane, trimmed; Chen and Medioni 1991).

Most steps pair a point with the nearest vertex and its normal, the last ones with the nearest point of the surface itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from meshes.arrays import Faces, Floats, Points
from meshes.pack import nearest_on
from meshes.poses import rigid_motion

SAMPLES: Final = 1_400
"""Points that are followed; with more, the poses of real teeth grow no truer."""

LOOKED_AT: Final = 1_600
"""Points of each surface from which the two are compared afterwards."""

COARSE_STEPS: Final = 30
FINE_STEPS: Final = 3
TRIMMED: Final = 0.85
NEAR_MM: Final = 0.05
SOFT_MM: Final = 0.02
"""Residuals larger than this count less and less: an attachment or a stripped contact must not pull the tooth."""

SETTLED_MM: Final = 2e-5
SETTLED_RAD: Final = 2e-6
SNAPS_MM: Final = (0.4, 0.15, 0.05, 0.01, 0.005)
SAME_VERTICES: Final = 0.4
"""When this share of a tooth's vertices is found again within the last of SNAPS_MM, its triangles are the same ones."""

SAME_P98_MM: Final = 0.06
"""Two meshings of one tooth lie within this nearly everywhere; more, and its shape has changed."""

NEAR_MEDIAN_MM: Final = 0.03
"""A tooth is found again when half of it lies within this of where it is expected."""

CHANGED_MM: Final = 0.10


@dataclass(frozen=True)
class Target:
    """A surface to be found again. normals: (n, 3) unit, a vertex each."""

    vertices: Points
    faces: Faces
    normals: Points
    tree: cKDTree


@dataclass(frozen=True)
class Fit:
    """Where a tooth stands on a target. there: from the tooth's points to the target, mm; back: from the target's points to the tooth.

    seen: the target's points that were looked at (n, 3), world.
    """

    rotation: Floats
    translation: Floats
    there: Floats
    back: Floats
    seen: Points
    own: Points

    @property
    def found(self) -> bool:
        return float(np.median(self.there)) <= NEAR_MEDIAN_MM and float(np.median(self.back)) <= NEAR_MEDIAN_MM

    @property
    def same_shape(self) -> bool:
        return max(float(np.quantile(self.there, 0.98)), float(np.quantile(self.back, 0.98))) <= SAME_P98_MM and (
            max(grown(self.seen, self.back), grown(self.own, self.there)) == 0
        )


def target(vertices: Points, faces: Faces) -> Target:
    return Target(vertices, faces, vertex_normals(vertices, faces), cKDTree(vertices))


def vertex_normals(vertices: Points, faces: Faces) -> Points:
    corners = vertices[faces]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    out = np.stack([np.bincount(faces.ravel(), np.repeat(area[:, axis], 3), len(vertices)) for axis in range(3)], axis=1)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1), 1e-20)[:, None])


def spread(points: Points, count: int) -> Points:
    """About `count` of the points, always the same ones."""
    if len(points) <= count:
        return points
    return points[np.random.default_rng(0).choice(len(points), count, replace=False)]


def follow(points: Points, faces: Faces, goal: Target, rotation: Floats, translation: Floats) -> Fit:
    """The motion that takes the tooth (points (n, 3), mm) onto the target, from a guess that is a stage's movement away."""
    chosen = spread(points, SAMPLES)
    for _ in range(COARSE_STEPS):
        here = chosen @ rotation.T + translation
        distance, index = goal.tree.query(here)
        rotation, translation, small = stepped(here, goal.vertices[index], goal.normals[index], distance, rotation, translation)
        if small:
            break
    for _ in range(FINE_STEPS):
        here = chosen @ rotation.T + translation
        near = nearest_on(goal.vertices, goal.faces, here)
        on = np.einsum("nc,nci->ni", near.weights, goal.vertices[near.corners])
        sides = goal.vertices[near.corners]
        normal = np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0])
        normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-20)[:, None]
        rotation, translation, small = stepped(here, on, normal, near.distance, rotation, translation)
        if small:
            break
    rotation, translation = snapped(points, goal, rotation, translation)
    own = spread(points, LOOKED_AT)
    seen = spread(goal.vertices, LOOKED_AT)
    there = nearest_on(goal.vertices, goal.faces, own @ rotation.T + translation).distance
    back = nearest_on(points, faces, (seen - translation) @ rotation).distance
    return Fit(rotation, translation, there, back, seen, own @ rotation.T + translation)


def snapped(points: Points, goal: Target, rotation: Floats, translation: Floats) -> tuple[Floats, Floats]:
    """The exact motion when most vertices are the same ones, as when an attachment was added to a tooth; else the one given."""
    turn, shift = rotation, translation
    for reach in SNAPS_MM:
        distance, index = goal.tree.query(points @ turn.T + shift)
        pairs = distance <= reach
        if pairs.sum() < max(SAME_VERTICES * len(points), 12):
            return rotation, translation
        motion = rigid_motion(np.stack([points[pairs], goal.vertices[index[pairs]]]))
        turn, shift = motion.rotations[1], motion.translations[1]
    return turn, shift


def stepped(
    here: Points, there: Points, normals: Points, distance: Floats, rotation: Floats, translation: Floats
) -> tuple[Floats, Floats, bool]:
    """One step of the fit, and whether it was too small to matter."""
    kept = distance <= max(NEAR_MM, float(np.quantile(distance, TRIMMED)))
    residual = np.einsum("ni,ni->n", there[kept] - here[kept], normals[kept])
    centre = here[kept].mean(axis=0)
    slopes = np.hstack([np.cross(here[kept] - centre, normals[kept]), normals[kept]])
    weight = 1.0 / (1.0 + (residual / SOFT_MM) ** 2)
    weighted = slopes * weight[:, None]
    move = np.linalg.solve(slopes.T @ weighted + 1e-9 * np.eye(6), weighted.T @ residual)
    turn = Rotation.from_rotvec(move[:3]).as_matrix()
    small = bool(np.abs(move[3:]).max() < SETTLED_MM and np.abs(move[:3]).max() < SETTLED_RAD)
    return turn @ rotation, turn @ (translation - centre) + centre + move[3:], small


def grown(points: Points, distance: Floats) -> int:
    """How many groups of neighbouring points lie more than CHANGED_MM from the other surface; lone ones are meshing."""
    return len(patches(points, distance))


def patches(points: Points, distance: Floats, least: int = 12) -> list[Points]:
    """The groups of neighbouring points that lie more than CHANGED_MM away, the largest first."""
    far = points[distance > CHANGED_MM]
    if len(far) < least:
        return []
    reach_mm = max(0.7, 2.0 * float(np.median(cKDTree(points).query(far, 2)[0][:, 1])))
    pairs = cKDTree(far).query_pairs(reach_mm, output_type="ndarray")
    label = np.arange(len(far))
    for _ in range(len(far)):
        lower = label.copy()
        np.minimum.at(lower, pairs[:, 0], label[pairs[:, 1]])
        np.minimum.at(lower, pairs[:, 1], label[pairs[:, 0]])
        if np.array_equal(lower, label):
            break
        label = lower
    groups = [far[label == value] for value in np.unique(label)]
    return sorted((group for group in groups if len(group) >= least), key=len, reverse=True)
