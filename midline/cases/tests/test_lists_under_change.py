"""Lists stay right under change: after every act each reader's list, counts, search and numbers are what a plain recomputation says.

People move, share, unshare, rename, end and come back at random (`lists_under_change/world.py`); `recount.py` reads all tables and looks at
every case. Each view is read both ways, by walking an index and by gathering what is visible, forward, backward and for the export.
MIDLINE_LONG=1 lives through many more worlds; a failure tells the world's story, and its seed lives it again.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from django.db.models import Q

from midline.cases import subscribers
from midline.cases.models import Case, CaseType, CollaboratorStatus, Group, RecordNeed, Status, Turn
from midline.cases.policies import cases_gathered
from midline.cases.queries import Asked, ids_in_order, lists, matches, reach_of, read_page, reading, rows_of
from midline.cases.queries.asked import SORTS
from midline.cases.queries.people import people_of
from midline.cases.queries.search import TABS
from midline.cases.queries.segments import segments
from midline.cases.services import lifecycle
from midline.cases.tests.lists_under_change.recount import Recount, Seen, tabs, view
from midline.cases.tests.lists_under_change.world import World
from midline.collaboration.models import Collaboration
from midline.core import clock, prepared
from midline.core.text import norm
from midline.core.workspace import Workspace
from midline.people.policies import Actor

LONG = bool(os.environ.get("MIDLINE_LONG"))
# What decides how a view is read: never what it shows.
WAYS: dict[str, dict[str, int]] = {
    "walk": {"ALWAYS_FEW": -1, "WALKING": 0, "WIDE_SEARCH": -1, "FEW_LEFT": -1, "SCATTERED": 0},
    "walk past others": {"ALWAYS_FEW": -1, "WALKING": 0, "WIDE_SEARCH": -1, "FEW_LEFT": -1, "SCATTERED": 10**9},
    "gather": {"ALWAYS_FEW": 10**9, "WALKING": 10**9, "WIDE_SEARCH": 10**9, "FEW_LEFT": 10**9},
}


@contextmanager
def read_by(settings: dict[str, int]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setattr(reading, name, value)
        yield


# --- what is asked ----------------------------------------------------------------------------------------------------


def drawn_term(chance: Random, recount: Recount) -> str:
    """A part of a name or of a number of anybody's case, as people type: one letter or more, in any case, two words turned round."""
    case = chance.choice(recount.cases)
    names = [case.patient.name if case.patient else "Nobody", case.provider.person.name]
    text = chance.choice([*names, names[0], case.number or "", (case.number or "").lstrip("0")])
    if text.isdigit():
        return text[: chance.randint(1, len(text))]
    words = chance.choice([text, norm(text), text.upper()]).split()
    pieces = []
    for word in chance.sample(words, min(len(words), chance.choice([1, 1, 2]))):
        begins = chance.choice([0, 0, chance.randrange(len(word))])
        pieces.append(word[begins : begins + chance.choice([1, 2, 3, 4, 9])])
    return " ".join(pieces)


def drawn_view(chance: Random, reader: Actor, recount: Recount) -> Asked:
    """A tab, an order, often a filter or two, sometimes a search."""
    collaborator = reader.workspace is Workspace.COLLABORATOR
    choices: dict[str, Any] = {
        "group": lambda: chance.choice(TABS[reader.workspace]),
        "category": lambda: tuple(chance.sample(Group.values, 2)),
        "status": lambda: tuple(chance.sample(Status.values, chance.choice([1, 1, 3]))),
        "records": lambda: (chance.choice(RecordNeed.Kind.values),),
        "type": lambda: tuple(chance.sample(CaseType.values, chance.choice([1, 2]))),
        "practice": lambda: tuple(sorted({chance.choice(recount.cases).practice_id for _ in range(2)})),
        "cstatus": lambda: tuple(chance.sample(CollaboratorStatus.values, chance.choice([1, 2]))),
        "turn": lambda: tuple(chance.sample(Turn.values, chance.choice([1, 2]))),
        "unread": lambda: True,
        "active": lambda: chance.choice([7, 30]),
    }
    if collaborator:
        reached = reach_of(reader).collaborations().values_list("provider_id", flat=True)
        choices["provider"] = lambda: chance.choice(sorted(reached)) if reached else None
    else:
        own = [row.pk for row in recount.collaborations[reader.provider_id or 0]]
        choices["collaborator"] = lambda: tuple(sorted(chance.sample(own, min(len(own), 2))))
        choices["collaboration"] = lambda: chance.choice(own) if own else None
        choices["shared"] = lambda: chance.choice(["yes", "no"])
    names = chance.sample(list(choices), chance.choice([0, 0, 1, 1, 2]))
    if {"shared", "collaboration"} & set(names):
        names = [*dict.fromkeys((*names, "shared", "collaboration"))]
    asked = Asked(**{name: choices[name]() for name in names}, term=drawn_term(chance, recount) if chance.random() < 0.35 else "")
    if chance.random() < 0.7:
        asked = asked.but(sort=chance.choice(["", "-"]) + chance.choice(SORTS))
    return asked


# --- what is answered -------------------------------------------------------------------------------------------------


def forward(asked: Asked, reach: Any, size: int) -> list[tuple[str, Any]]:
    page = read_page(asked, reach, size)
    found = list(page.rows)
    while page.after:
        page = read_page(asked.but(after=page.after), reach, size)
        found += page.rows
    return found


def backward(asked: Asked, reach: Any, size: int) -> list[int]:
    page = read_page(asked.but(last=True), reach, size)
    found = [case.pk for case in page.cases]
    while page.before:
        page = read_page(asked.but(before=page.before), reach, size)
        # A step back to the beginning shows a whole first page.
        found = [case.pk for case in page.cases if page.before or case.pk not in found] + found
    return found


def listed_rightly(asked: Asked, reader: Actor, expected: list[Seen], size: int) -> None:
    """One view of one reader, both ways."""
    ids, answers = [one.pk for one in expected], {}
    for way, settings in WAYS.items():
        with read_by(settings):
            reach = reach_of(reader)
            rows = forward(asked, reach, size)
            answers[way] = [case.pk for _group, case in rows]
            assert answers[way] == ids, f"{way}, page after page"
            assert backward(asked, reach, size) == ids, f"{way}, backward"
            assert list(ids_in_order(asked, reach)) == ids, f"{way}, export"
            assert matches(asked, reach) == (len(ids), True), f"{way}, matches"
    assert answers["walk"] == answers["walk past others"] == answers["gather"]
    for row, one in zip(rows_of(rows, reach), expected, strict=True):
        told = (row.status, row.collaborators, row.collaborator_status, row.turn, row.own, row.unread, row.hidden, row.number)
        assert told == (one.status, one.people, one.shown, one.turn, one.own, one.unread, one.hidden, one.number), "the row"
        assert norm(row.patient) == ("" if one.hidden else one.patient), "the name in the row"
        assert (norm(row.provider), norm(row.practice)) == (one.clinician, one.practice[0])


def counted_rightly(reader: Actor, seen: list[Seen]) -> None:
    """Tabs with every provider and with each, the numbers of the Provider drop-down, and those of Manage Collaborators."""
    assert reach_of(reader).tab_counts() == tabs(seen, reader), "tabs"
    if reader.workspace is Workspace.COLLABORATOR:
        by_provider = {pk: [one for one in seen if one.provider == pk] for pk in {one.provider for one in seen}}
        assert {pk: n for pk, n in reach_of(reader).provider_counts.items() if n} == {pk: len(rows) for pk, rows in by_provider.items()}
        for provider, rows in by_provider.items():
            assert reach_of(reader).tab_counts(provider) == tabs(rows, reader), f"tabs of provider {provider}"


def collaborators_rightly(recount: Recount) -> None:
    """How many cases each collaborator has one by one: what Manage Collaborators shows beside a name."""
    known = {case.pk for case in recount.cases}
    for provider, rows in recount.collaborations.items():
        shown = {person.collaboration.pk: person.cases for person in people_of(provider)}
        for row in rows:
            single = sum(pk == row.pk and case in known for pk, case in recount.shared)
            assert shown.get(row.pk, 0) == (0 if row.every_case or row.pk not in shown else single), f"cases of collaboration {row.pk}"


def look(world: World, chance: Random, views: int) -> None:
    """Every reader counts; `views` views of readers drawn by chance are read in full."""
    with clock.at(world.now):
        recount = Recount(world.now)
        readers = world.readers()
        seen = {index: recount.seen_by(reader) for index, reader in enumerate(readers)}
        collaborators_rightly(recount)
        for index, reader in enumerate(readers):
            counted_rightly(reader, seen[index])
        for index in chance.choices(range(len(readers)), k=views):
            reader = readers[index]
            asked = drawn_view(chance, reader, recount)
            world.asked = f"{reader.user} ({reader.workspace}) asks {asked.but(view=None).pairs()} {asked.term!r}"
            listed_rightly(asked, reader, view(asked, seen[index], reader, world.now), chance.choice([3, 5, 8]))


def live(seed: int, steps: int, views: int = 1) -> World:
    """A world with this seed. A difference is told with the world's story."""
    world, chance = World(seed), Random(f"views of {seed}")
    for _step in range(steps):
        world.step()
        try:
            look(world, chance, views)
        except AssertionError as difference:
            raise AssertionError("\n".join([*world.story, world.asked, str(difference)])) from difference
    return world


# --- faults, planted --------------------------------------------------------------------------------------------------


def _segments_turned_round(patch: pytest.MonkeyPatch) -> None:
    right = segments
    patch.setattr(reading, "segments", lambda asked, reach: right(asked, reach)[::-1])


def _counters_left_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lifecycle, "status_counted", lambda **_about: None)


def _clinicians_name_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(subscribers, "clinician_renamed", lambda _person: None)


def _ended_shares_gathered(patch: pytest.MonkeyPatch) -> None:
    right = cases_gathered

    def wrong(reader: Any, *about: Any) -> Any:
        mine = Collaboration.objects.filter(person_id=reader.user_id, state="active").values("pk")
        ended = Case.objects.filter(shares__collaboration__in=mine, shares__ended_at__isnull=False)
        return Case.objects.filter(Q(pk__in=right(reader, *about).order_by().values("pk")) | Q(pk__in=ended.order_by().values("pk")))

    patch.setattr(reading, "cases_gathered", wrong)


def _key_one_row_off(patch: pytest.MonkeyPatch) -> None:
    right = lists._place

    def wrong(chain: Any, key: str) -> Any:
        number, moment, pk = right(chain, key)
        return number, moment, pk and pk - 1

    patch.setattr(lists, "_place", wrong)


QUICKLY_FOUND = (_segments_turned_round, _counters_left_alone, _ended_shares_gathered, _key_one_row_off)
FAULTS = (*QUICKLY_FOUND, _clinicians_name_forgotten) if LONG else QUICKLY_FOUND


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
def test_a_planted_fault_is_found(db, monkeypatch, fault):
    """Holds this module against itself; the worlds differ, so that every kind of act comes before long."""
    fault(monkeypatch)
    # Statements that were composed before know nothing of the fault, and those composed now must not outlive it.
    monkeypatch.setattr(prepared, "_known", {})
    with pytest.raises(AssertionError, match="seed"):
        several_lives()


def several_lives() -> None:
    for seed in range(100, 108):
        live(seed, steps=25)


# --- the law ----------------------------------------------------------------------------------------------------------


def test_lists_counts_and_search_are_what_a_plain_recomputation_says(db):
    live(seed=1, steps=6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 42) if LONG else (2,))
def test_they_stay_so_in_longer_lives(db, seed):
    live(seed, steps=40)
