"""The gingiva of one arch: a ridge along the necks of the finished teeth, with papillae between them and sockets for them.

Portal frame, mm. Open at the base, like the models labs export. Development only (scikit-image, trimesh).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import trimesh
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from scipy.spatial import cKDTree

from demo.models.anatomy import SIZES, Place
from demo.models.crowns import smooth_max, zero_level

Points = npt.NDArray[np.float64]

STEP_MM = 0.4
BASE_MM = 7.0
SOCKET_MM = 0.7
PULL_MM = 2.2
PULL_REACH_MM = 7.0
PULLED_BY = 3


@dataclass(frozen=True)
class WorldTooth:
    """A finished tooth: its place, vertices in the world and faces."""

    place: Place
    vertices: Points
    faces: npt.NDArray[np.int64]


def gingiva(arch: str, teeth: list[WorldTooth]) -> tuple[Points, npt.NDArray[np.int64]]:
    """Vertices and faces before simplification; teeth in order along the arch."""
    up = 1.0 if arch == "lower" else -1.0
    necks = np.array([tooth.place.frame[:3, 3] for tooth in teeth])
    sizes = [SIZES[arch][tooth.place.fdi % 10] for tooth in teeth]
    path, half = ridge(necks, np.array([size.buccolingual for size in sizes]) / 2)
    low, high = necks.min(axis=0) - np.array((12, 11, 12)), necks.max(axis=0) + np.array((12, 14, 12))
    low[2], high[2] = (necks[:, 2].min() - 12, necks[:, 2].max() + 6) if up > 0 else (necks[:, 2].min() - 6, necks[:, 2].max() + 12)
    axes = [np.arange(a, b, STEP_MM) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    flat = grid[:, :, 0, :2].reshape(-1, 2)
    away, nearest = cKDTree(path[:, :2]).query(flat)
    from_neck, tooth = cKDTree(necks[:, :2]).query(flat)
    width = np.array([size.mesiodistal for size in sizes])[tooth]
    papilla = 2.0 * np.clip(from_neck / (width / 2) - 0.35, 0, 1) ** 1.5 * np.exp(-((away / half[nearest]) ** 4))
    level = path[nearest, 2] * up + 0.5 + papilla
    shape = (*grid.shape[:2], 1)
    z = grid[..., 2] * up
    side = away.reshape(shape) - (half[nearest].reshape(shape) + 0.7 + np.clip((path[nearest, 2] * up).reshape(shape) - z, 0, 9) * 0.27)
    floor = (necks[:, 2] * up).min() - BASE_MM - 2.0
    field = smooth_max([side, z - level.reshape(shape), floor - z], 0.55)
    vertices, faces = zero_level(gaussian_filter(field, 0.9), STEP_MM)
    mesh = trimesh.Trimesh(vertices + low, faces[:, ::-1], process=True)
    if mesh.volume < 0:
        mesh.invert()
    mesh = max(mesh.split(only_watertight=False), key=lambda piece: len(piece.faces)).subdivide()
    trimesh.smoothing.filter_taubin(mesh, iterations=8)  # type: ignore[no-untyped-call]
    base = np.array([0.0, 0.0, ((necks[:, 2] * up).min() - BASE_MM) * up])
    cut = trimesh.intersections.slice_faces_plane(mesh.vertices, mesh.faces, [0.0, 0.0, up], base)  # type: ignore[no-untyped-call]
    mesh = trimesh.Trimesh(cut[0], cut[1], process=True)
    keep = np.ones(len(mesh.vertices), dtype=bool)
    for tooth_mesh in teeth:
        keep &= ~deep_inside(np.asarray(mesh.vertices), tooth_mesh)
    mesh.update_faces(keep[mesh.faces].all(axis=1))
    mesh.remove_unreferenced_vertices()
    mesh = max(mesh.split(only_watertight=False), key=lambda piece: len(piece.faces))
    return np.asarray(mesh.vertices, dtype=np.float64), np.asarray(mesh.faces, dtype=np.int64)


def ridge(necks: Points, half: npt.NDArray[np.float64]) -> tuple[Points, npt.NDArray[np.float64]]:
    """The line through the necks, continued at both ends and smoothed, and the ridge's half-width along it."""
    ends = np.vstack([necks[0] + 0.45 * (necks[0] - necks[1]), necks, necks[-1] + 0.45 * (necks[-1] - necks[-2])])
    at = np.linspace(0, len(ends) - 1, 900)
    path = np.stack([gaussian_filter1d(np.interp(at, np.arange(len(ends)), ends[:, axis]), 18) for axis in range(3)], axis=1)
    return path, gaussian_filter1d(np.interp(at, np.arange(len(ends)), np.concatenate([half[:1], half, half[-1:]])), 25)


def deep_inside(points: Points, tooth: WorldTooth) -> npt.NDArray[np.bool_]:
    """Which points lie more than SOCKET_MM inside the tooth."""
    low, high = tooth.vertices.min(axis=0), tooth.vertices.max(axis=0)
    near = np.flatnonzero(((points > low) & (points < high)).all(axis=1))
    out = np.zeros(len(points), dtype=bool)
    if len(near):
        normals = trimesh.Trimesh(tooth.vertices, tooth.faces, process=False).vertex_normals
        distance, nearest = cKDTree(tooth.vertices).query(points[near])
        behind = np.einsum("ni,ni->n", points[near] - tooth.vertices[nearest], normals[nearest]) < 0
        out[near[(distance > SOCKET_MM) & behind]] = True
    return out


def pulls(vertices: Points, teeth: list[WorldTooth]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Which teeth pull each vertex when they move, (n, PULLED_BY) indices and weights of 0..255; weights of a row sum to 255 at most."""
    weight = np.zeros((len(vertices), len(teeth)))
    for index, tooth in enumerate(teeth):
        distance, _ = cKDTree(tooth.vertices).query(vertices, distance_upper_bound=PULL_REACH_MM)
        weight[:, index] = np.where(np.isfinite(distance), np.exp(-((np.minimum(distance, 99.0) / PULL_MM) ** 2)), 0.0)
    strongest = np.argsort(-weight, axis=1)[:, :PULLED_BY]
    chosen = np.take_along_axis(weight, strongest, axis=1)
    chosen /= np.maximum(chosen.sum(axis=1, keepdims=True), 1.0)
    return strongest.astype(np.uint8), np.round(chosen * 255).astype(np.uint8)
