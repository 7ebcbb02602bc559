"""The pages of the browser's part: our review of the case, a plain STLLoader page and online-3d-viewer, each with its host."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench import browser, browser_hosts, report, rivals, staged
from bench.realteeth import Mesh

PAGES: Final = Path(__file__).parent / "pages"
STAGES: Final = (0, 10)
"""What the rivals' pages show: the start, and one change of stage."""


def measured(folder: Path, archive: Path, rounds: int, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """ "midline" and the rivals -> their figures. What fails has nulls and the reason under `why`; nothing is raised."""
    names = [name for name in rivals.NAMES if name in {"stlloader", "online3dviewer"}]
    try:
        return _measured(folder, archive, rounds, say)
    except Exception as error:
        why = f"{type(error).__name__}: {str(error)[:300]}"
        say(f"browser: FAILED, {why}")
        return {"midline": {"why": why}} | {name: rivals.none(why) for name in names}


def _measured(folder: Path, archive: Path, rounds: int, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    case = staged.made()
    triangles = sum(len(faces) for arch in case.values() for _, faces in arch.parts_at(0).values())
    every_stage = 2 * (staged.LAST_STAGE + 1) * 84 + (staged.LAST_STAGE + 1) * triangles * 50
    files = models(case)
    plain = browser_hosts.models(folder / "models", files, packed=False)
    packed = browser_hosts.models(folder / "models_gzip", files, packed=True)
    share = sum(path.stat().st_size for path in packed.iterdir()) / sum(path.stat().st_size for path in plain.iterdir())
    pages = bundled(folder / "pages")
    data = folder / "portal"
    data.mkdir()
    hosted = {"/": pages, "/models/": plain, "/gzip/": pages, "/gzip/models/": packed}
    with browser_hosts.portal(data, archive) as review, browser_hosts.static_host(hosted) as origin:
        say(f"the portal serves the case; both jobs of its import cost {review.worker_cpu_s} s of CPU")
        found = browser.measured(review, origin, triangles, rounds, say)
    ours = found.pop("midline") | {"worker_cpu_s": review.worker_cpu_s}
    bytes_of = {"stlloader_gzip": round(every_stage * share)}
    return {"midline": ours} | {name: rivals.page(shown, bytes_of.get(name, every_stage)) for name, shown in found.items()}


def models(case: dict[str, staged.Arch]) -> dict[str, bytes]:
    """An STL an arch for the STLLoader page, one of both arches for online-3d-viewer, at the stages that are shown."""
    found = {}
    for stage in STAGES:
        both: dict[str, Mesh] = {}
        for name, arch in case.items():
            parts = arch.parts_at(stage)
            found[staged.file_name(name, stage)] = staged.whole(parts)
            both |= {f"{name} {part}": mesh for part, mesh in parts.items()}
        found[f"both_stage_{stage:02d}.stl"] = staged.whole(both)
    return found


def bundled(out: Path) -> Path:
    """The rivals' pages as a build makes them. Raises NotServed when their packages are missing."""
    words = ["npx", "vite", "build", "--config", str(PAGES / "vite.config.js"), "--outDir", str(out), "--logLevel", "error"]
    done = subprocess.run(words, cwd=report.ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise browser_hosts.NotServed(f"The rivals' pages could not be built (npm ci --prefix bench/pages): {done.stderr[-400:]}")
    return out
