"""`make bench-setups`: how small, how true, how costly and how quickly shown an imported setup is, beside what people would use instead.

    python -m bench.setups [--made FOLDER] [--rounds N] [--without-browser] [--only WORD] [--results FOLDER] [ZIP …] [--truth FILE.json]

A case of 20 stages and 204,000 triangles a stage in three layouts (`staged.py`), the three staged cases of the demonstration, the cases of
MIDLINE_MADE=FOLDER (its ZIPs and the true poses in its *transforms.json), and any ZIP named, with --truth {"transforms": {FDI: [4x4, …]}}.
Each is imported by the two steps of the product in its own child process. Rows are kept and shown as they come: what fails is told, and
loses nothing of the rest.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench import report, rivals, setups_tables, staged
from demo.models.expand import expand_case, true_poses
from meshes.child import run_child
from meshes.pipeline import CHILD_CPU_SECONDS, CHILD_CPU_SECONDS_PER_FILE, proposed_mapping, relative_poses

NAME: Final = "bench-setups"
SETTING: Final = "MIDLINE_MADE"
DEMO: Final = ("crowding", "spacing", "crossbite")
MAIN: Final = "20 stages, layout 2"
"""The case that the rivals and the browser are measured with."""

LAYOUTS: Final = {2: MAIN, 1: "20 stages, layout 1", 3: "20 stages, layout 3"}
ELSEWHERE: Final = f"measured with “{MAIN}”"
Matrices = npt.NDArray[np.float64]


class Run:
    """The rows of one run, kept and shown after each. only: measure what has this word in its name."""

    def __init__(self, only: str, elsewhere: Path | None) -> None:
        self.only, self.elsewhere = only, elsewhere
        self.began = time.monotonic()
        self.found: dict[str, Any] = {"machine": report.machine(), "rows": []}

    def wants(self, name: str) -> bool:
        return self.only in name

    def add(self, name: str, measure: Callable[[], dict[str, Any]]) -> None:
        """Measures a row, unless it is not wanted; a row that fails is told and left out."""
        if not self.wants(name):
            return
        self.say(f"{name} …")
        try:
            self.found["rows"].append(measure())
        except Exception as error:
            self.say(f"{name}: FAILED, {type(error).__name__}: {str(error)[:400]}")
            return
        self.say(setups_tables.told(self.found["rows"][-1]))
        self.keep()

    def keep(self) -> None:
        self.found["machine"]["run_s"] = round(time.monotonic() - self.began)
        # The main case once more at the top, for whoever reads one figure.
        main = self.row(MAIN) or {}
        heads: dict[str, Any] = {key: main[key] for key in (*rivals.KEYS, "rivals") if key in main}
        report.keep("setups", {"machine": self.found["machine"], **heads, "rows": self.found["rows"]}, self.elsewhere or report.RESULTS)
        if self.elsewhere:
            (self.elsewhere / "setups.md").write_text(setups_tables.section(self.found), encoding="utf-8")
        else:
            report.show(NAME, setups_tables.section(self.found))

    def row(self, name: str) -> dict[str, Any] | None:
        return next((row for row in self.found["rows"] if row["case"] == name), None)

    def say(self, words: str) -> None:
        print(f"{time.monotonic() - self.began:5.0f} s  {words}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zip", type=Path, nargs="*", help="further ZIPs of staged models")
    parser.add_argument("--truth", type=Path, help="the true poses of the one ZIP that was named")
    parser.add_argument("--made", type=Path, default=os.environ.get(SETTING), help=f"a folder of ZIPs with their true poses ({SETTING})")
    parser.add_argument("--rounds", type=int, default=5, help="cold visits of each page")
    parser.add_argument("--without-browser", action="store_true")
    parser.add_argument("--results", type=Path, help="keep results and tables in this folder, for a try")
    parser.add_argument("--only", default="", help="only rows whose name holds this word, for a try")
    chosen = parser.parse_args()
    run = Run(chosen.only, chosen.results)
    with tempfile.TemporaryDirectory(prefix="midline-bench-") as name:
        folder = Path(name)
        own_case(run, folder, [2, 1])
        other_cases(run, folder, chosen)
        own_rivals(run)
        if not chosen.without_browser:
            in_the_browser(run, folder, chosen.rounds)
        own_case(run, folder, [3])
    run.keep()
    run.say("done")
    return 0


def own_case(run: Run, folder: Path, layouts: list[int]) -> None:
    for layout in layouts:

        def measure(layout: int = layout) -> dict[str, Any]:
            archive = staged.write(layout, folder / f"layout_{layout}.zip")
            true = staged.truth(staged.made())
            found = measured(LAYOUTS[layout], archive, true, folder / f"layout_{layout}")
            return found | {"rivals": rivals_of(archive, ELSEWHERE)}

        run.add(LAYOUTS[layout], measure)


def other_cases(run: Run, folder: Path, chosen: argparse.Namespace) -> None:
    """The demonstration's cases, the made ones and those that were named."""
    for case in DEMO:

        def demo(case: str = case) -> dict[str, Any]:
            archive = expand_case(case, folder / f"{case}.zip")
            truth = {fdi: np.asarray(poses) for fdi, poses in true_poses(case).items()}
            found = measured(f"demo: {case}", archive, truth, folder / case)
            files = json.loads((folder / case / "report.json").read_text(encoding="utf-8"))["files"]
            packed = rivals.attempt("gltfpack", lambda: rivals.gltfpack(rivals.stages_in(archive, files)))
            return found | {"rivals": rivals_of(archive, ELSEWHERE) | {"gltfpack": packed}}

        run.add(f"demo: {case}", demo)
    given = [(path, chosen.truth if len(chosen.zip) == 1 else None) for path in chosen.zip]
    if chosen.made:
        made = Path(chosen.made)
        truths = sorted(made.glob("*transforms.json"))
        if not truths:
            run.say(f"{made} holds no *transforms.json; its cases are left out.")
        given += [(path, truths[0]) for path in sorted(made.glob("*.zip")) if truths]
    for path, truth in given:

        def named(path: Path = path, truth: Path | None = truth) -> dict[str, Any]:
            found = measured(f"made: {path.stem}", path, given_truth(truth) if truth else {}, folder / path.stem)
            return found | {"rivals": rivals_of(path, ELSEWHERE)}

        run.add(f"made: {path.stem}", named)


def own_rivals(run: Run) -> None:
    """Each stage by itself, packed by gltfpack and by Draco."""
    row = run.row(MAIN)
    if row is None:
        return
    case = staged.made()
    for name, pack in (("gltfpack", rivals.gltfpack), ("draco", rivals.draco)):
        run.say(f"{name} …")
        row["rivals"][name] = rivals.attempt(name, lambda pack=pack: pack(rivals.stages_of(case)))  # type: ignore[misc]
        run.say(f"{name}: {row['rivals'][name]}")
        run.keep()


def in_the_browser(run: Run, folder: Path, rounds: int) -> None:
    """First frame, full model, change of stage and heap of our page and of the rivals' pages."""
    row = run.row(MAIN)
    if row is None:
        return
    from bench import browser_pages

    run.say("in the browser …")
    pages = browser_pages.measured(folder, folder / "layout_2.zip", rounds, run.say)
    ours = pages.pop("midline")
    row |= {key: ours[key] for key in (*rivals.IN_BROWSER, "rounds", "why") if key in ours}
    row["worker_cpu_s"] = ours.get("worker_cpu_s")
    row["rivals"] |= pages
    run.keep()


def rivals_of(archive: Path, why: str) -> dict[str, dict[str, Any]]:
    """The ZIP, and the others as not measured here."""
    return {name: rivals.as_uploaded(archive) if name == "zip" else rivals.none(why) for name in rivals.NAMES}


def measured(name: str, archive: Path, truth: dict[int, Matrices], out: Path) -> dict[str, Any]:
    """One import. Raises ChildFailed when it refuses the ZIP, KeyError when a tooth that moved was not found."""
    out.mkdir(parents=True, exist_ok=True)
    cpu, began = children(), time.monotonic()
    step(["read", archive, out], out, 60)
    found = json.loads((out / "report.json").read_text(encoding="utf-8"))
    mapping = proposed_mapping(found)
    (out / "mapping.json").write_text(json.dumps(mapping), encoding="utf-8")
    step(["build", archive, out / "mapping.json", out], out, len(mapping))
    cpu, wall = children() - cpu, time.monotonic() - began
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    error_mm, error_deg = pose_errors(plan, truth)
    return {
        "case": name,
        "layout": found["layout"],
        "stages": {arch: last + 1 for arch, last in plan["stages"].items()},
        "files": len(mapping),
        "triangles": plan["triangles"]["original"],
        "zip_bytes": archive.stat().st_size,
        "full_bytes": plan["bytes"]["full_br"],
        "preview_bytes": plan["bytes"]["preview_br"],
        "teeth_max_um": plan["error_um"]["teeth_max"],
        "gingiva_max_um": plan["error_um"]["gingiva_max"],
        "pose_max_mm": error_mm,
        "pose_max_deg": error_deg,
        "import_cpu_s": round(cpu, 2),
        "import_wall_s": round(wall, 2),
        "first_frame_ms": None,
        "stage_change_ms": None,
        "heap_mb": None,
    }


def step(words: list[str | Path], out: Path, files: int) -> None:
    """One step as the portal's jobs run it."""
    cpu = CHILD_CPU_SECONDS + CHILD_CPU_SECONDS_PER_FILE * files
    run_child(words, cwd=out, cpu_seconds=cpu, timeout=3 * cpu)


def children() -> float:
    """CPU seconds of the processes this one has waited for, theirs included."""
    times = os.times()
    return times.children_user + times.children_system


def pose_errors(plan: dict[str, Any], truth: dict[int, Matrices]) -> tuple[float | None, float | None]:
    """The largest error over teeth and stages: of the tooth's centre in mm, of its turn in degrees; None without truth.

    Raises KeyError when a tooth of the truth was not found, so that a lost tooth is no small error.
    """
    if not truth:
        return None, None
    turn = np.asarray(plan["turn"])
    keys = {part["fdi"]: part["key"] for part in plan["parts"] if part["kind"] == "tooth"}
    furthest, widest = 0.0, 0.0
    for fdi, poses in truth.items():
        rows = plan["poses"][keys[fdi]]
        true = poses @ np.linalg.inv(poses[0])
        found = np.asarray(relative_poses(rows, turn))
        centre = np.append(np.asarray(rows[0][:3]) @ turn, 1.0)
        furthest = max(furthest, float(np.linalg.norm(((found - true) @ centre)[:, :3], axis=1).max()))
        between = found[:, :3, :3] @ true[:, :3, :3].transpose(0, 2, 1)
        # The sine of a small angle is exact where its cosine is not.
        sines = np.stack([between[:, i, j] - between[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))], axis=1) / 2
        far = np.einsum("nii->n", between) < 1  # beyond 90° the sine falls again
        angles = np.degrees(np.arcsin(np.clip(np.linalg.norm(sines, axis=1), 0, 1)))
        widest = max(widest, float(np.where(far, 180 - angles, angles).max()))
    return float(f"{furthest:.2g}"), float(f"{widest:.2g}")


def given_truth(path: Path) -> dict[int, Matrices]:
    return {int(fdi): np.asarray(poses) for fdi, poses in json.loads(path.read_text(encoding="utf-8"))["transforms"].items()}


if __name__ == "__main__":
    sys.exit(main())
