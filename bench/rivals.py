"""What each stage would cost as a file of its own: the ZIP as it came, gltfpack and Draco, under the same keys as our own row.

A key that makes no sense for a rival is null; README.md says why. A rival that fails is null throughout, with the reason under `why`.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from bench import report, staged
from meshes import decode, glb, pack, stl, weld

KEYS: Final = (
    "full_bytes",
    "preview_bytes",
    "teeth_max_um",
    "gingiva_max_um",
    "pose_max_mm",
    "pose_max_deg",
    "import_cpu_s",
    "first_frame_ms",
    "stage_change_ms",
    "heap_mb",
)
NAMES: Final = ("zip", "gltfpack", "draco", "stlloader", "online3dviewer")
IN_BROWSER: Final = ("first_frame_ms", "full_model_ms", "stage_change_ms", "heap_mb")
DRACO_BITS: Final = 12
PAGES: Final = Path(__file__).parent / "pages"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stage:
    """One arch at one stage, welded. is_tooth: which vertices are teeth, where that is known; checked: whether errors are measured here."""

    name: str
    points: Floats
    faces: npt.NDArray[np.int32]
    is_tooth: npt.NDArray[np.bool_] | None
    checked: bool


def figures(**known: Any) -> dict[str, Any]:
    """All KEYS, null but for what is known; words such as `why` stand behind them. Raises KeyError for a figure that has no key."""
    words = {"why", "rounds", "full_model_ms", "wall_s"}
    if strange := known.keys() - set(KEYS) - words:
        raise KeyError(f"{sorted(strange)[0]} is no figure of a rival.")
    return {key: known.get(key) for key in KEYS} | {key: value for key, value in known.items() if key in words}


def none(why: str) -> dict[str, Any]:
    return figures(why=why)


def attempt(name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `measure` finds, or why there is nothing: a rival that fails loses no other figure."""
    try:
        return measure()
    except Exception as error:
        print(f"{name}: FAILED, {type(error).__name__}: {str(error)[:400]}", flush=True)
        return none(f"{type(error).__name__}: {str(error)[:300]}")


def as_uploaded(archive: Path) -> dict[str, Any]:
    """The lab's ZIP: everything at once, exactly, and nothing to be seen before it is unpacked."""
    return figures(full_bytes=archive.stat().st_size, teeth_max_um=0.0, gingiva_max_um=0.0)


def stages_of(case: dict[str, staged.Arch]) -> Iterator[Stage]:
    """Every arch at every stage of our own case; errors are measured at the first, the middle and the last."""
    for name, arch in case.items():
        for number in range(staged.LAST_STAGE + 1):
            parts = arch.parts_at(number)
            offsets = np.cumsum([0, *(len(points) for points, _ in parts.values())])
            points = np.concatenate([found for found, _ in parts.values()])
            faces = np.concatenate([faces + offset for (_, faces), offset in zip(parts.values(), offsets[:-1], strict=True)])
            is_tooth = np.repeat([part.startswith("Tooth") for part in parts], np.diff(offsets))
            # What a file holds is single precision: that is the original, not what it was computed from.
            points = points.astype(np.float32).astype(np.float64)
            checked = number in {0, staged.LAST_STAGE // 2, staged.LAST_STAGE}
            yield Stage(f"{name}-{number:02d}", points, faces.astype(np.int32), is_tooth, checked)


def stages_in(archive: Path, files: list[dict[str, Any]]) -> Iterator[Stage]:
    """The files of a ZIP as they are; which vertices are teeth is not known, so no error is measured."""
    with zipfile.ZipFile(archive) as opened:
        for number, row in enumerate(files):
            triangles = stl.parse(opened.read(row["name"]), row["name"])
            corners, faces = weld.weld([triangles])
            yield Stage(f"{number:04d}", weld.vertices_at(triangles, corners).astype(np.float64), faces, None, checked=False)


class Gaps:
    """The largest distance of an original vertex from the nearest decoded one, teeth and gingiva apart, µm."""

    def __init__(self) -> None:
        self.found: dict[bool, list[float]] = {True: [], False: []}

    def take(self, stage: Stage, decoded: Floats) -> None:
        if stage.is_tooth is None:
            return
        distance = cKDTree(decoded).query(stage.points)[0] * 1000
        for tooth in (True, False):
            self.found[tooth].append(float(distance[stage.is_tooth == tooth].max()))

    def worst(self, *, tooth: bool) -> float | None:
        return round(max(self.found[tooth]), 2) if self.found[tooth] else None


def gltfpack(stages: Iterator[Stage]) -> dict[str, Any]:
    """Each stage by itself, packed with our own options (14 bits, meshopt) and brotli: what a viewer without parts loads."""
    served, gaps, cpu = 0, Gaps(), 0.0
    began = time.monotonic()
    for stage in stages:
        before = os.times()
        still = np.array([[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]])
        packed = pack.packed(glb.write([glb.Piece("stage", stage.name, "tooth", stage.points, stage.faces, still)], 1))
        served += len(pack.compressed(packed))
        cpu += sum(os.times()[:4]) - sum(before[:4])
        if stage.checked:
            gaps.take(stage, decode.Scene(packed).parts()["stage"].vertices_at(0))
    return figures(
        full_bytes=served,
        teeth_max_um=gaps.worst(tooth=True),
        gingiva_max_um=gaps.worst(tooth=False),
        import_cpu_s=round(cpu, 2),
        wall_s=round(time.monotonic() - began, 1),
    )


def draco(stages: Iterator[Stage]) -> dict[str, Any]:
    """Each stage by itself, Draco's smallest settings at 12 bits. Brotli finds nothing more in it. Raises CalledProcessError."""
    gaps, checked = Gaps(), []
    with tempfile.TemporaryDirectory(prefix="midline-draco-") as name:
        folder = Path(name)
        for stage in stages:
            (folder / f"{stage.name}.points").write_bytes(stage.points.astype("<f4").tobytes())
            (folder / f"{stage.name}.faces").write_bytes(stage.faces.astype("<u4").tobytes())
            if stage.checked:
                (folder / f"{stage.name}.check").touch()
                checked.append(stage)
        before, began = os.times(), time.monotonic()
        words = ["node", str(PAGES / "draco.js"), str(folder), str(DRACO_BITS)]
        subprocess.run(words, cwd=report.ROOT, check=True, capture_output=True, text=True, timeout=600)
        after, wall = os.times(), time.monotonic() - began
        for stage in checked:
            gaps.take(stage, np.fromfile(folder / f"{stage.name}.decoded", "<f4").reshape(-1, 3).astype(np.float64))
        served = sum(path.stat().st_size for path in folder.glob("*.drc"))
    return figures(
        full_bytes=served,
        teeth_max_um=gaps.worst(tooth=True),
        gingiva_max_um=gaps.worst(tooth=False),
        import_cpu_s=round(sum(after[:4]) - sum(before[:4]), 2),
        wall_s=round(wall, 1),
    )


def page(shown: dict[str, Any], every_stage: int) -> dict[str, Any]:
    """A viewer's page as the browser found it; every_stage: the bytes of all stages as its host sends them. It shows the originals."""
    known = {key: shown[key] for key in (*IN_BROWSER, "rounds", "why") if key in shown}
    return figures(full_bytes=every_stage, teeth_max_um=0.0, gingiva_max_um=0.0, **known)
