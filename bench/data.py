"""What a benchmark's data consists of: seven kinds of rows, each also a CSV file of the same columns (README.md).

A `Source` hands them out, always the same: `plan.Generated` makes them up with a fixed seed, `files.Folder` reads them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, Protocol

ACTORS = ("provider", "big", "mid", "sparse")


class ProviderRow(NamedTuple):
    """A treating clinician; `provider` is a whole number, as every first column of these rows."""

    provider: int
    first_name: str
    last_name: str


class PracticeRow(NamedTuple):
    practice: int
    provider: int
    name: str


class PersonRow(NamedTuple):
    """Somebody whom providers added. `actor` marks the three whose lists are measured: big, mid, sparse."""

    person: int
    first_name: str
    last_name: str
    actor: str


class CaseRow(NamedTuple):
    """A case with its patient and its one order. `held_status` is what a case on hold returns to; `newest_version` 0 means no setup yet."""

    case: int
    provider: int
    practice: int
    first_name: str
    last_name: str
    birth_on: date | None
    sex: str
    case_type: str
    type_detail: str
    status: str
    held_status: str
    status_detail: str
    newest_version: int
    created_at: datetime
    last_activity_at: datetime


class GrantRow(NamedTuple):
    """A live collaboration: with `every_case` a standing grant, otherwise what shares.csv says."""

    grant: int
    provider: int
    person: int
    relation: str
    evaluates: bool
    every_case: bool


class ShareRow(NamedTuple):
    grant: int
    case: int


class MarkRow(NamedTuple):
    """This collaborator holds the version that awaits approval ready."""

    grant: int
    case: int


class UnreadRow(NamedTuple):
    """Comments that this person, or (None) the case's own provider, has not read."""

    person: int | None
    case: int
    comments: int


@dataclass(frozen=True)
class Facts:
    """What a filled database says of itself, in its marker: what was put in, who is measured, what is searched for.

    actors: (id in people_user, id of the provider whose cases they are or 0). terms: what is typed, by view. now: the moment at which the
    lists are read, so that "active in the last 30 days" means the same at every run.
    """

    source: str
    cases: int
    now: datetime
    actors: dict[str, tuple[int, int]] = field(default_factory=dict)
    terms: dict[str, str] = field(default_factory=dict)


class Source(Protocol):
    """Rows in the order of their ids. Every method may be called again and gives the same rows."""

    @property
    def name(self) -> str:
        """What these rows are: two sources of one name hold the same."""
        ...

    def providers(self) -> Iterator[ProviderRow]: ...

    def practices(self) -> Iterator[PracticeRow]: ...

    def people(self) -> Iterator[PersonRow]: ...

    def cases(self) -> Iterator[CaseRow]: ...

    def grants(self) -> Iterator[GrantRow]: ...

    def shares(self) -> Iterator[ShareRow]: ...

    def marks(self) -> Iterator[MarkRow]: ...

    def unread(self) -> Iterator[UnreadRow]: ...


# Statuses that no retainer or replacement has: they have no setups.
SETUP_ONLY = frozenset({"in_production", "awaiting_approval", "approved"})
WITH_SETUPS = frozenset({"aligner", "revision"})
DONE = frozenset({"approved", "in_manufacturing", "shipped", "in_treatment", "completed"})
