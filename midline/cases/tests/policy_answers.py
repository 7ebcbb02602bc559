"""What the policy says about the people of the truth table, in each direction: where it differs from the table, in words."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, count, islice
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from midline.cases import policies
from midline.cases.actions import Action
from midline.cases.models import Case, Order, Status
from midline.cases.tests.policy_world import LONG_AGO, NOW, Standing, World
from midline.core import clock
from midline.core.prepared import Slot, prepared
from midline.core.workspace import Workspace
from midline.people.policies import Actor

ACTIONS: Final = tuple(Action)
# Statements that the table composes are composed anew each time: a changed policy must not answer with those of the one before.
NUMBERS: Final = count()


# One thing to ask of the policy: yields, in words, where it says something else than the table.
Question = Callable[[], Iterator[str]]


def disagreements(world: World, *, each: bool = True, most: int = 12) -> list[str]:
    """Where a direction of the policy says something else than the table, in words; the first `most`.

    users_who_may is asked for everybody and every action. The other directions are asked for every line, case and action too when `each`,
    else for every line and a few of both, other ones from line to line.
    """
    with clock.at(NOW):
        return list(islice(chain.from_iterable(ask() for ask in questions(world, each=each)), most))


def questions(world: World, *, each: bool = True) -> Iterator[Question]:
    """Everything to ask, one by one; they may be asked in any order, at the moment `NOW`."""
    mine = [standing.cases if each else standing.cases[n % len(standing.cases) :][:1] for n, standing in enumerate(world.standings)]
    # The cheapest question comes first: where the policy was changed on purpose, most changes are told by it.
    for standing, cases in zip(world.standings, mine, strict=True):
        yield partial(_of_actions_on, standing, cases)
    for n, (standing, cases) in enumerate(zip(world.standings, mine, strict=True)):
        actions = ACTIONS if each else (Action.VIEW, *(ACTIONS[(5 * n + k) % len(ACTIONS)] for k in range(5)))
        yield partial(_of_cases_for, standing, actions)
        for case in cases:
            yield partial(_at_the_door, standing, case, ACTIONS[(n + case.pk) % len(ACTIONS)])
        yield partial(_of_beginnings, standing)
        # A share by another provider's collaboration is what no service writes: the lists' readings do not ask for it at each share, since
        # every row that they find is read again by cases_for before it is shown.
        if each and "from another provider" not in standing.line:
            yield partial(_of_lists, standing)
    yield partial(_of_orders, world)
    yield partial(_of_costs, world)
    asked: dict[Case, list[Standing]] = defaultdict(list)
    for standing in world.standings:
        for case in standing.cases:
            asked[case].append(standing)
    for case, standings in asked.items():
        yield from (partial(_of_recipients, case, standings, action) for action in Action)
        yield partial(_of_the_number, case, standings)


def _of_actions_on(standing: Standing, cases: Iterable[Case]) -> Iterator[str]:
    for case in cases:
        yield from _differs("actions_on", standing, case, policies.actions_on(standing.actor, case), ACTIONS)


def _of_cases_for(standing: Standing, actions: tuple[Action, ...]) -> Iterator[str]:
    listed: dict[int, set[Action]] = defaultdict(set)
    for action in actions:
        for pk in policies.cases_for(standing.actor, action).values_list("pk", flat=True):
            listed[pk].add(action)
    for case in standing.cases:
        yield from _differs("cases_for", standing, case, frozenset(listed[case.pk]), actions)


def _differs(direction: str, standing: Standing, case: Case, allowed: frozenset[Action], asked: Iterable[Action]) -> Iterator[str]:
    if wrong := ", ".join(sorted(allowed ^ (standing.may & set(asked)))):
        yield f"{direction} differs in {wrong} on a case that is {case.status}: {standing.line}"


def _of_recipients(case: Case, standings: Iterable[Standing], action: Action) -> Iterator[str]:
    """users_who_may of each workspace, and recipients, which runs through the three of them."""
    told = {(a.user_id, a.workspace, a.provider_id) for a in policies.recipients(action, case, lab=True)}
    spaces = {w: set(policies.users_who_may(action, case, w).values_list("pk", flat=True)) for w in Workspace}
    for standing in standings:
        actor, right = standing.actor, action in standing.may
        where = f"{action} on a case that is {case.status}: {standing.line}"
        if (actor.user_id in spaces[actor.workspace]) != right:
            yield f"users_who_may differs in {where}"
        of = case.provider_id if actor.workspace is Workspace.PROVIDER else None
        if ((actor.user_id, actor.workspace, of) in told) != right:
            yield f"recipients differs in {where}"


def _of_the_number(case: Case, standings: Iterable[Standing]) -> Iterator[str]:
    """Who is counted beside a case; and that nobody of the lab is told what the lab was not asked for."""
    lab = [actor for actor in policies.recipients(Action.VIEW, case) if actor.workspace is Workspace.LAB]
    if lab:
        yield f"recipients names the lab, which nobody asked for, on a case that is {case.status}"
    counted = set(policies.collaborations_on(case).values_list("person_id", flat=True))
    for standing in standings:
        if (standing.actor.user_id in counted) != standing.counted:
            yield f"collaborations_on differs on a case that is {case.status}: {standing.line}"


def _at_the_door(standing: Standing, case: Case, action: Action) -> Iterator[str]:
    """may and get_case_or_404."""
    expected = "404" if Action.VIEW not in standing.may else "open" if action in standing.may else "403"
    if policies.may(standing.actor, action, case) != (expected == "open"):
        yield f"may differs in {action} on a case that is {case.status}: {standing.line}"
    for asked, answer in ((action, expected), (Action.VIEW, "404" if expected == "404" else "open")):
        if door(standing.actor, case, asked) != answer:
            yield f"get_case_or_404 differs in {asked} on a case that is {case.status}: {standing.line}"


def _of_beginnings(standing: Standing) -> Iterator[str]:
    """providers_for: adding orders; what is the owner's alone; and what is no owner's. A provider is told of nobody but whom they name."""
    actor, owner = standing.actor, Action.APPROVE in standing.may
    for action, right in ((Action.ADD_ORDER, standing.begins), (Action.APPROVE, owner), (Action.MANUFACTURE, False)):
        told = set(policies.providers_for(actor, action).values_list("pk", flat=True))
        if (standing.cases[0].provider_id in told) != right:
            yield f"providers_for differs in {action}: {standing.line}"
        if actor.workspace is Workspace.PROVIDER and told - {actor.provider_id}:
            yield f"providers_for differs in {action}, it tells of a provider who was not named: {standing.line}"


def _of_lists(standing: Standing) -> Iterator[str]:
    """The ways in which lists read what a collaborator sees: by the actor, and composed for anyone and filled in."""
    actor, case = standing.actor, standing.cases[0]
    sees = actor.workspace is Workspace.COLLABORATOR and Action.VIEW in standing.may
    other = next(status for status in Status.values if status != case.status)
    # A reader whose account is closed is never filled in.
    for reader in (actor, policies.Anyone(actor.workspace)) if actor.user.is_active else (actor,):
        # What is composed for anyone serves later moments too: it must not keep the one at which it was composed.
        with clock.at(NOW if reader is actor else LONG_AGO):
            ways = _ways(reader, case, other)
        found = {way: _ids(standing, reader, rows) for way, (rows, _asked) in ways.items()}
        found["visible_parts"] = sorted(found.pop("visible_parts, 0") + found.pop("visible_parts, 1"))
        for way, ids in found.items():
            asked = ways.get(way, (None, None))[1]
            mine = Case.objects.filter(asked or Q(), pk__in=[one.pk for one in standing.cases] if sees else [])
            if ids != sorted(mine.values_list("pk", flat=True)):
                yield f"{way} differs for {type(reader).__name__}: {standing.line}"
    if policies.begins_anywhere(actor) != policies.providers_for(actor).exists():
        yield f"begins_anywhere differs: {standing.line}"


def _ways(reader: policies.Reader, case: Case, other: str) -> dict[str, tuple[QuerySet[Case], Q | None]]:
    """Each way with the rows that it finds, and which of the reader's cases these should be (None: all of them)."""
    gathered = partial(policies.cases_gathered, reader)
    narrow = {"cases_for": (policies.cases_for(reader, Action.VIEW), None)} if reader.workspace is Workspace.COLLABORATOR else {}
    return narrow | {
        "cases_gathered": (gathered(), None),
        "cases_gathered of the provider": (gathered(_one(reader, case.provider_id)), None),
        "cases_gathered of no provider": (gathered(_one(reader, 0)), Q(pk=0)),
        "cases_gathered in its status": (gathered(None, [case.status]), Q(status=case.status)),
        "cases_gathered in another status": (gathered(None, [other]), Q(status=other)),
        "cases_gathered of what is asked": (gathered(None, (), Q(pk=case.pk)), Q(pk=case.pk)),
        "cases_walked": (policies.cases_walked(reader), None),
        **{f"visible_parts, {n}": (part, None) for n, part in enumerate(policies.visible_parts(reader))},
    }


def _one(reader: policies.Reader, provider: int) -> int | Slot:
    return provider if isinstance(reader, Actor) else Slot("one_provider" if provider else "none")


def _ids(standing: Standing, reader: policies.Reader, rows: QuerySet[Case]) -> list[int]:
    """Which of the standing's cases these rows hold, each as often as it is there."""
    actor, ids = standing.actor, rows.order_by().values_list("pk")
    if not isinstance(reader, Actor):
        given = {"person": actor.user_id, "provider": actor.provider_id or 0, "now": NOW, "none": 0}
        found = prepared(("asked by the table", next(NUMBERS)), lambda: ids).rows(**given, one_provider=standing.cases[0].provider_id)
    else:
        found = list(ids)
    return sorted(pk for (pk,) in found if pk in {case.pk for case in standing.cases})


def _of_orders(world: World) -> Iterator[str]:
    """sees_order: an order that was sent, and a draft beside it."""
    for workspace in (Workspace.PROVIDER, Workspace.COLLABORATOR, Workspace.LAB):
        actor = Actor(world.technician, workspace)
        sent, draft = policies.sees_order(actor, Order(submitted_at=NOW)), policies.sees_order(actor, Order())
        if (sent, draft) != (True, workspace is not Workspace.LAB):
            yield f"sees_order differs in the workspace {workspace}: an order that was sent {sent}, a draft {draft}"


def _of_costs(world: World) -> Iterator[str]:
    """What a page reads of a case, a provider and a collaboration comes with it: one query each."""
    owner, case = Actor(world.practice.provider.person, Workspace.PROVIDER, world.practice.provider_id), world.cases[-1]
    with CaptureQueriesContext(connection) as captured:
        found = policies.get_case_or_404(owner, case.number or "")
        _ = found.patient, found.practice, found.provider.person, found.current_order
        _ = [provider.person for provider in policies.providers_for(owner)]
        _ = [collaboration.provider for collaboration in policies.collaborations_on(case)]
    if len(captured) != 3:
        yield f"{len(captured)} queries read a case, a provider and the collaborations, not 3"


def door(actor: Actor, case: Case, action: Action) -> str:
    """What a request meets: "open", "403" or "404"."""
    try:
        return "open" if policies.get_case_or_404(actor, case.number or "", action) == case else "another case"
    except Http404:
        return "404"
    except PermissionDenied:
        return "403"
