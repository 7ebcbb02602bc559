"""From parts to the files a browser gets: simplify, write, pack, compress.

gltfpack 1.3.0 runs under Node. Its traps (meshes.md): morph weights are clamped to [0, 1]; without `-af 0` it resamples
the animation; vertex and face order change.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import brotli
import numpy as np
import pyfqmr
from scipy.spatial import cKDTree

from meshes.arrays import Faces, Floats, Indices, Mask, Points
from meshes.borders import thinned
from meshes.glb import Piece

PACK_OPTIONS: Final = ("-cc", "-ce", "ext", "-kn", "-ke", "-at", "20", "-ar", "16", "-af", "0")
POSITION_BITS: Final = (14, 15, 16)
"""Tried in turn until the decoded file is true to the original: 14 is 3 µm on an arch of usual size."""

NODE: Final = ("node", "--disable-wasm-trap-handler", "--max-old-space-size=512")
"""Without the first option WebAssembly reserves more than 8 GB of addresses and dies under the memory limit."""

PREVIEW_SHARE: Final = 0.10
PREVIEW_MIN_TRIANGLES: Final = 160
PREVIEW_MEAN_MM: Final = 0.06
PREVIEW_P99_MM: Final = 0.40
PREVIEW_SHARES: Final = (PREVIEW_SHARE, 0.2, 0.4)
"""Tried in turn until a part lies within the two distances above; then it is kept whole."""

BROTLI_QUALITY: Final = 9
NEAR_FACES: Final = 6
GATE_POINTS: Final = 2_500
"""Vertices of the original from which a part's preview is measured; enough for a mean and a 99th percentile."""

MOST_PIECES: Final = 12


class PackingFailed(RuntimeError):
    """gltfpack could not run or refused; the message is its own."""


def node_modules() -> Path:
    """Where the npm packages are: MIDLINE_NODE_MODULES, else beside this package."""
    chosen = os.environ.get("MIDLINE_NODE_MODULES")
    return Path(chosen) if chosen else Path(__file__).resolve().parent.parent / "node_modules"


def run_node(script: Path, *arguments: str | Path, folder: Path) -> None:
    """Run a Node script to its end. Raises PackingFailed with its last words."""
    command = [*NODE, str(script), *map(str, arguments)]
    try:
        done = subprocess.run(  # noqa: S603  a script of ours or of a pinned package, no shell
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=300
        )
    except FileNotFoundError as error:
        raise PackingFailed("Node.js is not installed, so models cannot be packed.") from error
    except subprocess.TimeoutExpired as error:
        raise PackingFailed("Packing took longer than 300 s.") from error
    if done.returncode:
        raise PackingFailed(
            f"{script.name} ended with {done.returncode}: {(done.stderr or done.stdout)[-400:].decode(errors='replace').strip()}"
        )


def packed(glb: bytes, position_bits: int = POSITION_BITS[0]) -> bytes:
    """The same scene with quantised, meshopt-compressed buffers. Raises PackingFailed."""
    script = node_modules() / "gltfpack" / "cli.js"
    if not script.exists():
        raise PackingFailed("gltfpack is not installed; run npm ci.")
    with tempfile.TemporaryDirectory(prefix="midline-pack-") as name:
        folder = Path(name)
        (folder / "in.glb").write_bytes(glb)
        run_node(script, "-i", "in.glb", "-o", "out.glb", *PACK_OPTIONS, "-vp", str(position_bits), folder=folder)
        return (folder / "out.glb").read_bytes()


def compressed(data: bytes) -> bytes:
    """Brotli, stored beside the file and sent with its Content-Encoding."""
    return bytes(brotli.compress(data, quality=BROTLI_QUALITY, lgwin=22))


def preview(piece: Piece) -> Piece:
    """The piece with about PREVIEW_SHARE of its triangles, all stages inside.

    The first share whose measured distance to the original is small enough is taken; morph targets are carried over by
    barycentric coordinates on the original surface.
    """
    for share in PREVIEW_SHARES:
        wanted = max(round(len(piece.faces) * share), PREVIEW_MIN_TRIANGLES)
        if wanted >= len(piece.faces):
            break
        vertices, faces = simplified(piece.vertices, piece.faces, wanted)
        if not len(faces):
            continue
        nearest = nearest_on(piece.vertices, piece.faces, vertices)
        away = nearest_on(vertices, faces, piece.vertices[:: max(1, len(piece.vertices) // GATE_POINTS)]).distance
        both = np.concatenate([nearest.distance, away])
        if both.mean() > PREVIEW_MEAN_MM or np.quantile(both, 0.99) > PREVIEW_P99_MM:
            continue
        targets = np.einsum("knci,nc->kni", piece.targets[:, nearest.corners], nearest.weights) if len(piece.targets) else piece.targets
        return replace(piece, vertices=vertices, faces=faces, targets=targets)
    return piece


def simplified(vertices: Points, faces: Faces, wanted: int) -> tuple[Points, Faces]:
    """At most about `wanted` triangles by quadric collapse; open borders stay in place, with fewer vertices."""
    if wanted < len(faces) // 3:
        faces = thinned(vertices, faces)
    mesh = pyfqmr.Simplify()
    mesh.setMesh(np.ascontiguousarray(vertices, np.float64), np.ascontiguousarray(faces, np.int32))
    mesh.simplify_mesh(target_count=wanted, aggressiveness=5, preserve_border=True, verbose=False)
    new_vertices, new_faces, _ = mesh.getMesh()
    return np.asarray(new_vertices, np.float64).reshape(-1, 3), np.asarray(new_faces, np.int32).reshape(-1, 3)


@dataclass(frozen=True)
class Nearest:
    """For each point: distance in mm, the triangle (n,) nearest to it, its corners (n, 3) and the point's weights (n, 3) there."""

    distance: Floats
    face: Indices
    corners: Indices
    weights: Floats


def nearest_on(vertices: Points, faces: Faces, points: Points) -> Nearest:
    """Nearest points on a surface: exact within the triangles of the NEAR_FACES samples that are nearest."""
    triangles = vertices[faces]
    samples, owner = spread_samples(triangles)
    count = min(NEAR_FACES, len(samples))
    _, near = cKDTree(samples).query(points, count)
    near = owner[np.asarray(near, dtype=np.int64).reshape(len(points), count)]
    best = np.full(len(points), np.inf)
    chosen = near[:, 0].copy()
    weights = np.zeros((len(points), 3))
    for column in range(count):
        candidate = near[:, column]
        bary = barycentric_of_nearest(triangles[candidate], points)
        gap = np.linalg.norm(np.einsum("nc,nci->ni", bary, triangles[candidate]) - points, axis=1)
        better = gap < best
        best[better], chosen[better], weights[better] = gap[better], candidate[better], bary[better]
    return Nearest(best, chosen, np.asarray(faces[chosen], dtype=np.int64), weights)


def spread_samples(triangles: Floats) -> tuple[Points, Indices]:
    """Points on every triangle, more on larger ones, and whose they are: the centre alone stands for a long triangle badly."""
    edges = np.stack([dot(side, side) for side in (triangles[:, k] - triangles[:, k - 1] for k in range(3))])
    longest = np.sqrt(edges.max(axis=0))
    pieces = np.clip(np.ceil(longest / (2 * np.median(longest))), 1, MOST_PIECES).astype(int)
    samples, owner = [], []
    for count in np.unique(pieces):
        chosen = np.flatnonzero(pieces == count)
        u, v = np.meshgrid((np.arange(count) + 1 / 3) / count, (np.arange(count) + 1 / 3) / count)
        inside = u + v < 1
        weights = np.stack([1 - u[inside] - v[inside], u[inside], v[inside]], axis=1)
        samples.append(np.einsum("sc,nci->nsi", weights, triangles[chosen]).reshape(-1, 3))
        owner.append(np.repeat(chosen, len(weights)))
    return np.concatenate(samples), np.concatenate(owner)


def barycentric_of_nearest(triangles: Floats, points: Points) -> Floats:
    """(n, 3) weights of the point of each triangle (n, 3, 3) nearest to each point (n, 3)."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    ab, ac, ap = b - a, c - a, points - a
    d00, d01, d11 = dot(ab, ab), dot(ab, ac), dot(ac, ac)
    d20, d21 = dot(ap, ab), dot(ap, ac)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-30)
    v = (d11 * d20 - d01 * d21) / area
    w = (d00 * d21 - d01 * d20) / area
    inside = np.stack([1 - v - w, v, w], axis=1)
    on_ab = np.clip(d20 / np.maximum(d00, 1e-30), 0, 1)
    on_ac = np.clip(d21 / np.maximum(d11, 1e-30), 0, 1)
    bc = c - b
    on_bc = np.clip(dot(points - b, bc) / np.maximum(dot(bc, bc), 1e-30), 0, 1)
    zero = np.zeros_like(on_ab)
    edges = np.stack(
        [
            np.stack([1 - on_ab, on_ab, zero], axis=1),
            np.stack([1 - on_ac, zero, on_ac], axis=1),
            np.stack([zero, 1 - on_bc, on_bc], axis=1),
        ]
    )
    gaps = np.linalg.norm(np.einsum("enc,nci->eni", edges, triangles) - points, axis=2)
    outside = edges[np.argmin(gaps, axis=0), np.arange(len(points))]
    within: Mask = np.asarray((inside >= 0).all(axis=1))
    return np.asarray(np.where(within[:, None], inside, outside))


def dot(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.einsum("ni,ni->n", a, b))
