"""A worker that is about to be killed: python -m meshes.tests.orphan FOLDER runs a step that writes FOLDER/marker for ever."""

from __future__ import annotations

import sys
from pathlib import Path

from meshes.child import run_child

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    run_child(["beat", folder / "marker"], cwd=folder, cpu_seconds=60, timeout=30, module="meshes.tests.hog")
