"""One arch taken apart: each tooth by itself, and the gingiva with everything that does not move by itself.

Shells first (a set of connected triangles); when the teeth are fused into one surface, regions that move rigidly are
grown from seeds. A tooth of a fused surface that never moves cannot be told from gingiva and stays with it.
Every triangle ends up in exactly one part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from meshes.arrays import Faces, Indices, Mask, Positions
from meshes.errors import DegenerateShape
from meshes.poses import RIGID_MM, Motion, residuals, rigid_motion

TOOTH_MIN_MM: Final = 3.0
TOOTH_MAX_MM: Final = 26.0
"""Longest side of a tooth's box, with a virtual root. An arch's gingiva is far longer."""

CRUMB_VERTICES: Final = 24
"""Shells smaller than this are no tooth: crumbs of meshing, or an attachment's corner."""

FUSED_WHEN_FEWER_THAN: Final = 4
"""With fewer tooth shells than this in an arch, the surface is taken to be fused and is cut by motion."""

SEED_NEIGHBOURS: Final = 40
REGION_MIN_VERTICES: Final = 100
REGION_TOLERANCE_MM: Final = 4e-3
SEEDS: Final = 600
KEY_STAGES: Final = 7
MOVES_MM: Final = 0.02


@dataclass(frozen=True)
class Part:
    """A piece of one arch.

    vertices: indices into the arch's vertices; faces: (m, 3) into `vertices`;
    motion: its rigid motion, or None when it deforms; is_tooth: False for the gingiva.
    """

    vertices: Indices
    faces: Faces
    motion: Motion | None
    is_tooth: bool

    def moves(self, positions: Positions) -> bool:
        """Whether anything in it ever leaves its place by more than MOVES_MM."""
        base = positions[0][self.vertices]
        return any(float(np.abs(positions[stage][self.vertices] - base).max()) > MOVES_MM for stage in range(1, len(positions)))


def shells(vertex_count: int, faces: Faces) -> Indices:
    """(n,) the shell of each vertex: what can be reached over triangles."""
    edges = np.concatenate([faces[:, :2], faces[:, 1:]])
    graph = coo_matrix((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), (vertex_count, vertex_count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def take_apart(positions: Positions, faces: Faces) -> tuple[list[Part], list[str]]:
    """The parts of one arch, teeth first (in no order), then at most one gingiva; and sentences about what was unusual.

    positions: (stages, n, 3) mm; faces: (m, 3).
    """
    labels = shells(positions.shape[1], faces)
    notes: list[str] = []
    teeth = tooth_shells(positions, labels)
    if len(teeth) < FUSED_WHEN_FEWER_THAN and len(positions) > 1:
        labels = cut_by_motion(positions, labels, teeth)
        teeth = tooth_shells(positions, labels)
        if teeth:
            notes.append(
                "The teeth are fused with the gingiva; they were told apart by their movement. Teeth that never move stay with the gingiva."
            )
    teeth, absorbed = absorb_attached(positions, labels, teeth)
    labels = absorbed
    face_label = np.where((labels[faces] == labels[faces[:, :1]]).all(axis=1), labels[faces[:, 0]], -1)
    parts = []
    for label, motion in teeth.items():
        mine = face_label == label
        if mine.any():
            vertices, local = compact(faces[mine])
            parts.append(Part(vertices, local, motion, is_tooth=True))
    rest = ~np.isin(face_label, list(teeth))
    if rest.any():
        vertices, local = compact(faces[rest])
        parts.append(Part(vertices, local, rigid_or_none(positions[:, vertices]), is_tooth=False))
        notes += deforming_teeth(positions, labels[vertices], vertices)
    return parts, notes


def compact(faces: Faces) -> tuple[Indices, Faces]:
    """The vertices a set of faces uses, and the faces renumbered to them."""
    vertices, local = np.unique(faces, return_inverse=True)
    return vertices.astype(np.int64), local.reshape(-1, 3).astype(np.int32)


def rigid_or_none(positions: Positions) -> Motion | None:
    try:
        motion = rigid_motion(positions)
    except DegenerateShape:
        return None
    return motion if motion.is_rigid else None


def box_mm(positions: Positions, chosen: Indices) -> float:
    """Longest side of the stage-0 box of these vertices."""
    points = positions[0][chosen]
    return float((points.max(axis=0) - points.min(axis=0)).max())


def tooth_shells(positions: Positions, labels: Indices) -> dict[int, Motion]:
    """The labels that are as large as a tooth and move as one."""
    found: dict[int, Motion] = {}
    for label, chosen in members(labels):
        if len(chosen) < CRUMB_VERTICES or not TOOTH_MIN_MM <= box_mm(positions, chosen) <= TOOTH_MAX_MM:
            continue
        motion = rigid_or_none(positions[:, chosen])
        if motion:
            found[label] = motion
    return found


def members(labels: Indices) -> list[tuple[int, Indices]]:
    """Each label (but -1) with the vertices that carry it, in ascending order of label."""
    order = np.argsort(labels, kind="stable")
    values, starts = np.unique(labels[order], return_index=True)
    return [(int(value), np.sort(chosen)) for value, chosen in zip(values, np.split(order, starts[1:]), strict=True) if value >= 0]


def absorb_attached(positions: Positions, labels: Indices, teeth: dict[int, Motion]) -> tuple[dict[int, Motion], Indices]:
    """Give small shells that ride on a tooth (attachments, crumbs) to that tooth.

    A shell rides on a tooth when the tooth's motion carries it within RIGID_MM and it touches the tooth's box.
    A tooth-sized shell stays a tooth.
    """
    labels = labels.copy()
    boxes = {label: (positions[0][labels == label].min(axis=0) - 0.5, positions[0][labels == label].max(axis=0) + 0.5) for label in teeth}
    volume = {label: float(np.prod(high - low)) for label, (low, high) in boxes.items()}
    attached: set[int] = set()
    for label, chosen in members(labels):
        if label in teeth and volume[label] > 0.08 * float(np.median(list(volume.values()))):
            continue
        if label not in teeth and box_mm(positions, chosen) > TOOTH_MAX_MM:
            continue
        points = positions[0][chosen]
        for tooth, motion in teeth.items():
            low, high = boxes[tooth]
            if tooth == label or tooth in attached or (points.min(axis=0) > high).any() or (points.max(axis=0) < low).any():
                continue
            if residuals(motion, positions[:, chosen]).max() <= RIGID_MM:
                labels[chosen] = tooth
                attached.add(label)
                break
    return {label: motion for label, motion in teeth.items() if label not in attached}, labels


def deforming_teeth(positions: Positions, labels: Indices, vertices: Indices) -> list[str]:
    """A sentence when a shell the size of a tooth changes its shape between stages and therefore stays with the gingiva."""
    count = 0
    for _, chosen in members(labels):
        if len(chosen) >= REGION_MIN_VERTICES and TOOTH_MIN_MM <= box_mm(positions, vertices[chosen]) <= TOOTH_MAX_MM:
            count += 1
    if not count:
        return []
    return [f"{count} pieces the size of a tooth change their shape between stages; they are shown with the gingiva."]


def cut_by_motion(positions: Positions, labels: Indices, teeth: dict[int, Motion]) -> Indices:
    """Grow rigid regions in what is no tooth shell; returns new labels, the rest keeping one label of its own.

    Greedy: a seed and its neighbours, their common motion, every vertex that follows it, again until it grows no more.
    Regions that stand still, or reach farther than a tooth, belong to the gingiva.
    """
    keys = np.unique(np.linspace(0, len(positions) - 1, KEY_STAGES).astype(int))
    points = positions[keys]
    out = labels.copy()
    following = int(labels.max()) + 1
    free = ~np.isin(labels, list(teeth))
    shift = np.abs(points[1:] - points[0]).max(axis=(0, 2))
    candidates: Mask = free & (shift > MOVES_MM)
    if candidates.sum() < REGION_MIN_VERTICES:
        return out
    tree = cKDTree(points[0])
    rng = np.random.default_rng(0)
    for _ in range(SEEDS):
        left = np.flatnonzero(candidates)
        if len(left) < REGION_MIN_VERTICES:
            break
        seed = int(rng.choice(left))
        near = np.asarray(tree.query(points[0][seed], SEED_NEIGHBOURS)[1])
        region = grow(points, near[free[near]], free)
        if region is None:
            candidates[seed] = False
            continue
        candidates[region] = False
        candidates[near] = False
        if len(region) >= REGION_MIN_VERTICES and box_mm(positions, region) <= TOOTH_MAX_MM and shift[region].max() > MOVES_MM:
            out[region] = following
            free[region] = False
            following += 1
    return out


def grow(points: Positions, seed: Indices, free: Mask) -> Indices | None:
    """The free vertices that share the seed's rigid motion, or None when the seed itself does not move as one."""
    if len(seed) < SEED_NEIGHBOURS // 2:
        return None
    rng = np.random.default_rng(len(seed))
    current = seed
    try:
        motion = rigid_motion(points[:, current])
        if motion.residual_mm > REGION_TOLERANCE_MM:
            return None
        open_vertices = np.flatnonzero(free)
        for _ in range(6):
            new = open_vertices[residuals(motion, points[:, open_vertices]) < REGION_TOLERANCE_MM]
            if len(new) <= len(current):
                return new
            current = new
            sample = current if len(current) <= 4000 else rng.choice(current, 4000, replace=False)
            motion = rigid_motion(points[:, sample])
    except DegenerateShape:
        return None
    return current
