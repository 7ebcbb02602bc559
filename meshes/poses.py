"""Motion out of matching vertices: rigid fits for teeth, a few morph targets for gingiva.

A pose is where a part stands at a stage: rotation (3, 3) and translation (3,) with world = rotation @ local + translation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from meshes.arrays import Floats, Points, Positions
from meshes.errors import DegenerateShape

RIGID_MM: Final = 5e-3
"""A part whose every vertex follows its best rigid motion within this is rigid (meshes.md, step 3)."""

MORPH_MM: Final = 6e-3
"""Largest error of the gingiva's morph targets before packing; packing adds the rest of the 20 µm allowed."""

FOLLOWED_MM: Final = 16e-3
FOLLOWED_SHARE: Final = 0.99
"""What is meshed anew at each stage strays by its mesh as well as by its shape: FOLLOWED_MM is kept by this share of its coordinates."""

MAX_TARGETS: Final = 12
CHUNK: Final = 1 << 16


@dataclass(frozen=True)
class Motion:
    """How one part stands at every stage, relative to stage 0.

    rotations: (stages, 3, 3); translations: (stages, 3), mm; residual_mm: the farthest any vertex strays from it.
    """

    rotations: Floats
    translations: Floats
    residual_mm: float

    @property
    def is_rigid(self) -> bool:
        return self.residual_mm <= RIGID_MM

    def applied(self, points: Points, stage: int) -> Points:
        return np.asarray(points @ self.rotations[stage].T + self.translations[stage])

    def largest_shift_mm(self, points: Points) -> float:
        """The farthest any of these stage-0 points (n, 3) ever moves."""
        return max(float(np.linalg.norm(self.applied(points, stage) - points, axis=1).max()) for stage in range(len(self.rotations)))


def rigid_fit(before: Points, after: Points) -> tuple[Floats, float]:
    """Best rigid motion taking `before` to `after` (Kabsch 1976).

    before, after: (n, 3) float64, mm, matching rows, n >= 3.
    Returns the 4x4 pose and the largest residual in mm.
    Raises DegenerateShape when the points lie on a line.
    """
    motion = rigid_motion(np.stack([before, after]))
    pose = np.eye(4)
    pose[:3, :3] = motion.rotations[1]
    pose[:3, 3] = motion.translations[1]
    return pose, motion.residual_mm


def rigid_motion(positions: Positions | Floats) -> Motion:
    """The best rigid motion from stage 0 to every stage at once (Kabsch 1976).

    positions: (stages, n, 3), mm, n >= 3. Raises DegenerateShape when the points lie on a line.
    """
    points = np.asarray(positions, dtype=np.float64)
    centres = points.mean(axis=1)
    local = points - centres[:, None]
    size = (
        np.linalg.svd(local[0], compute_uv=False)
        if len(local[0]) < 64
        else np.sqrt(np.linalg.eigvalsh(local[0].T @ local[0])[::-1].clip(0))
    )
    if size[1] <= 1e-6 * max(size[0], 1e-12):
        raise DegenerateShape(f"{points.shape[1]} points on a line have no orientation.")
    u, _, vt = np.linalg.svd(np.einsum("ni,snj->sij", local[0], local, optimize=True))
    flip = np.linalg.det(u) * np.linalg.det(vt)
    vt[:, 2] *= np.sign(flip)[:, None]
    rotations = np.einsum("sij,sjk->sik", u, vt).transpose(0, 2, 1)
    translations = centres - np.einsum("sij,j->si", rotations, centres[0])
    residual = 0.0
    for stage in range(len(points)):
        gap = local[0] @ rotations[stage].T - local[stage]
        residual = max(residual, float(np.einsum("ij,ij->i", gap, gap).max()) ** 0.5)
    return Motion(rotations, translations, residual)


def residuals(motion: Motion, positions: Positions | Floats) -> Floats:
    """(n,) mm: how far each vertex of `positions` (stages, n, 3) strays from the motion, at its worst stage."""
    base = np.asarray(positions[0], dtype=np.float64)
    worst = np.zeros(len(base))
    for stage in range(len(positions)):
        gap = motion.applied(base, stage) - positions[stage]
        np.maximum(worst, np.einsum("ij,ij->i", gap, gap), out=worst)
    return np.asarray(np.sqrt(worst))


def quaternions(rotations: Floats) -> Floats:
    """(stages, 4) x y z w, continuous: neighbours never differ in sign, so linear interpolation takes the short way."""
    turned = np.asarray(Rotation.from_matrix(rotations).as_quat(), dtype=np.float64)
    for stage in range(1, len(turned)):
        if turned[stage] @ turned[stage - 1] < 0:
            turned[stage] *= -1
    if turned[0, 3] < 0:
        turned *= -1
    return turned


@dataclass(frozen=True)
class Morph:
    """A deforming part as base + sum of weight x target.

    base: (n, 3) mm; targets: (k, n, 3) mm; weights: (stages, k), each within [0, 1] because gltfpack clamps them;
    residual_mm: the largest error of any coordinate at any stage.
    """

    base: Floats
    targets: Floats
    weights: Floats
    residual_mm: float

    def at(self, stage: int) -> Points:
        return np.asarray(self.base + np.einsum("k,kni->ni", self.weights[stage], self.targets))


def morph(positions: Positions, *, tolerance_mm: float = MORPH_MM, share: float = 1.0, max_targets: int = MAX_TARGETS) -> Morph:
    """The fewest principal deformations that keep this share of the coordinates, all of them as a rule, within tolerance_mm.

    positions: (stages, n, 3). Works on the stages x stages Gram matrix, so memory stays that of the input.
    The weights are re-parametrised to [0, 1]: base takes each component's lowest value, the target its whole range.
    """
    stages, count, _ = positions.shape
    flat = positions.reshape(stages, -1)
    base = flat[0].astype(np.float64)
    gram = np.zeros((stages, stages))
    for start in range(0, flat.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        delta = flat[:, part].astype(np.float64) - base[part]
        gram += delta @ delta.T
    values, vectors = np.linalg.eigh(gram)
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order]
    usable = int((values > max(values[0], 1e-12) * 1e-14).sum()) if values[0] > 1e-12 else 0

    kept = min(usable, max_targets)
    basis = np.zeros((kept, flat.shape[1]))
    worst, within = np.zeros(kept + 1), np.zeros(kept + 1)
    for start in range(0, flat.shape[1], CHUNK):
        part = slice(start, start + CHUNK)
        delta = flat[:, part].astype(np.float64) - base[part]
        for k in range(kept + 1):
            if k:
                component = vectors[:, k - 1] @ delta
                basis[k - 1, part] = component
                delta -= vectors[:, k - 1 : k] * component
            gap = np.abs(delta)
            worst[k] = max(worst[k], float(gap.max()))
            within[k] += np.count_nonzero(gap <= tolerance_mm)
    enough = np.flatnonzero(within >= share * flat.size)
    count_targets = int(enough[0]) if len(enough) else kept

    weights = vectors[:, :count_targets]
    low, high = weights.min(axis=0), weights.max(axis=0)
    span = np.maximum(high - low, 1e-12)
    shape = (count_targets, count, 3)
    targets = basis[:count_targets].reshape(shape)
    return Morph(
        base=(base + low @ basis[:count_targets]).reshape(count, 3),
        targets=targets * span[:, None, None],
        weights=np.clip((weights - low) / span, 0.0, 1.0),
        residual_mm=float(worst[count_targets]),
    )
