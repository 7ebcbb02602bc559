"""Small cases made in code: ellipsoid teeth in true places, a gingiva that follows them, and files that lie."""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from meshes import stl
from meshes.numbering import DEPTH_MM, QUADRANTS, WIDTH_MM

STAGES = 5
LONGITUDES, LATITUDES = 16, 9


@dataclass(frozen=True)
class TinyArch:
    """positions: (stages, n, 3) mm; faces (m, 3); truth: FDI -> 4x4 a stage since stage 0; centres: FDI -> (3,) at stage 0."""

    arch: str
    positions: np.ndarray
    faces: np.ndarray
    truth: dict[int, np.ndarray]
    centres: dict[int, np.ndarray]

    def triangles(self, stage: int) -> np.ndarray:
        return np.asarray(self.positions[stage][self.faces])

    def file(self, stage: int) -> bytes:
        return stl.write(self.triangles(stage))


def ellipsoid(size, longitudes=LONGITUDES, latitudes=LATITUDES):
    """Vertices and faces of a closed ellipsoid with the given box (3,), a little lopsided so that no turn is hidden."""
    vertices = [(0.0, 0.0, -1.0)]
    for i in range(1, latitudes):
        polar = np.pi * i / latitudes
        for j in range(longitudes):
            angle = 2 * np.pi * j / longitudes
            vertices.append((np.sin(polar) * np.cos(angle), np.sin(polar) * np.sin(angle), -np.cos(polar)))
    vertices.append((0.0, 0.0, 1.0))
    faces = []
    ring = lambda i, j: 1 + (i - 1) * longitudes + j % longitudes  # noqa: E731
    for j in range(longitudes):
        faces.append((0, ring(1, j + 1), ring(1, j)))
        faces.append((len(vertices) - 1, ring(latitudes - 1, j), ring(latitudes - 1, j + 1)))
        for i in range(1, latitudes - 1):
            faces += [(ring(i, j), ring(i, j + 1), ring(i + 1, j)), (ring(i, j + 1), ring(i + 1, j + 1), ring(i + 1, j))]
    points = np.array(vertices)
    points[:, 0] *= 1 + 0.1 * points[:, 2]
    return points * np.array(size) / 2, np.array(faces)


def places(arch, missing=()):
    """FDI -> (centre, axes) of teeth in contact along a parabola; axes: along the arch to the patient's left, buccal, up."""
    path_x = np.linspace(0, 32, 3000)
    path_y = 45 * (path_x / 32) ** 2.1
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(path_x), np.diff(path_y)))])
    found = {}
    for quadrant, side in zip(QUADRANTS[arch], (-1, 1), strict=True):
        reached = 0.0
        for digit in range(1, 8):
            width = WIDTH_MM[arch][digit]
            middle, reached = reached + width / 2, reached + width
            if quadrant * 10 + digit in missing:
                continue
            x, y = np.interp(middle, length, path_x), np.interp(middle, length, path_y)
            dx, dy = np.interp(middle + 0.3, length, path_x) - x, np.interp(middle + 0.3, length, path_y) - y
            left = np.array([dx, side * dy, 0]) / np.hypot(dx, dy)
            buccal = np.cross(left, [0, 0, 1])
            z = 5.0 if arch == "upper" else -5.0
            found[quadrant * 10 + digit] = (np.array([side * x, y, z]), np.stack([left, buccal, [0, 0, 1]], axis=1))
    return found


def tiny_arch(arch, stages=STAGES, *, fused=False, still=(17, 27, 37, 47), missing=(), seed=3):
    """One arch whose teeth (but `still`) move smoothly. fused: teeth and gingiva share border vertices in one shell."""
    rng = np.random.default_rng(seed)
    vertices, faces, groups = [], [], []
    truth, centres = {}, {}
    offset = 0
    for fdi, (centre, axes) in places(arch, missing).items():
        digit = fdi % 10
        points, triangles = ellipsoid((WIDTH_MM[arch][digit], DEPTH_MM[arch][digit], 9.0))
        vertices.append(points @ axes.T + centre)
        faces.append(triangles + offset)
        shift, turn = rng.normal(0, 0.7, 3), rng.normal(0, 5, 3)
        if fdi in still:
            shift, turn = np.zeros(3), np.zeros(3)
        poses = []
        for stage in range(stages):
            share = stage / max(stages - 1, 1)
            pose = np.eye(4)
            pose[:3, :3] = Rotation.from_rotvec(np.radians(turn * share)).as_matrix()
            pose[:3, 3] = centre + shift * share - pose[:3, :3] @ centre
            poses.append(pose)
        truth[fdi], centres[fdi] = np.array(poses), centre
        groups.append((fdi, offset, offset + len(points)))
        offset += len(points)
    gum, gum_faces = gingiva(arch)
    start = np.concatenate([*vertices, gum])
    all_faces = np.concatenate([*faces, gum_faces + offset])
    positions = np.repeat(start[None], stages, axis=0)
    for stage in range(stages):
        pull = np.zeros_like(gum)
        weight = np.zeros(len(gum))
        for fdi, first, last in groups:
            pose = truth[fdi][stage]
            positions[stage, first:last] = start[first:last] @ pose[:3, :3].T + pose[:3, 3]
            near = np.exp(-((np.linalg.norm(gum - centres[fdi], axis=1) / 6.0) ** 2))
            pull += near[:, None] * (gum @ pose[:3, :3].T + pose[:3, 3] - gum)
            weight += near
        positions[stage, offset:] = gum + pull / np.maximum(weight, 1.0)[:, None]
    if fused:
        bridges = [(first, offset + int(np.argmin(np.linalg.norm(gum - start[first], axis=1))), first + 1) for _, first, _ in groups]
        all_faces = np.concatenate([all_faces, np.array(bridges)])
    if arch == "lower":
        all_faces = all_faces[::-1]  # another vertex order than the upper arch, as in real exports
    return TinyArch(arch, positions.astype(np.float32), all_faces, truth, centres)


def gingiva(arch):
    """An open ridge along the necks: 90 stations of 9 points; open at the base and at both ends."""
    side = np.linspace(-1, 1, 90)
    x, y = 33 * side, 48 * np.abs(side) ** 2.1
    tangent = np.gradient(np.stack([x, y], axis=1), axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    outward = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    up = 1.0 if arch == "upper" else -1.0
    across = np.linspace(-1, 1, 9)
    vertices = []
    for i in range(len(side)):
        for v in across:
            vertices.append((x[i] + 6 * v * outward[i, 0], y[i] + 6 * v * outward[i, 1], up * (7.0 + 9.0 * v * v)))
    faces = []
    for i in range(len(side) - 1):
        for j in range(len(across) - 1):
            a, b = i * len(across) + j, (i + 1) * len(across) + j
            quads = [(a, a + 1, b), (a + 1, b + 1, b)]
            faces += quads if up < 0 else [face[::-1] for face in quads]
    return np.array(vertices), np.array(faces)


def tiny_case(stages=STAGES, lower_stages=None):
    return {"upper": tiny_arch("upper", stages), "lower": tiny_arch("lower", lower_stages or stages, seed=4)}


def case_files(case, names=None):
    """name -> bytes of every stage, in the naming of the first demo lab."""
    pattern = names or {"upper": "Maxillary_stage_{:02d}.stl", "lower": "Mandibular_stage_{:02d}.stl"}
    return {pattern[arch].format(stage): tiny.file(stage) for arch, tiny in case.items() for stage in range(len(tiny.positions))}


def zip_of(path: Path, files, *, compression=zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, data)
    return path


def mapping_of(case, names=None):
    pattern = names or {"upper": "Maxillary_stage_{:02d}.stl", "lower": "Mandibular_stage_{:02d}.stl"}
    return [
        {"name": pattern[arch].format(stage), "arch": arch, "stage": stage}
        for arch, tiny in case.items()
        for stage in range(len(tiny.positions))
    ]


def lying_header(data: bytes, count: int) -> bytes:
    return data[:80] + struct.pack("<I", count) + data[84:]


def with_corner(data: bytes, value: float) -> bytes:
    """The same binary STL with one coordinate replaced."""
    spoiled = bytearray(data)
    struct.pack_into("<f", spoiled, 84 + 12, value)
    return bytes(spoiled)
