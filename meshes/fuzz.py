"""Spoilt files against every reader: no crash, at most SECONDS and MEMORY_BYTES for one, and always a named reason.

    python -m meshes.fuzz [--files 10000] [--seconds 900] [--seed 0] [--keep FOLDER]

Hypothesis spoils well-formed files (`fuzz_seeds`, `fuzz_spoil`) in bytes and in structure and shrinks what fails; the failing bytes are
kept. `make test-fuzz`.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

from meshes import formats, package, package_steps, reading, scan
from meshes.archive import Archive
from meshes.errors import BadFile
from meshes.fuzz_spoil import Spoilt, spoilt_files
from meshes.progress import silent
from meshes.stl import MAX_COORDINATE_MM, MAX_TRIANGLES, MIN_TRIANGLES

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS: Final = 5.0
MEMORY_BYTES: Final = 512 * 1024**2
BATCH: Final = 500
LONGEST_REASON: Final = 600


class Broken(AssertionError):
    """A reader did what it must never do with a file."""


@dataclass
class Tally:
    """What happened so far. reasons: how often each refusal was met, its values left out; slowest: seconds of the slowest file."""

    files: int = 0
    refused: int = 0
    accepted: int = 0
    slowest: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def run(files: int, *, first_seed: int = 0, seconds: float = 900.0, keep: Path | None = None) -> Tally:
    """Try `files` spoilt files, or as many as fit into `seconds`. Raises Broken (or what the reader raised) for the first that fails."""
    tally, ends = Tally(), time.monotonic() + seconds
    number = first_seed
    while tally.files < files and time.monotonic() < ends:
        batch(min(BATCH, files - tally.files), number, tally, keep)
        number += 1
    return tally


def batch(count: int, number: int, tally: Tally, keep: Path | None) -> None:
    with tempfile.TemporaryDirectory(prefix="midline-fuzz-") as folder:

        @seed(number)
        @settings(
            max_examples=count, deadline=None, database=None, phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck)
        )
        @given(spoilt_files())
        def every(file: Spoilt) -> None:
            tally.files += 1
            tally.kinds[file.kind] += 1
            try:
                one(file, Path(folder), tally)
            except BaseException:
                if keep is not None:
                    keep.mkdir(parents=True, exist_ok=True)
                    (keep / f"{file.kind}{formats.ending(file.name) or '.bin'}").write_bytes(file.data)
                raise

        every()


def one(file: Spoilt, folder: Path, tally: Tally) -> None:
    """One file through its reader. Raises whatever is no refusal, and Broken for a refusal without a reason, a bad model, too much time."""
    started = time.perf_counter()
    try:
        with limited_time(), warnings.catch_warnings():
            warnings.simplefilter("error")
            read(file, folder)
        tally.accepted += 1
    except BadFile as refused:
        tally.refused += 1
        tally.reasons["".join("7" if sign.isdigit() else sign for sign in refused.reason)[:50]] += 1
        named = refused.file and refused.reason.endswith(".") and refused.remedy.endswith(".") and len(refused.reason) < LONGEST_REASON
        if not named or not refused.reason[:1].strip():
            raise Broken(f"A refusal without a proper reason: {refused.as_refusal()}") from refused
    took = time.perf_counter() - started
    tally.slowest = max(tally.slowest, took)
    if took > SECONDS:
        raise Broken(f"It took {took:.1f} s.")


def read(file: Spoilt, folder: Path) -> None:
    """What the portal does with such a file: a ZIP is read as an import, a model as a stage and as a scan."""
    if file.name.endswith(".zip"):
        path = folder / "spoilt.zip"
        path.write_bytes(file.data)
        found = reading.read_archive(path, folder, silent, shown_as=file.name)
        with Archive(path, shown_as=file.name) as archive:
            if setup := package_steps.says_a_package(archive):
                placed = package.Models(archive, package.load(archive, setup))
                sound(placed.triangles(placed.rows[-1]["name"]))
            else:
                models = reading.Models(archive)
                for row in found["files"][:2]:
                    if row["refused"] is None:
                        sound(models.triangles(row["name"]))
        return
    for piece in formats.pieces(file.data, file.name):
        sound(piece.triangles)
    if formats.ending(file.name) in scan.FORMATS:
        points, faces = formats.load(file.data, file.name)
        sound(points[faces])


def sound(triangles: Any) -> None:
    """What comes out of a reader holds to its limits."""
    fits = triangles.ndim == 3 and triangles.shape[1:] == (3, 3) and MIN_TRIANGLES <= len(triangles) <= MAX_TRIANGLES
    if not fits or not np.isfinite(triangles).all() or float(np.abs(triangles).max()) > MAX_COORDINATE_MM * 1.0001:
        raise Broken(f"A model came out that is none: {triangles.shape}.")


@contextmanager
def limited_time() -> Iterator[None]:
    """Ends what is at work after SECONDS."""

    def late(number: int, frame: object) -> None:
        raise Broken(f"It took more than {SECONDS:.0f} s.")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def limit_memory() -> None:
    """From here on this process may take MEMORY_BYTES more addresses than it has: a file that needs more ends in MemoryError."""
    try:
        own = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (own + MEMORY_BYTES, hard))
    except (OSError, ValueError):
        sys.stderr.write("This system does not limit memory; only time is watched.\n")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m meshes.fuzz", description="Spoilt files against every reader of models.")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=900.0, help="stop after this time, whatever was tried by then")
    parser.add_argument("--seed", type=int, default=0, help="another seed tries other files")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"), help="where the bytes of a failing file are written")
    chosen = parser.parse_args(arguments)
    limit_memory()
    started = time.monotonic()
    tally = run(chosen.files, first_seed=chosen.seed, seconds=chosen.seconds, keep=chosen.keep)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    lines = [
        f"{tally.files:,} files in {time.monotonic() - started:.0f} s: {tally.refused:,} refused, {tally.accepted:,} read, none crashed.",
        f"Slowest {tally.slowest:.2f} s of {SECONDS:.0f} s allowed; {peak} MB at most. {len(tally.reasons)} reasons, the most frequent:",
        *(f"  {count:6,}  {reason}" for reason, count in tally.reasons.most_common(12)),
        "Kinds: " + ", ".join(f"{kind} {count:,}" for kind, count in sorted(tally.kinds.items())),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
