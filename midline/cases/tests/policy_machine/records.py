"""What the oracle remembers: people, practices, cases, orders, collaborations, and the acts that can be undone. No database."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

# A thing that an act of sharing or of permissions sets: ("grant", name), ("every",), ("case", case), ("hold", case), …
Cell = tuple[Any, ...]


@dataclass(eq=False)
class Person:
    """One sign-in. `address` is the one they have now; `account` False: an address that has not registered yet."""

    name: str
    address: str
    account: bool = True
    verified: bool = True
    technician: bool = False
    administrator: bool = False

    def __repr__(self) -> str:
        return self.name


@dataclass(eq=False)
class Practice:
    name: str
    zone: str

    def __repr__(self) -> str:
        return self.name


@dataclass(eq=False)
class Provider:
    person: Person
    practices: list[Practice]

    def __repr__(self) -> str:
        return self.person.name


@dataclass(eq=False)
class Order:
    """`planner` is (person, workspace) of who took it, until hand over."""

    number: int
    kind: str
    begun_by: tuple[Person, str]
    state: str = "draft"
    held: str = ""
    planner: tuple[Person, str] | None = None
    asked: set[str] = field(default_factory=set)
    closed_at: datetime | None = None

    @property
    def closed(self) -> bool:
        return self.state in {"cancelled", "completed"}

    @property
    def uses_setups(self) -> bool:
        return self.kind in {"aligner", "revision"}

    @property
    def stands_in(self) -> str:
        """The state, or the one it is held in."""
        return self.held or self.state

    def __repr__(self) -> str:
        return f"{self.kind} {self.number}"


@dataclass(eq=False)
class Case:
    name: str
    provider: Provider
    practice: Practice
    orders: list[Order] = field(default_factory=list)
    submitted: bool = False
    newest: int = 0
    moved: bool = False
    marks: set[tuple["Collaboration", int]] = field(default_factory=set)

    @property
    def current(self) -> Order:
        """ "Life cycle": the one last begun that is not closed, else the last closed."""
        opened = [order for order in self.orders if not order.closed]
        return max(opened, key=lambda o: o.number) if opened else max(self.orders, key=lambda o: (o.closed_at, o.number))

    @property
    def awaiting(self) -> int | None:
        """The published version that waits for a decision; "only the newest can be decided on"."""
        return self.newest if any(o.stands_in == "awaiting_approval" for o in self.orders) else None

    def __repr__(self) -> str:
        return self.name


@dataclass(eq=False)
class Act:
    """One act of the provider that can be undone, alone."""

    words: str
    at: datetime
    provider: Provider
    undone: bool = False
    # The collaboration and its count of changed terms right after the act, for an act on permissions.
    terms: "tuple[Collaboration, int] | None" = None

    def __repr__(self) -> str:
        return f"“{self.words}”"


@dataclass(eq=False)
class Invitation:
    """`bound` is the account that held the address when it was sent, None: the address itself."""

    number: int
    collaboration: "Collaboration"
    address: str
    bound: Person | None
    expires: datetime
    used: bool = False
    replaced: bool = False

    def __repr__(self) -> str:
        return f"invitation {self.number}"


@dataclass(eq=False)
class Page:
    """The invitation page as somebody opened it: what was granted then."""

    invitation: Invitation
    terms_changed: int
    revision: int


@dataclass(eq=False)
class Collaboration:
    """Each cell lists what acts wrote into it, the last one counts: undoing an act takes out what that act wrote and nothing else."""

    number: int
    provider: Provider
    address: str
    person: Person | None
    state: str = "invited"
    how: str = ""
    terms_changed: int = 1
    invitation: Invitation | None = None
    cells: dict[Cell, list[tuple[Act | None, Any]]] = field(default_factory=dict)

    def value(self, *cell: Any) -> Any:
        written = self.cells.get(cell)
        return written[-1][1] if written else None

    def write(self, cell: Cell, value: Any, act: Act | None) -> bool:
        """Returns whether it changed anything; what changes nothing leaves no trace."""
        if self.value(*cell) == value or (not value and not self.value(*cell)):
            return False
        self.cells.setdefault(cell, []).append((act, value))
        return True

    def forget(self, act: Act) -> None:
        for written in self.cells.values():
            written[:] = [entry for entry in written if entry[0] is not act]

    @property
    def ends_on(self) -> date | None:
        found: date | None = self.value("ends_on")
        return found

    def __repr__(self) -> str:
        return f"{self.provider} with {self.address}"


def days(number: float) -> timedelta:
    return timedelta(days=number)
