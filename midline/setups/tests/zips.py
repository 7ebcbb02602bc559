"""Small staged exports for tests: one binary STL an arch a stage, same vertex order, in a ZIP."""

import io
import struct
import zipfile

import numpy as np
from numpy.typing import NDArray

TEETH_AN_ARCH = 8


def _ellipsoid(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> NDArray[np.float32]:
    """Triangles (n, 3, 3) of a closed ellipsoid, 14 x 9 cells."""
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 15), np.linspace(0.02, np.pi - 0.02, 10), indexing="ij")
    grid = np.stack([np.cos(u) * np.sin(v), np.sin(u) * np.sin(v), np.cos(v)], axis=-1) * radii + centre
    grid[-1] = grid[0]
    a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], axis=2).reshape(-1, 3, 3), np.stack([a, c, d], axis=2).reshape(-1, 3, 3)]).astype(np.float32)


def _arch(arch: str, stage: int) -> NDArray[np.float32]:
    """Eight teeth on a horseshoe over a gingiva; the patient's right incisor moves 0.2 mm a stage."""
    up = -1.0 if arch == "upper" else 1.0
    return np.concatenate([*(_tooth(up, index, stage) for index in range(TEETH_AN_ARCH)), _gingiva(up)])


def _tooth(up: float, index: int, stage: int) -> NDArray[np.float32]:
    angle = np.pi * (index + 0.5) / TEETH_AN_ARCH
    x, y = -26 * np.cos(angle), 30 - 32 * np.sin(angle)
    shift = 0.2 * stage if index == 3 else 0.0
    return _ellipsoid((x, y - shift, up * 5), (4.0, 3.5, 4.5))


def _gingiva(up: float) -> NDArray[np.float32]:
    return _ellipsoid((0, 22, -up * 3), (32, 26, 3))


def stl(triangles: NDArray[np.float32], header: bytes = b"Testdatter, Zofia") -> bytes:
    rows = np.zeros(len(triangles), dtype=[("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("about", "<u2")])
    rows["corners"] = triangles
    return header.ljust(80, b"\0") + struct.pack("<I", len(triangles)) + rows.tobytes()


def staged_files(stages: int = 2, *, upper: str = "case_upper_{:02d}.stl", lower: str = "case_lower_{:02d}.stl") -> dict[str, bytes]:
    """Name → content of stages 0 to `stages` of both arches."""
    found = {}
    for arch, pattern in (("upper", upper), ("lower", lower)):
        for stage in range(stages + 1):
            found[pattern.format(stage)] = stl(_arch(arch, stage))
    return found


NUMBERS = {"upper": (14, 13, 12, 11, 21, 22, 23, 24), "lower": (44, 43, 42, 41, 31, 32, 33, 34)}


def tooth_files(stages: int = 2, *, names: dict[int, str] | None = None) -> dict[str, bytes]:
    """The same case as a file a tooth a stage, with a gingiva an arch. names: FDI number → what the file calls the tooth."""
    found = {}
    for arch, numbers in NUMBERS.items():
        up = -1.0 if arch == "upper" else 1.0
        for stage in range(stages + 1):
            for index, fdi in enumerate(numbers):
                found[f"Stage {stage:02d}/Tooth_{(names or {}).get(fdi, fdi)}.stl"] = stl(_tooth(up, index, stage))
            found[f"Stage {stage:02d}/{arch}_gingiva.stl"] = stl(_gingiva(up))
    return found


def zipped(contents: dict[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    out.seek(0)
    return out


def staged_zip(stages: int = 2) -> io.BytesIO:
    return zipped(staged_files(stages))
