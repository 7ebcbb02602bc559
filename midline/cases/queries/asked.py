"""What the address of a list asks for. The address holds the whole view, so that Back, reload and links work; never what was typed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any, Final, Self
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict

from midline.cases.models import CaseType, CollaboratorStatus, Group, RecordNeed, Status, Turn

# Columns that depend on the reader or on shares: no index holds them, so they sort while at most DERIVED_MOST cases match.
DERIVED: Final = ("people", "cstatus", "turn", "unread")
DERIVED_MOST: Final = 20_000
SORTS: Final = ("number", "patient", "provider", "practice", "activity", "status", "type", *DERIVED)
DAYS: Final = (7, 30, 90, 365)
GROUPS: Final = ("evaluate", "action", "progress", "closed", "open")
# What says where in the list a page stands; a change of anything else goes back to the first page.
# Days from which and through which, in the time zone of the reader.
DATES: Final = ("active_from", "active_to", "submitted_from", "submitted_to")
YEARS: Final = range(1990, 2200)
FIRST_PAGE: Final[dict[str, Any]] = {"after": "", "before": "", "last": False, "page": 1}


class Unnamed(str):
    """An order that the address does not name: it follows the search, and stays out of the address."""

    __slots__ = ()

    @classmethod
    def of(cls, term: str) -> Self:
        """What was searched for comes newest first, in one list; everything else in groups, by last activity."""
        return cls("-number" if term else "-activity")


@dataclass(frozen=True)
class Asked:
    """The view that an address asks for; whatever it cannot mean is left out.

    view: the saved view that it came from. group: a tab ("open" is what is not closed), category: the same groups as a filter.
    records: what the lab waits for, missing or unusable (where both, the case counts as unusable, as its status says).
    active: days. active_from … submitted_to: days of last activity and of the first submission, both included. shared: "yes" or "no"
    with the chosen collaborator. q: the id of a typed search, term: what was typed, only when it is this reader's. sort: always a
    name, with "-" descending. after, before: the key of a row.
    """

    view: UUID | None = None
    group: str = ""
    category: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    practice: tuple[int, ...] = ()
    provider: int | None = None
    cstatus: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    collaborator: tuple[int, ...] = ()
    unread: bool = False
    active: int | None = None
    active_from: date | None = None
    active_to: date | None = None
    submitted_from: date | None = None
    submitted_to: date | None = None
    shared: str = ""
    collaboration: int | None = None
    q: UUID | None = None
    term: str = ""
    sort: str = Unnamed("-activity")
    after: str = ""
    before: str = ""
    last: bool = False
    page: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.sort, Unnamed):
            object.__setattr__(self, "sort", Unnamed.of(self.term))

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        return cls(
            view=_uuid(query.get("view", "")),
            group=_one(query, "group", GROUPS),
            category=_many(query, "category", Group.values),
            status=_many(query, "status", Status.values),
            records=_many(query, "records", RecordNeed.Kind.values),
            type=_many(query, "type", CaseType.values),
            practice=_numbers(query, "practice"),
            provider=_number(query, "provider"),
            cstatus=_many(query, "cstatus", CollaboratorStatus.values),
            turn=_many(query, "turn", Turn.values),
            collaborator=_numbers(query, "collaborator"),
            unread=query.get("unread") == "1",
            active=number if (number := _number(query, "active")) in DAYS else None,
            active_from=day_of(query.get("active_from", "")),
            active_to=day_of(query.get("active_to", "")),
            submitted_from=day_of(query.get("submitted_from", "")),
            submitted_to=day_of(query.get("submitted_to", "")),
            shared=_one(query, "shared", ("yes", "no")),
            collaboration=_number(query, "with"),
            q=_uuid(query.get("q", "")),
            sort=_one(query, "sort", [*SORTS, *(f"-{name}" for name in SORTS)]) or Unnamed.of(""),
            after=query.get("after", "")[:60],
            before=query.get("before", "")[:60],
            last=query.get("last") == "1",
            page=max(1, _number(query, "page") or 1),
        )

    @property
    def narrows(self) -> bool:
        """Whether more than the tab and the provider narrow the list: then the counters do not say how many there are."""
        return bool(
            self.category or self.status or self.records or self.type or self.practice or self.cstatus or self.turn or self.collaborator
            or self.unread or self.active or self.dated or self.shared or self.term
        )  # fmt: skip

    @property
    def dated(self) -> bool:
        return any(getattr(self, name) for name in DATES)

    @property
    def grouped(self) -> bool:
        """The plain view stands in groups; sorted by a column, or searched, it is one list."""
        return self.sort == "-activity"

    def but(self, **changes: Any) -> Self:
        """This view with changes, from its first page unless they say where."""
        return replace(self, **{**FIRST_PAGE, **changes})

    def pairs(self, *, without: Iterable[str] = ()) -> list[tuple[str, str]]:
        """The parts of the address, in the order of the fields; the term itself is never one."""
        return [pair for pair in _pairs(self._given) if pair[0] not in without]

    def address(self, **changes: Any) -> str:
        """`?…` of this view with changes. A page holds fifty; so they are written without making fifty views."""
        if not changes:
            return self._own_address
        if "term" in changes or isinstance(changes.get("sort"), Unnamed):
            return self.but(**changes)._own_address
        given = {**self._given, **FIRST_PAGE, **changes}
        if given.get("sort") == Unnamed.of(self.term):
            del given["sort"]
        return "?" + urlencode(_pairs(given))

    @cached_property
    def _given(self) -> dict[str, Any]:
        """What of this view is not as it is when nothing is asked, by field."""
        defaults = {**_DEFAULTS, "sort": Unnamed.of(self.term)}
        return {name: value for name, default in defaults.items() if (value := getattr(self, name)) != default}

    @cached_property
    def _own_address(self) -> str:
        return "?" + urlencode(_pairs(self._given))


# In the order of the address; what was typed is no part of it.
_DEFAULTS: Final = {part.name: part.default for part in fields(Asked) if part.name != "term"}
_PLACES: Final = {name: place for place, name in enumerate(_DEFAULTS)}


def _pairs(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The parts of an address for these fields; what is empty or as it begins is none."""
    found: list[tuple[str, str]] = []
    for name in sorted(given, key=_PLACES.__getitem__):
        value = given[name]
        if value and (name == "sort" or value != _DEFAULTS[name]):
            values = value if isinstance(value, tuple) else (value,)
            found += [("with" if name == "collaboration" else name, "1" if one is True else str(one)) for one in values]
    return found


def _one(query: QueryDict, name: str, known: Iterable[str]) -> str:
    value = query.get(name, "")
    return value if value in known else ""


def _many(query: QueryDict, name: str, known: list[str]) -> tuple[str, ...]:
    given = set(query.getlist(name))
    return tuple(value for value in known if value in given)


def _number(query: Mapping[str, Any], name: str) -> int | None:
    value = str(query.get(name, ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None


def _numbers(query: QueryDict, name: str) -> tuple[int, ...]:
    given = {value for value in query.getlist(name) if value.isascii() and value.isdigit() and len(value) < 16}
    return tuple(sorted(int(value) for value in given))[:50]


def day_of(value: str) -> date | None:
    """A day as addresses and date fields write it: 2026-11-23."""
    try:
        day = date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        return None
    return day if day and day.year in YEARS else None


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
