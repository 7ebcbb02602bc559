"""The one way this package says no: which file, why, and what to do about it."""

from __future__ import annotations

from typing import Final, TypedDict

EXIT_REFUSED: Final = 3
"""Exit code of `python -m meshes read|build|scan` when a file is refused; the last line on stdout says why."""

EXIT_OUT_OF_MEMORY: Final = 4
"""Exit code when the step met its memory limit."""


class Refusal(TypedDict):
    """A refusal as it is written into reports and progress lines."""

    file: str
    reason: str
    remedy: str


class BadFile(ValueError):
    """A file that is not used.

    file: its name as a person knows it. reason: a full sentence that holds the value met.
    remedy: a full sentence that says what to do. Both are English; they name no patient unless the file name does.
    """

    def __init__(self, file: str, reason: str, remedy: str) -> None:
        super().__init__(f"{file}: {reason} {remedy}".strip())
        self.file = file
        self.reason = reason
        self.remedy = remedy

    def as_refusal(self) -> Refusal:
        return {"file": self.file, "reason": self.reason, "remedy": self.remedy}


class DegenerateShape(ValueError):
    """Points on a line or in one place: no orientation can be read from them."""
