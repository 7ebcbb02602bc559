"""Run a step in a child process that cannot hurt the worker: memory, CPU and time limits, no network, its own temporary folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from meshes.errors import EXIT_OUT_OF_MEMORY, EXIT_REFUSED

MEMORY_BYTES: Final = 2 * 1024**3
LAST_WORDS: Final = 2_000
MAX_LINE_BYTES: Final = 100_000
PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "MIDLINE_NODE_MODULES", "LD_LIBRARY_PATH")


class ChildFailed(RuntimeError):
    """The step refused its input or ended with an error. file and remedy are empty for errors that are no refusal.

    reason is a sentence for people; details is what the child wrote to stderr, for the log. whole: of a ZIP that was refused as a
    whole, how many models could be used without what was refused; 0 when that would not help.
    """

    def __init__(self, reason: str, *, file: str = "", remedy: str = "", details: str = "", whole: int = 0) -> None:
        super().__init__(f"{file}: {reason}" if file else reason)
        self.file = file
        self.reason = reason
        self.remedy = remedy
        self.details = details
        self.whole = whole


class ChildKilled(ChildFailed):
    """The step was ended because it used more time, CPU or memory than it may."""


def run_child(
    args: Sequence[str | Path],
    *,
    cwd: Path,
    cpu_seconds: float,
    memory_bytes: int = MEMORY_BYTES,
    on_progress: Callable[[dict[str, Any]], None] | None = None,
    timeout: float,
    module: str = "meshes",
) -> None:
    """Run `python -m meshes ARGS` to its end; on_progress gets every progress line as a dict, on the calling thread.

    timeout: seconds of wall time, after which the whole process group is killed; cpu_seconds hold for the step and
    again for each tool it starts. An exception raised by on_progress kills the child and is passed on.
    Raises ChildFailed with file, reason and remedy of a refusal, ChildKilled when a limit ended it.
    """
    with tempfile.TemporaryDirectory(prefix="midline-child-") as scratch, tempfile.TemporaryFile() as errors:
        command = [sys.executable, "-m", "meshes.limited", str(max(1, round(cpu_seconds))), str(memory_bytes), module, *map(str, args)]
        child = subprocess.Popen(  # noqa: S603  our own interpreter, no shell
            command,
            cwd=cwd,
            env=environment(Path(scratch)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        out_of_time = threading.Event()

        def end_it() -> None:
            out_of_time.set()
            kill_group(child)

        watchdog = threading.Timer(timeout, end_it)
        watchdog.start()
        last: dict[str, Any] = {}
        try:
            if child.stdout is None:
                raise ChildFailed("The step could not be watched.")
            while line := child.stdout.readline(MAX_LINE_BYTES):
                last = parsed(line) or last
                if on_progress is not None and "step" in last:
                    on_progress(last)
            code = child.wait()
        finally:
            watchdog.cancel()
            kill_group(child)
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
        errors.seek(0)
        details = errors.read()[-LAST_WORDS:].decode(errors="replace")
        if out_of_time.is_set():
            raise ChildKilled(f"It took longer than {timeout:.0f} seconds and was ended.", details=details)
        judge(code, last, details, cpu_seconds=cpu_seconds, memory_bytes=memory_bytes)


def judge(code: int, last: dict[str, Any], details: str, *, cpu_seconds: float, memory_bytes: int) -> None:
    """Turn the exit code and the last line into nothing, a refusal or a kill."""
    if code == 0:
        return
    said = last.get("error")
    if code == EXIT_REFUSED and isinstance(said, dict):
        about = {"file": str(said.get("file", "")), "remedy": str(said.get("remedy", "")), "details": details}
        raise ChildFailed(str(said.get("reason")), whole=int(said.get("whole", 0)), **about)
    if code == EXIT_OUT_OF_MEMORY or "MemoryError" in details:
        raise ChildKilled(f"It needed more than {memory_bytes / 1024**3:.1f} GB of memory and was ended.", details=details)
    if code in (-signal.SIGABRT, -signal.SIGSEGV):  # how compiled libraries end when an allocation fails
        raise ChildKilled(f"It was ended in the middle, probably for want of memory ({memory_bytes / 1024**3:.1f} GB).", details=details)
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise ChildKilled(f"It used more than {cpu_seconds:.0f} seconds of CPU, or too much memory, and was ended.", details=details)
    raise ChildFailed(
        "The models could not be read because of a fault in the program.",
        remedy="Try again, and tell the administrator if it happens again.",
        details=details,
    )


def parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def environment(scratch: Path) -> dict[str, str]:
    """Nothing secret is passed on: a few names, this package's folder and one thread a library."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    root = str(Path(__file__).resolve().parent.parent)
    return passed | {
        "PYTHONPATH": root,
        "PYTHONUTF8": "1",
        "TMPDIR": str(scratch),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "UV_THREADPOOL_SIZE": "1",
    }


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """End the child and every process it started."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
