"""The base of every event that a service records."""

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Happening:
    """Something that happened. Each room subclasses it, sets KIND, and READER (the action that reads it, "" for the owner alone)."""

    KIND: ClassVar[str] = ""
    READER: ClassVar[str] = ""

    by_id: int | None
    workspace: str = ""
    provider_id: int | None = None
    case_id: int | None = None
    subject_kind: str = ""
    subject_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
