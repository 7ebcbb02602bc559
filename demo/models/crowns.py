"""Tooth crowns as level sets: a wall round the axis, an edge or a table of cusps on top, a stub below the neck.

Local frame: +x mesial, +y buccal, +z occlusal, origin at the neck's centre, mm. Development only (scikit-image).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter
from skimage.measure import marching_cubes

from demo.models.anatomy import CUSPS, SIZES, STUB_MM, Cusp, Size

Field = npt.NDArray[np.float64]

STEP_MM = 0.13
BLEND_MM = 0.25
"""Over what distance wall, top and bottom run into each other."""


def profile(height: Field, at: list[float], values: list[float]) -> Field:
    """A smooth curve through the given values, held outside them."""
    return np.asarray(PchipInterpolator(at, values)(np.clip(height, at[0], at[-1])))


def front_tooth(x: Field, y: Field, height: Field, digit: int, size: Size) -> tuple[Field, Field]:
    """Incisors and canines: labial bow, lingual cingulum, a blade. Returns (wall distance, top height)."""
    half_x, half_y = size.mesiodistal / 2, size.buccolingual / 2
    canine = digit == 3
    width = profile(height, [-0.5, 0, 0.35, 0.75, 1], [0.62, 0.68, 0.86, 1, 0.62 if canine else 0.93]) * half_x
    labial = profile(height, [-0.5, 0, 0.3, 0.7, 1], [0.72, 0.86, 0.98, 0.76, 0.36]) * half_y
    lingual = profile(height, [-0.5, 0, 0.22, 0.55, 1], [0.72, 0.88, 0.96, 0.42, 0.0 if canine else -0.14]) * half_y
    depth = np.maximum((labial + lingual) / 2, 0.45)
    middle = (labial - lingual) / 2
    wall = superellipse(x / width, (y - middle) / depth, 2.4, np.minimum(width, depth))
    across = np.abs(x / half_x)
    if canine:
        top = size.height - 1.9 * across**1.35
    else:
        # The edge falls off a little, more to distal; three soft mamelons.
        corner = 0.5 if digit == 1 else 0.75
        top = size.height - corner * across**2.6 - 0.25 * np.clip(-x / half_x, 0, 1) ** 2 - 0.05 * (1 + np.cos(x / half_x * 3 * np.pi))
    return wall, top


def back_tooth(x: Field, y: Field, height: Field, cusps: tuple[Cusp, ...], size: Size) -> tuple[Field, Field]:
    """Premolars and molars: a rounded block with a table of cusps and grooves. Returns (wall distance, top height)."""
    half_x, half_y = size.mesiodistal / 2, size.buccolingual / 2
    width = profile(height, [-0.5, 0, 0.5, 0.8, 1], [0.74, 0.8, 0.97, 1, 0.9]) * half_x
    depth = profile(height, [-0.5, 0, 0.4, 0.8, 1], [0.76, 0.88, 1, 0.9, 0.7]) * half_y
    wall = superellipse(x / width, y / depth, 3.0, np.minimum(width, depth))
    heights = []
    for cusp in cusps:
        away = ((x - cusp.mesial * half_x) / cusp.width) ** 2 + ((y - cusp.buccal * half_y) / cusp.width) ** 2
        heights.append(size.height - cusp.drop - 0.62 * away**0.6)
    ordered = np.sort(np.stack(heights), axis=0)
    top = ordered[-1] - 0.5 * np.exp(-(((ordered[-1] - ordered[-2]) / 0.35) ** 2))  # a groove where two cusps meet
    rim = size.height - 1.05 - 3.0 * np.abs(np.abs(x / half_x) - 0.86)  # the marginal ridges, mesial and distal
    return wall, np.maximum(top, np.minimum(rim, size.height - 0.95))


def superellipse(u: Field, v: Field, power: float, scale: Field) -> Field:
    """Signed distance, roughly, to |u|^p + |v|^p = 1."""
    return np.asarray(((np.abs(u) ** power + np.abs(v) ** power) ** (1 / power) - 1) * scale)


def smooth_max(fields: list[Field], blend: float) -> Field:
    stacked = np.stack(fields) / blend
    highest = stacked.max(axis=0)
    return np.asarray(blend * (highest + np.log(np.exp(stacked - highest).sum(axis=0))))


def zero_level(field: Field, step_mm: float) -> tuple[Field, npt.NDArray[np.int64]]:
    """Vertices (mm from the field's corner) and faces of the surface where the field is zero."""
    vertices, faces, _, _ = marching_cubes(field, 0.0, spacing=(step_mm,) * 3)  # type: ignore[no-untyped-call]
    return np.asarray(vertices, dtype=np.float64), np.asarray(faces, dtype=np.int64)


def crown(arch: str, digit: int) -> tuple[Field, npt.NDArray[np.int64]]:
    """Vertices (n, 3) and faces (m, 3) of one crown with its stub, before simplification; closed, normals outward."""
    size = SIZES[arch][digit]
    axes = [
        np.arange(-size.mesiodistal / 2 - 0.8, size.mesiodistal / 2 + 0.8, STEP_MM),
        np.arange(-size.buccolingual / 2 - 0.8, size.buccolingual / 2 + 0.8, STEP_MM),
        np.arange(-STUB_MM - 0.6, size.height + 0.8, STEP_MM),
    ]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    height = np.clip(z / size.height, -0.5, 1.1)
    wall, top = front_tooth(x, y, height, digit, size) if digit <= 3 else back_tooth(x, y, height, CUSPS[arch, digit], size)
    field = gaussian_filter(smooth_max([wall, (z - top) * 0.8, -STUB_MM - z], BLEND_MM), 1.0)
    vertices, faces = zero_level(field, STEP_MM)
    vertices += [axis[0] for axis in axes]
    corners = vertices[faces]
    if np.einsum("ni,ni->n", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() < 0:
        faces = faces[:, ::-1]
    return vertices, faces
