"""What a step says while it works: one JSON object a line, for the process that started it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Literal, TypeAlias, TypedDict

Step: TypeAlias = Literal["read", "match", "parts", "poses", "pack", "check"]

Report: TypeAlias = Callable[[Step, int, int, "str | None"], None]
"""(step, done, of, file)"""


class Progress(TypedDict):
    """One line of progress."""

    step: Step
    done: int
    of: int
    file: str | None


def to_stdout(step: Step, done: int, of: int, file: str | None = None) -> None:
    line: Progress = {"step": step, "done": done, "of": of, "file": file}
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def silent(step: Step, done: int, of: int, file: str | None = None) -> None:
    """For callers that do not watch."""
