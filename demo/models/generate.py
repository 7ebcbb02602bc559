"""Make the compact data of the demonstration's models: python -m demo.models.generate (development requirements only).

Writes data/<arch>_teeth.npz (seven crowns, one side; the other is its mirror image) and data/<arch>_gingiva.npz.
Deterministic: the same versions of the libraries give the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from demo.models.anatomy import ARCHES, DIGITS, SIZES, finished_places
from demo.models.crowns import crown
from demo.models.gums import WorldTooth, gingiva, pulls
from meshes.pack import simplified

DATA: Final = Path(__file__).parent / "data"
GRID_MM: Final = 0.002
"""Coordinates are stored as whole multiples of this."""

TOOTH_TRIANGLES: Final = 60_000
GINGIVA_TRIANGLES: Final = 26_000


def main() -> None:
    DATA.mkdir(exist_ok=True)
    for arch in ARCHES:
        crowns = make_crowns(arch)
        save(
            DATA / f"{arch}_teeth.npz",
            {f"{kind}_{digit}": value for digit, pair in crowns.items() for kind, value in zip("vf", pair, strict=True)},
        )
        teeth = standing(arch, crowns)
        gum, gum_faces = gingiva(arch, teeth)
        vertices, faces = simplified(gum, gum_faces.astype(np.int32), GINGIVA_TRIANGLES)
        used, local = np.unique(faces, return_inverse=True)
        which, weight = pulls(vertices[used], teeth)
        save(
            DATA / f"{arch}_gingiva.npz",
            {"v": gridded(vertices[used]), "f": local.reshape(-1, 3).astype(np.uint16), "pulled_by": which, "pull": weight},
        )
        sys.stdout.write(f"{arch}: {sum(2 * len(f) for _, f in crowns.values()):,} triangles of teeth, {len(faces):,} of gingiva\n")


def make_crowns(arch: str) -> dict[int, tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16]]]:
    """digit -> (vertices on the grid, faces), the patient's right side. Triangles are shared out by surface."""
    area = {digit: (size.mesiodistal + size.buccolingual) * size.height for digit, size in SIZES[arch].items()}
    out = {}
    for digit in DIGITS:
        wanted = round(TOOTH_TRIANGLES / 2 * area[digit] / sum(area.values()))
        surface, triangles = crown(arch, digit)
        vertices, faces = simplified(surface, triangles.astype(np.int32), wanted)
        used, local = np.unique(faces, return_inverse=True)
        out[digit] = (gridded(vertices[used]), local.reshape(-1, 3).astype(np.uint16))
    return out


def standing(arch: str, crowns: dict[int, tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16]]]) -> list[WorldTooth]:
    """The teeth as stored, in their finished places, in order along the arch."""
    teeth = []
    for place in finished_places(arch):
        vertices, faces = crowns[place.fdi % 10]
        points = vertices.astype(np.float64) * GRID_MM
        world = points @ place.frame[:3, :3].T + place.frame[:3, 3]
        mirrored = np.linalg.det(place.frame[:3, :3]) < 0
        teeth.append(WorldTooth(place, world, faces.astype(np.int64)[:, ::-1] if mirrored else faces.astype(np.int64)))
    return teeth


def gridded(vertices: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    whole = np.round(vertices / GRID_MM)
    return whole.astype(np.int16 if np.abs(whole).max() < 32_000 else np.int32)


def save(path: Path, arrays: dict[str, Any]) -> None:
    np.savez_compressed(path, **arrays)
    sys.stdout.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
