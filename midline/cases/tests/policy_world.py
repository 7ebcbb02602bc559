"""The people of the truth table, as rows of the database; `policy_answers.py` asks the policy about them.

Everything happens at `NOW`, so that the last second before an end date is a second and not a race.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from django.db import connection

from midline.cases.actions import Action
from midline.cases.models import Case, Order, Share
from midline.cases.models.share import WITHHOLDS
from midline.cases.tests.factories import PATHS, make_case, move
from midline.cases.tests.policy_table import COLLABORATORS, OTHERS, lines, meaning
from midline.collaboration.models import Collaboration, Grant
from midline.collaboration.tests.factories import EVERY_GRANT
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Practice, Provider
from midline.practices.tests.factories import PracticeFactory

NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_AGO: Final = NOW - timedelta(days=90)
# How a case comes to stand in each status of the life cycle, by the real one.
STATUSES: Final = {**PATHS, "records_needed": ("submit", "ask_records")}
_numbers = count()


@dataclass(frozen=True)
class Standing:
    """One line of the table: who stands in which workspace before these cases, and what they may there.

    begins: may begin cases of the same provider. counted: stands in the number of collaborators beside each of the cases.
    """

    line: str
    actor: Actor
    cases: tuple[Case, ...]
    may: frozenset[Action]
    begins: bool
    counted: bool


@dataclass
class World:
    """A provider with a case in each status that was asked for, another case and another provider; a line for each person."""

    paths: tuple[str, ...]
    practice: Practice = field(init=False)
    foreign: Practice = field(init=False)
    cases: tuple[Case, ...] = field(init=False)
    other_case: Case = field(init=False)
    technician: User = field(init=False)
    standings: list[Standing] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.practice, self.foreign = PracticeFactory(), PracticeFactory()
        self.technician = person(is_technician=True)
        self.cases = self.cases_of(self.practice, self.paths)
        (self.other_case,) = self.cases_of(self.practice, ("submitted",))

    def cases_of(self, practice: Practice, paths: Iterable[str]) -> tuple[Case, ...]:
        found = [move(make_case(practice), *STATUSES[path], technician=self.technician).pk for path in paths]
        # Whoever walked the cases here is nobody of the table.
        Order.objects.filter(case__in=found).update(planner=None, planner_workspace="")
        return tuple(Case.objects.filter(pk__in=found).select_related("provider__person").order_by("pk"))


def person(**fields: Any) -> User:
    n = next(_numbers)
    return User.objects.create(email=f"table{n}@example.org", first_name=f"Table{n}", last_name="Testdatter", password="!", **fields)


def the_table(*paths: str) -> World:
    """Every line of the table before a case in each of these statuses (names of STATUSES)."""
    world = World(paths)
    for cells in lines(COLLABORATORS):
        world.standings.append(_Collaborator(world, *cells).stand())
    for cells in lines(OTHERS):
        world.standings.append(_other(world, *cells))
    count_rows()
    return world


def count_rows() -> None:
    """PostgreSQL does not count the rows of an open transaction by itself: without their numbers a plan takes seconds, or minutes."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


# --- collaborators --------------------------------------------------------------------------------------------------

ENDINGS: Final = {"declined", "withdrawn", "expired", "revoked", "left"}
ENDS_AT: Final = {"last second": NOW + timedelta(seconds=1), "over this moment": NOW, "past its end": NOW - timedelta(days=1)}
EVERY: Final = {
    "every case",
    "every case and single",
    "every case, held row",
    "every case, held row ended",
    "every case, and another case",
    "every case of another provider",
}
# How the row of the case stands: (gives, ended); without an entry there is none.
ROWS: Final[dict[str, list[tuple[bool, bool]]]] = {
    "single": [(True, False)],
    "single, ended": [(True, True)],
    "single, ended and shared again": [(True, True), (True, False)],
    "every case ended, single left": [(True, False)],
    "every case and single": [(True, False)],
    "held row": [(False, False)],
    "every case, held row": [(False, False)],
    "every case, held row ended": [(False, True)],
    "single, and another case": [(True, False)],
    "single, from another provider": [(True, False)],
    "single, in the one that ended": [(True, False)],
}
# Invited and live ones; and what makes them collaborators of the case.
OPEN: Final = {"invited", "active", "last second", "begun anew"}
SHARES_IT: Final = (EVERY - {"every case of another provider"}) | {
    "single",
    "single, ended and shared again",
    "every case ended, single left",
    "single, and another case",
}


def grants_named(words: str) -> set[Grant]:
    """The permissions of: everything, nothing, or one as the table writes it."""
    return set(Grant) if words == "everything" else {grant for grant in Grant if grant.value.replace("_", " ") == words}


@dataclass
class _Collaborator:
    """One line of COLLABORATORS, made into rows."""

    world: World
    granted: str
    collaboration: str
    shared: str
    besides: str
    may: str

    def stand(self) -> Standing:
        world, words = self.world, {word.strip() for word in self.besides.split(",")}
        practice, cases = world.practice, world.cases
        if words & {"provider not confirmed", "provider refused"}:
            practice = PracticeFactory()
            cases = world.cases_of(practice, ("submitted",))
        user = person(is_technician="also a technician" in words, is_superuser="also an administrator" in words)
        given_by = world.foreign if "another provider" in self.shared else practice
        rows = self._collaboration(user, given_by.provider, words)
        self._shares(rows, cases, words)
        self._orders(user, cases, words)
        if "also a provider" in words:
            PracticeFactory(provider__person=user)
        if "account closed" in words:
            user.is_active = False
            user.save()
        for state in ("pending", "refused"):
            if f"provider {'not confirmed' if state == 'pending' else state}" in words:
                Provider.objects.filter(pk=practice.provider_id).update(state=state)
                cases = tuple(Case.objects.filter(pk__in=[c.pk for c in cases]).select_related("provider__person"))
        line = f"{self.granted} | {self.collaboration} | {self.shared} | {self.besides}"
        counted = self.collaboration in OPEN and self.shared in SHARES_IT
        return Standing(line, Actor(user, Workspace.COLLABORATOR), cases, meaning(self.may), self._begins(words), counted)

    def _begins(self, words: set[str]) -> bool:
        """With a live collaboration of this provider and the permission, whatever is shared."""
        stands = not words & {"account closed", "provider not confirmed", "provider refused"} and "another provider" not in self.shared
        return stands and self.collaboration in OPEN - {"invited"} and Grant.ADD_ORDERS in grants_named(self.granted)

    def _collaboration(self, user: User, provider: Provider, words: set[str]) -> Collaboration:
        """The collaboration that the row of the share hangs on."""
        about = {"provider": provider, "person": user, "email": user.email, "first_name": user.first_name, "created_at": LONG_AGO}
        ended = {"state": "ended", "ended": "revoked", "ended_at": LONG_AGO}
        granted = {grant.value: True for grant in grants_named(self.granted)}
        if self.collaboration == "begun anew":
            old = Collaboration.objects.create(**about, **ended, **EVERY_GRANT, every_case=True)
            new = Collaboration.objects.create(**about, **granted, state="active")
            return old if "in the one that ended" in self.shared else new
        state: dict[str, Any] = {"state": "active", "ends_at": ENDS_AT.get(self.collaboration)}
        if self.collaboration == "invited":
            state = {"state": "invited"}
        if self.collaboration in ENDINGS:
            state = {**ended, "ended": self.collaboration}
        return Collaboration.objects.create(
            **about,
            **state,
            **granted,
            every_case=self.shared in EVERY,
            hides_identity="identity hidden" in words,
            evaluates="does not evaluate" not in words,
        )

    def _shares(self, on: Collaboration, cases: tuple[Case, ...], words: set[str]) -> None:
        def row(case: Case, *, gives: bool, ended: bool, taken: str) -> None:
            words_here = {word.removeprefix("no ").removesuffix(f" {taken}") for word in words if word.endswith(f" {taken}")}
            withheld = {WITHHOLDS[grant]: True for word in words_here for grant in grants_named(word)}
            batch, by = new_key(), case.provider.person
            Share.objects.create(
                case=case, collaboration=on, gives=gives, ended_at=LONG_AGO if ended else None, batch=batch, created_by=by, **withheld
            )

        for case in cases:
            for gives, ended in ROWS.get(self.shared, []):
                row(case, gives=gives, ended=ended, taken="there before" if ended and gives else "here")
        if "another case" in self.shared:
            row(self.world.other_case, gives=True, ended=False, taken="there")

    def _orders(self, user: User, cases: tuple[Case, ...], words: set[str]) -> None:
        if "took the order" in words:
            took(user, cases, Workspace.COLLABORATOR)
        if "took an order that is closed" in words:
            took(user, cases, Workspace.COLLABORATOR, closed=True)
        if "took it as a technician" in words:
            took(user, cases, Workspace.LAB)
        if "took an order of another case" in words:
            took(user, (self.world.other_case,), Workspace.COLLABORATOR)
        if "another took the order" in words:
            took(person(), cases, Workspace.COLLABORATOR)


def took(user: User, cases: Iterable[Case], workspace: Workspace, *, closed: bool = False) -> None:
    """An order of each case that this person took; its own, beside those of the others of the table."""
    Order.objects.bulk_create(
        Order(
            case=case, kind="retainer", ordinal=1000 + next(_numbers), status="completed" if closed else "in_production",
            planner=user, planner_workspace=workspace, created_by=user, submitted_at=LONG_AGO, closed_at=LONG_AGO if closed else None,
        )
        for case in cases
    )  # fmt: skip


# --- everybody else -------------------------------------------------------------------------------------------------


def _other(world: World, who: str, workspace: str, when: str, may: str) -> Standing:
    """One line of OTHERS. Who is no provider names the owner's number in the provider's workspace: it must not help."""
    cases = world.cases
    if who.startswith("the owner"):
        user, cases = _owner(world, who)
    else:
        user = PEOPLE[who](world)
    own = Provider.objects.filter(person=user).first()
    number = own.pk if own and "naming" not in who else world.practice.provider_id
    if when:
        cases = tuple(case for case in cases if (case.submitted_at is None) == (when == "drafts"))
    actor, counted = Actor(user, Workspace(workspace), number), "collaborat" in who and "took" not in who
    return Standing(f"{who} | {workspace} | {when}", actor, cases, meaning(may), may == "own" or _begins_elsewhere(who, workspace), counted)


def _begins_elsewhere(who: str, workspace: str) -> bool:
    """Who collaborates with every permission begins cases, but in the workspace of a collaborator alone."""
    return workspace == "collaborator" and "everything" in who


def _owner(world: World, who: str) -> tuple[User, tuple[Case, ...]]:
    if who == "the owner":
        return world.practice.provider.person, world.cases
    practice = PracticeFactory()
    cases = world.cases_of(practice, ("submitted",))
    User.objects.filter(pk=practice.provider.person_id).update(is_active="closed" not in who)
    state = {"not confirmed": "pending", "refused": "refused"}.get(who.rpartition(", ")[2], "confirmed")
    Provider.objects.filter(pk=practice.provider_id).update(state=state)
    fresh = Case.objects.filter(pk__in=[case.pk for case in cases]).select_related("provider__person")
    return User.objects.get(pk=practice.provider.person_id), tuple(fresh)


def _works_with(world: World, user: User) -> User:
    about = {"provider": world.practice.provider, "person": user, "email": user.email, "first_name": user.first_name}
    Collaboration.objects.create(**about, **EVERY_GRANT, state="active", every_case=True)
    return user


def _took(user: User, cases: Iterable[Case], workspace: Workspace = Workspace.LAB, *, closed: bool = False) -> User:
    took(user, cases, workspace, closed=closed)
    return user


PEOPLE: Final[dict[str, Callable[[World], User]]] = {
    "another provider": lambda w: PracticeFactory().provider.person,
    "another provider, naming the owner's number": lambda w: PracticeFactory().provider.person,
    "a provider who collaborates here": lambda w: _works_with(w, PracticeFactory().provider.person),
    "a collaborator with everything": lambda w: _works_with(w, person()),
    "a technician": lambda w: person(is_technician=True),
    "a technician who took the order": lambda w: _took(person(is_technician=True), w.cases),
    "a technician who handed it over": lambda w: person(is_technician=True),
    "a technician who took an order that is closed": lambda w: _took(person(is_technician=True), w.cases, closed=True),
    "a technician who took it as a collaborator": lambda w: _took(person(is_technician=True), w.cases, Workspace.COLLABORATOR),
    "a technician who took an order of another case": lambda w: _took(person(is_technician=True), [w.other_case]),
    "a technician who collaborates with everything": lambda w: _works_with(w, person(is_technician=True)),
    "a technician who is also a provider": lambda w: PracticeFactory(provider__person=person(is_technician=True)).provider.person,
    "a technician, account closed": lambda w: person(is_technician=True, is_active=False),
    "once a technician, took the order": lambda w: _took(person(), w.cases),
    "an administrator": lambda w: person(is_staff=True, is_superuser=True),
    "an administrator who is a technician": lambda w: person(is_staff=True, is_superuser=True, is_technician=True),
    "a stranger": lambda w: person(),
}
