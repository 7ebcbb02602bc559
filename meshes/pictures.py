"""Pictures of models without a browser or a GPU: a z-buffer in numpy, good enough to recognise a case.

Portal frame: +x patient left, +y posterior, +z up; mm. Colours are linear enough for small pictures.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import uniform_filter

from meshes.arrays import Faces, Floats, Indices, Mask, Points, bounds

TOOTH: Final = (0.945, 0.925, 0.875)
GINGIVA: Final = (0.885, 0.640, 0.600)
PLASTER: Final = (0.905, 0.885, 0.845)

VIEWS: Final = {
    "front": ((0.0, -1.0, 0.06), (0.0, 0.0, 1.0)),
    "right": ((-1.0, -0.42, 0.05), (0.0, 0.0, 1.0)),
    "left": ((1.0, -0.42, 0.05), (0.0, 0.0, 1.0)),
    "upper": ((0.0, -0.06, -1.0), (0.0, -1.0, 0.0)),
    "lower": ((0.0, -0.06, 1.0), (0.0, -1.0, 0.0)),
}
"""View -> (where the camera stands, as seen from the models; what is up in the picture)."""

KEY_LIGHT: Final = (-0.35, 0.55, 0.76)
FILL_LIGHT: Final = (0.65, 0.10, 0.50)
CLASSES: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 2048)
FRAGMENTS_AT_ONCE: Final = 300_000
CELLS: Final = 64
"""Cells of the grid along the longest side of a model, for a thumbnail: about three pixels each, some 13,000 triangles of an arch."""

FAR: Final = np.float32(1e9)


@dataclass(frozen=True)
class Solid:
    """Something to draw: vertices (n, 3) mm, faces (m, 3), a colour 0..1, how much it shines, whether it has no opening.

    The far side of a closed solid is never seen, so it is not drawn.
    """

    vertices: Points | npt.NDArray[np.float32]
    faces: Faces
    colour: tuple[float, float, float]
    shine: float = 0.0
    closed: bool = False

    def facing_out(self) -> float:
        """+1 when the faces of a closed solid turn outward, -1 when inward, 0 for an open one."""
        if not self.closed:
            return 0.0
        corners = self.vertices[self.faces] - self.vertices.mean(axis=0)
        return float(np.sign(np.einsum("ni,ni->n", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum()))


@dataclass(frozen=True)
class Camera:
    """rows: right, up, towards the viewer; centre and distance in mm; scale: pixels a mm at the centre."""

    axes: Floats
    centre: Floats
    distance: float
    scale: float
    width: int
    height: int

    def project(self, points: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Pixel positions (n, 2) and depths (n,): smaller is nearer."""
        axes = self.axes.astype(points.dtype)
        seen = points @ axes.T - (self.axes @ self.centre).astype(points.dtype)
        near = self.distance / np.maximum(self.distance - seen[:, 2], 1.0)
        x = self.width / 2 + seen[:, 0] * near * self.scale
        y = self.height / 2 - seen[:, 1] * near * self.scale
        return np.stack([x, y], axis=1).astype(np.float32), (-seen[:, 2]).astype(np.float32)


def render(
    solids: list[Solid], view: str, width: int, height: int, *, sharp: float = 2, zoom: float = 1.0, distance: float = 210.0
) -> Image.Image:
    """An RGBA picture of the solids, transparent where nothing is. sharp: pixels drawn for one shown, in each direction."""
    vertices = np.concatenate([solid.vertices for solid in solids])
    offsets = np.cumsum([0, *(len(solid.vertices) for solid in solids[:-1])])
    faces = np.concatenate([solid.faces + offset for solid, offset in zip(solids, offsets, strict=True)])
    owner = np.repeat(np.arange(len(solids)), [len(solid.faces) for solid in solids])
    camera = framed(vertices, view, round(width * sharp), round(height * sharp), zoom, distance)
    pixels, depths = camera.project(vertices)
    outward = np.array([solid.facing_out() for solid in solids], dtype=np.float32)[owner]
    triangle, depth = rasterise(pixels, depths, faces, outward, camera.width, camera.height)
    normals = vertex_normals(vertices, faces) @ camera.axes.T
    image = shaded(triangle, depth, pixels, faces, normals, owner, solids, camera.width)
    picture = Image.fromarray(image, "RGBA")
    return picture if sharp == 1 else picture.resize((width, height), Image.Resampling.BOX)


def framed(points: npt.NDArray[Any], view: str, width: int, height: int, zoom: float, distance: float) -> Camera:
    """A camera that sees all of the points with a small margin."""
    towards, up = (np.asarray(vector, dtype=np.float64) for vector in VIEWS[view])
    towards = towards / np.linalg.norm(towards)
    right = np.cross(up, towards)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(towards, right), towards])
    lowest, highest = bounds(points)
    centre = (lowest + highest) / 2
    unit = Camera(axes, centre, distance, 1.0, 0, 0)
    flat, _ = unit.project(points)
    low, high = bounds(flat)
    scale = 0.94 * zoom * min(width / max(float(high[0] - low[0]), 1e-6), height / max(float(high[1] - low[1]), 1e-6))
    middle = (low + high) / 2
    shift = np.array([middle[0], -middle[1], 0.0]) @ axes
    return Camera(axes, centre + shift, distance, scale, width, height)


def rasterise(
    pixels: npt.NDArray[np.float32],
    depths: npt.NDArray[np.float32],
    faces: Faces,
    outward: npt.NDArray[np.float32],
    width: int,
    height: int,
) -> tuple[Indices, npt.NDArray[np.float32]]:
    """Which triangle is nearest at each pixel, -1 for none, and its depth; both flat, width x height.

    Triangles are drawn in groups of similar size, each over a square of pixels as large as its box.
    """
    nearest = np.full(width * height, FAR, np.float32)
    winner = np.full(width * height, -1, np.int64)
    corners = pixels[faces]
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    low = np.floor(np.minimum(np.minimum(a, b), c) - 0.5).astype(np.int32) + 1
    high = np.ceil(np.maximum(np.maximum(a, b), c) - 0.5).astype(np.int32)
    low, high = np.maximum(low, 0), np.minimum(high, (width, height))
    extent = np.maximum(high[:, 0] - low[:, 0], high[:, 1] - low[:, 1])
    turned = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    # y runs down in a picture, so a face that looks at the viewer turns negative
    visible = (high[:, 0] > low[:, 0]) & (high[:, 1] > low[:, 1]) & (turned * outward <= 0)
    start = 0
    for size in CLASSES:
        group = np.flatnonzero(visible & (extent > start) & (extent <= size))
        start = size
        step = max(1, FRAGMENTS_AT_ONCE // (size * size))
        for first in range(0, len(group), step):
            draw(group[first : first + step], size, corners, depths, faces, low, width, height, nearest, winner)
    return winner, nearest


def draw(
    group: Indices,
    size: int,
    corners: npt.NDArray[np.float32],
    depths: npt.NDArray[np.float32],
    faces: Faces,
    low: npt.NDArray[np.int32],
    width: int,
    height: int,
    nearest: npt.NDArray[np.float32],
    winner: Indices,
) -> None:
    """Draw triangles whose boxes fit size x size pixels into the two buffers."""
    span = np.arange(size, dtype=np.int32)
    x = low[group, 0, None] + np.tile(span, size)
    y = low[group, 1, None] + np.repeat(span, size)
    a, b, c = (corners[group, k] for k in range(3))
    # int32 + float32 would be float64, and a float64 depth never equals the float32 it was stored as
    px, py = x.astype(np.float32) + np.float32(0.5), y.astype(np.float32) + np.float32(0.5)
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    safe = np.where(np.abs(area) < 1e-12, np.float32(1e-12), area)[:, None]
    v = ((px - a[:, :1]) * (c[:, 1:] - a[:, 1:]) - (py - a[:, 1:]) * (c[:, :1] - a[:, :1])) / safe
    w = ((b[:, :1] - a[:, :1]) * (py - a[:, 1:]) - (b[:, 1:] - a[:, 1:]) * (px - a[:, :1])) / safe
    inside: Mask = (v >= -1e-5) & (w >= -1e-5) & (v + w <= 1.00001) & (x < width) & (y < height)
    row, column = np.nonzero(inside)
    d = depths[faces[group]]
    depth = d[row, 0] + v[row, column] * (d[row, 1] - d[row, 0]) + w[row, column] * (d[row, 2] - d[row, 0])
    where = y[row, column].astype(np.int64) * width + x[row, column]
    np.minimum.at(nearest, where, depth)
    won = depth <= nearest[where]
    winner[where[won]] = group[row[won]]


def vertex_normals(vertices: npt.NDArray[Any], faces: Faces) -> Points:
    """(n, 3) unit normals, weighted by area."""
    triangles = vertices[faces]
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    if len(vertices) == 3 * len(faces):  # a heap of separate triangles: nothing to average
        out = np.repeat(normal, 3, axis=0)
    else:
        out = np.stack([np.bincount(faces.ravel(), np.repeat(normal[:, axis], 3), len(vertices)) for axis in range(3)], axis=1)
    length = np.sqrt(np.einsum("ni,ni->n", out, out))
    return np.asarray(out / np.maximum(length, 1e-20)[:, None], dtype=np.float64)


def shaded(
    triangle: Indices,
    depth: npt.NDArray[np.float32],
    pixels: npt.NDArray[np.float32],
    faces: Faces,
    normals: Points,
    owner: Indices,
    solids: list[Solid],
    width: int,
) -> npt.NDArray[np.uint8]:
    """Colours (height, width, 4): soft light from above, a key light, a highlight, and shade in the gaps."""
    drawn = np.flatnonzero(triangle >= 0)
    hit = triangle[drawn]
    normal = smooth_normals(drawn, hit, pixels, faces, normals, width)
    normal[normal[:, 2] < -0.25] *= -1  # the inside of open models is lit like the outside; the rim of a tooth is no inside
    colour = np.array([solid.colour for solid in solids], dtype=np.float32)[owner[hit]]
    shine = np.array([solid.shine for solid in solids], dtype=np.float32)[owner[hit]]
    sky = 0.5 + 0.5 * normal[:, 1]
    light = 0.60 + 0.12 * sky + 0.30 * lit(normal, KEY_LIGHT) + 0.10 * lit(normal, FILL_LIGHT)
    light *= shade(depth, triangle >= 0, width)[drawn]
    halfway = np.array(KEY_LIGHT) / np.linalg.norm(KEY_LIGHT) + (0.0, 0.0, 1.0)
    highlight = shine * to_the_32nd(lit(normal, tuple(halfway)))
    out = np.zeros((len(triangle), 4), np.uint8)
    rgb = np.clip(colour * np.clip(light, 0, 1.12)[:, None] + highlight[:, None], 0, 1)
    out[drawn, :3] = np.round(rgb * 255)
    out[drawn, 3] = 255
    return out.reshape(-1, width, 4)


def smooth_normals(
    drawn: Indices, hit: Indices, pixels: npt.NDArray[np.float32], faces: Faces, normals: Points, width: int
) -> npt.NDArray[np.float32]:
    """(k, 3) unit normals at the drawn pixels, interpolated over their triangles, in the camera's axes."""
    corners = pixels[faces].reshape(-1, 6)
    a, ab, ac = corners[:, 0:2], corners[:, 2:4] - corners[:, 0:2], corners[:, 4:6] - corners[:, 0:2]
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    scale = np.float32(1) / np.where(np.abs(area) < 1e-9, np.float32(1e-9), area)
    # v and w are linear in the pixel's place: their three coefficients are found once a triangle
    v_x, v_y = ac[:, 1] * scale, -ac[:, 0] * scale
    w_x, w_y = -ab[:, 1] * scale, ab[:, 0] * scale
    plane = np.stack([v_x, v_y, -(v_x * a[:, 0] + v_y * a[:, 1]), w_x, w_y, -(w_x * a[:, 0] + w_y * a[:, 1])], axis=1)[hit]
    px = (drawn % width).astype(np.float32) + np.float32(0.5)
    py = (drawn // width).astype(np.float32) + np.float32(0.5)
    v = np.clip(plane[:, 0] * px + plane[:, 1] * py + plane[:, 2], 0, 1)
    w = np.clip(plane[:, 3] * px + plane[:, 4] * py + plane[:, 5], 0, 1)
    n = normals.astype(np.float32)[faces].reshape(-1, 9)
    n[:, 3:6] -= n[:, 0:3]
    n[:, 6:9] -= n[:, 0:3]
    at = n[hit]
    mixed = at[:, 0:3] + v[:, None] * at[:, 3:6] + w[:, None] * at[:, 6:9]
    length = np.sqrt(np.einsum("ni,ni->n", mixed, mixed))
    return np.asarray(mixed / np.maximum(length, 1e-12)[:, None], dtype=np.float32)


def lit(normal: npt.NDArray[np.float32], towards: tuple[float, float, float]) -> npt.NDArray[np.float32]:
    direction = np.asarray(towards, dtype=np.float32)
    return np.asarray(np.clip(normal @ (direction / np.linalg.norm(direction)), 0, 1), dtype=np.float32)


def to_the_32nd(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Five squarings: a general power takes longer than the rest of the shading."""
    for _ in range(5):
        values = values * values
    return values


def shade(depth: npt.NDArray[np.float32], drawn: Mask, width: int) -> npt.NDArray[np.float32]:
    """0..1 a pixel: darker where the surface lies behind what is round it (gaps between teeth, the gum line)."""
    mask = drawn.reshape(-1, width).astype(np.float32)
    values = np.where(drawn, depth, np.float32(0)).reshape(-1, width)
    total = np.ones_like(mask)
    for size, strength in ((width / 110, 0.30), (width / 32, 0.09)):
        around = soft(values, round(size)) / np.maximum(soft(mask, round(size)), np.float32(1e-3))
        total *= 1.0 - np.clip(strength * np.clip(values - around, 0, 3.0), 0, 0.5)
    return np.asarray(total, dtype=np.float32).ravel()


def soft(values: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
    return np.asarray(uniform_filter(values, max(size, 1), mode="constant"), dtype=np.float32)


def webp(picture: Image.Image, quality: int = 80) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=quality, method=3)
    return out.getvalue()


def arch_thumbnail(triangles: npt.NDArray[np.float32], arch: str | None, width: int = 208, height: int = 160) -> bytes:
    """A WebP of one model seen from its biting side, quickly: coarsened to the size of a pixel, in the colour of plaster."""
    vertices, faces = coarse(triangles)
    solid = Solid(vertices, faces, PLASTER)
    return webp(render([solid], "lower" if arch == "lower" else "upper", width, height, sharp=1), quality=72)


def coarse(triangles: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], Faces]:
    """(vertices, faces): all corners in one cell of a grid become one of them, and triangles that vanish are left out. No holes appear."""
    corners = triangles.reshape(-1, 3)
    low, high = bounds(corners)
    size = max(float((high - low).max()), 1e-6) / CELLS
    cells = ((corners - low.astype(np.float32)) * np.float32(1 / size)).astype(np.int32)
    key = (cells[:, 0] * (CELLS + 1) + cells[:, 1]) * (CELLS + 1) + cells[:, 2]
    holder = np.empty((CELLS + 1) ** 3, np.int32)
    holder[key] = np.arange(len(key), dtype=np.int32)
    shared = holder[key].reshape(-1, 3)
    kept = (shared[:, 0] != shared[:, 1]) & (shared[:, 1] != shared[:, 2]) & (shared[:, 2] != shared[:, 0])
    if not kept.any():
        return corners, np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    used, faces = np.unique(shared[kept], return_inverse=True)
    return corners[used], faces.reshape(-1, 3).astype(np.int32)
