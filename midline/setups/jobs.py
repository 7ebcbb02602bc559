"""The two jobs of an import: read a ZIP, build a version. The models are handled by `meshes` in a child process with limits.

Both are idempotent: they begin at the start in a fresh folder below MIDLINE_DATA/work, and what they made is recorded in one
transaction at the end, if the claim still holds. A worker killed in the middle leaves nothing but the folder; the lease passes and
the next attempt does it all again.
"""

import gzip
import io
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from meshes.child import ChildFailed, run_child
from meshes.pipeline import CHILD_CPU_SECONDS, CHILD_CPU_SECONDS_PER_FILE
from midline.core import clock
from midline.core.storage import files
from midline.jobs.services import Claim, LeaseLost, handler
from midline.setups import pace
from midline.setups.models import SetupImport
from midline.setups.services.building import Built, Replaced, import_built, import_failed, import_of, import_read, progress_shown
from midline.setups.services.imports import BUILD_JOB, READ_JOB

log = structlog.get_logger("midline.setups")
BEAT_EVERY: Final = 15.0
SHOW_EVERY: Final = 0.7
BYTES_A_FILE: Final = 500_000
"""A staged STL is larger than this; the size of a ZIP so says how many files it may hold before its directory is trusted."""

OLD_FOLDER: Final = 24 * 3600.0
STEP_SHOWN: Final = {"read": "read", "match": "match", "parts": "pack", "poses": "pack", "pack": "pack", "check": "check"}


@handler(READ_JOB)
def read(claim: Claim) -> None:
    """ZIP → report and thumbnails; the import then waits for the technician."""
    try:
        item = import_of(claim, SetupImport.State.READING)
        with _work_folder() as folder:
            started = time.monotonic()
            source, left, mended = _fetched(item, folder), list[dict[str, Any]](), None
            count = max(60, item.size // BYTES_A_FILE)
            if item.report.get("go_on") or any(not about["joined"] for about in item.received):
                if not _ran(claim, item, ["mend", source, _supplied(item, folder), folder / "mended.zip"], folder, int(count)):
                    return
                source, left = folder / "mended.zip", json.loads((folder / "mended.json").read_text(encoding="utf-8"))["rows"]
            if not _ran(claim, item, ["read", source, folder / "out", "--name", item.filename], folder, int(count)):
                return
            report = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
            report["seconds"] = round(time.monotonic() - started, 1)
            report["files"] += left
            thumbs = {
                row["thumb"]: _picture(folder / "out" / row["thumb"])
                for row in report["files"]
                if row["thumb"] and (folder / "out" / row["thumb"]).is_file()
            }
            if source.name == "mended.zip":
                with source.open("rb") as made:
                    mended = files().store(made)
            import_read(claim=claim, item=item, report=report, thumbs=thumbs, mended=mended)
    except Replaced:
        log.info("import_replaced", job=claim.id)


@handler(BUILD_JOB)
def build(claim: Claim) -> None:
    """ZIP and mapping → the files a browser shows, and the version with its rows."""
    try:
        item = import_of(claim, SetupImport.State.BUILDING)
        with _work_folder() as folder:
            source = _fetched(item, folder)
            mapping = folder / "mapping.json"
            mapping.write_text(json.dumps(item.mapping), encoding="utf-8")
            if not _ran(claim, item, ["build", source, mapping, folder / "out", "--name", item.filename], folder, len(item.mapping)):
                return
            import_built(claim=claim, item=item, built=_kept(folder / "out"))
    except Replaced:
        log.info("import_replaced", job=claim.id)


def _ran(claim: Claim, item: SetupImport, args: list[str | Path], folder: Path, count: int) -> bool:
    """Runs a step of `meshes` with the limits for `count` files. False when it refused; the import then says why."""
    cpu = CHILD_CPU_SECONDS + CHILD_CPU_SECONDS_PER_FILE * count
    with _Watch(claim, item) as watch:
        try:
            run_child(args, cwd=folder, cpu_seconds=cpu, timeout=3 * cpu, on_progress=watch.line)
        except ChildFailed as failed:
            log.warning("import_step_failed", job=claim.id, step=watch.step, reason=failed.reason, details=failed.details)
            file = failed.file or item.filename
            said = {"reason": failed.reason, "remedy": failed.remedy}
            import_failed(claim=claim, item=item, step=watch.step, file=file, whole=failed.whole, **said)
            return False
    return True


class _Watch:
    """Shows the child's progress, and keeps the lease while a step says nothing for long.

    The quiet beat comes from a thread with its own connection. A lease that is lost is found at the next line, which ends the child.
    """

    def __init__(self, claim: Claim, item: SetupImport) -> None:
        self.claim, self.item = claim, item
        self.step = "read" if item.state == SetupImport.State.READING else "pack"
        self._shown, self._shown_step = 0.0, ""
        builds = item.state == SetupImport.State.BUILDING
        self._shares, self._began = pace.shares_of(builds=builds, layout=item.report.get("layout")), time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beats, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def line(self, said: dict[str, Any]) -> None:
        """One line of progress: shown when the step changes, else at most every 0.7 s."""
        step = STEP_SHOWN.get(said["step"], "pack")
        # A build reads the files again: for people that is the beginning of packing.
        self.step = "pack" if self.item.state == SetupImport.State.BUILDING and step == "read" else step
        now = time.monotonic()
        if said["step"] == self._shown_step and now - self._shown < SHOW_EVERY:
            return
        self._shown, self._shown_step = now, said["step"]
        part, done, of = said["step"], said["done"], said["of"]
        within = pace.PACKING if self.step == "pack" else (part,) if self.step == "check" else ()
        left = pace.seconds_left(pace.done_share(self._shares, part, done, of), now - self._began)
        shown = {
            "step": self.step,
            "part": part,
            "done": done,
            "of": of,
            "file": said["file"],
            "at": clock.now().timestamp(),
            "left_s": left,
        }
        shown["percent"] = round(100 * pace.done_share(self._shares, part, done, of, within=within))
        progress_shown(self.claim, self.item, shown)

    def _beats(self) -> None:
        try:
            while not self._over.wait(BEAT_EVERY):
                # Busy or restarting: the next beat comes before the lease passes.
                with suppress(LeaseLost, DatabaseError):
                    self.claim.beat()
        finally:
            connection.close()


@contextmanager
def _work_folder() -> Iterator[Path]:
    """A folder of this attempt alone, removed afterwards; folders of workers killed long ago go with it."""
    root = Path(settings.MIDLINE_DATA) / "work"
    root.mkdir(parents=True, exist_ok=True)
    for old in root.glob("import-*"):
        if time.time() - old.stat().st_mtime > OLD_FOLDER:
            shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="import-", dir=root) as name:
        yield Path(name)


def _fetched(item: SetupImport, folder: Path) -> Path:
    """The ZIP as a local file, wherever the store keeps it."""
    target = folder / "models.zip"
    with files().open(item.key) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
    return target


def _supplied(item: SetupImport, folder: Path) -> Path:
    """The files that came by themselves, fetched, and the list of them that `meshes mend` takes."""
    rows = []
    for place, about in enumerate(about for about in item.received if not about["joined"]):
        path = folder / f"supplied-{place}"
        with files().open(about["key"]) as source, path.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        rows.append({"name": about["name"], "path": str(path), "takes": about["takes"]})
    listed = folder / "supplied.json"
    listed.write_text(json.dumps(rows), encoding="utf-8")
    return listed


def _picture(path: Path) -> dict[str, Any]:
    with path.open("rb") as source:
        stored = files().store(source)
    return {"key": stored.key, "sha256": stored.sha256}


def _kept(out: Path) -> Built:
    """What a build wrote, taken into the store, each model with its brotli and gzip form."""
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    models: dict[str, dict[str, Any]] = {}
    for name in ("preview", "full"):
        content = (out / f"{name}.glb").read_bytes()
        stored = files().store(io.BytesIO(content))
        packed = files().store(io.BytesIO((out / f"{name}.glb.br").read_bytes()))
        gzipped = files().store(io.BytesIO(gzip.compress(content, mtime=0)))
        models[name] = {"key": stored.key, "sha256": stored.sha256, "size": stored.size}
        models[name] |= {"br_key": packed.key, "br_size": packed.size, "gz_key": gzipped.key, "gz_size": gzipped.size}
    pictures = {}
    for view, pair in plan["pictures"].items():
        for moment, name in pair.items():
            pictures[view if moment == "end" else f"{view}_start"] = _picture(out / name)
    pictures["start"] = pictures["front_start"]
    return Built(plan, models, pictures)
