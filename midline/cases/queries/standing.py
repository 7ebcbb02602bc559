"""How cases stand between provider, collaborators and lab: derived for a page of cases in a constant number of queries."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from django.db.models import QuerySet

from midline.cases.models import Case, CaseType, CollaboratorStatus, ReadyMark, Share, Status, Turn
from midline.cases.policies import collaborations_on
from midline.cases.queries.conditions import DONE
from midline.cases.queries.line import Listed
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.prepared import is_one_of, now_slot, prepared, stretches
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.practices.models import Provider

# What follows from a status alone, by its code: asked for every row of a list.
AWAITING, ON_HOLD, COLLABORATOR = Status.AWAITING_APPROVAL.value, Status.ON_HOLD.value, Workspace.COLLABORATOR.value
WITH_SETUPS: Final = frozenset(kind.value for kind in CaseType if kind.uses_setups)
TURNS: Final = {status.value: status.turn for status in Status}
OWN_TURN: Final = {Workspace.PROVIDER: Turn.PROVIDER, Workspace.LAB: Turn.LAB}
STATUSES: Final[dict[str, CollaboratorStatus | None]] = {
    **{status.value: CollaboratorStatus.APPROVED if status in DONE else CollaboratorStatus.AWAITING_SETUP for status in Status},
    Status.DRAFT.value: None,
    Status.CANCELLED.value: None,
}


class Standing(NamedTuple):
    """How a case stands between provider and collaborators.

    collaborators: active and invited ones. status: the sum of those who evaluate, None where none does or no setup belongs to the order.
    mine: the reader's own state (a collaborator's). turn: whose turn it is. own: whether that is the reader. hidden: whether the patient's
    identity is hidden from the reader.
    """

    collaborators: int
    status: CollaboratorStatus | None
    mine: CollaboratorStatus | None
    turn: Turn
    own: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """An invited or active collaboration, as far as lists need it. live: it gives access at this moment."""

    pk: int
    provider_id: int
    person_id: int | None
    every_case: bool
    evaluates: bool
    hides_identity: bool
    live: bool


def standings(cases: Iterable[Listed], actor: Actor) -> dict[int, Standing]:
    """The Standing of each case for the reader, in three statements for up to 256 cases."""
    rows = list(cases)
    sharing = _collaborations_by_case(rows)
    ready: dict[int, set[int]] = defaultdict(set)
    awaiting = {case.pk: case.awaiting_version for case in rows if case.awaiting_version}
    for case_id, collaboration_id, version in _of_ids("ready marks", awaiting, _marks_of):
        if awaiting[case_id] == version:
            ready[case_id].add(collaboration_id)
    nobody: set[int] = set()
    return {case.pk: _standing(case, sharing[case.pk], ready.get(case.pk, nobody), actor) for case in rows}


def _collaborations_by_case(cases: list[Listed]) -> dict[int, list[Opened]]:
    opened: dict[int, Opened] = {}
    for pk, whose, person, every, evaluates, hides, state, confirmed in _of_ids("opened", {case.provider_id for case in cases}, _opened_of):
        live = state == Collaboration.State.ACTIVE and confirmed == Provider.State.CONFIRMED
        opened[pk] = Opened(pk, whose, person, every, evaluates, hides, live)
    by_case: dict[int, list[Opened]] = defaultdict(list)
    standing = defaultdict(list)
    for collaboration in opened.values():
        if collaboration.every_case:
            standing[collaboration.provider_id].append(collaboration)
    for case in cases:
        by_case[case.pk] += standing[case.provider_id]
    for case_id, collaboration_id in _of_ids("shares", [case.pk for case in cases], _shares_of):
        if (found := opened.get(collaboration_id)) and not found.every_case:
            by_case[case_id].append(found)
    return by_case


def _of_ids(name: str, ids: Iterable[int], make: Callable[[int], QuerySet[Any, Any]]) -> Iterator[tuple[Any, ...]]:
    for stretch in stretches(ids):
        yield from prepared((name, len(stretch)), partial(make, len(stretch))).rows(ids=stretch, now=clock.now())


def _opened_of(size: int) -> QuerySet[Collaboration, Any]:
    rows = Collaboration.objects.open(now_slot()).filter(is_one_of("provider_id", "ids", size)).order_by()
    columns = ("pk", "provider_id", "person_id", "every_case", "evaluates", "hides_identity", "state", "provider__state")
    return rows.values_list(*columns)


def _shares_of(size: int) -> QuerySet[Share, Any]:
    rows = Share.objects.filter(is_one_of("case_id", "ids", size), ended_at=None, gives=True)
    return rows.order_by().values_list("case_id", "collaboration_id")


def _marks_of(size: int) -> QuerySet[ReadyMark, Any]:
    return ReadyMark.objects.filter(is_one_of("case_id", "ids", size)).order_by().values_list("case_id", "collaboration_id", "version")


def _standing(case: Listed, sharing: list[Opened], ready: set[int], actor: Actor) -> Standing:
    order = case.current_order
    live = [c for c in sharing if c.live]
    # A planner's own version counts as ready for them.
    planner = order.planner_id if order and order.planner_workspace == COLLABORATOR else None
    waiting = [c for c in live if c.pk not in ready and (planner is None or c.person_id != planner)]
    status = _status(case, any(c.evaluates for c in live), not any(c.evaluates for c in waiting))
    awaits = case.status == AWAITING
    turn = Turn.COLLABORATOR if awaits and status is CollaboratorStatus.EVALUATING else TURNS[case.status]
    if actor.workspace is not Workspace.COLLABORATOR:
        own = turn is OWN_TURN.get(actor.workspace)
        return Standing(len(sharing), status, None, turn, own, hidden=False)
    own_rows = [c for c in live if c.person_id == actor.user_id]
    mine = _status(case, bool(own_rows), not any(c.person_id == actor.user_id for c in waiting))
    own = awaits and mine is CollaboratorStatus.EVALUATING and any(c.evaluates for c in own_rows)
    # Where the reader's own collaboration is gone meanwhile, nothing is named.
    return Standing(len(sharing), status, mine, turn, own, hidden=not any(not c.hides_identity for c in own_rows))


def _status(case: Listed, anybody: bool, all_ready: bool) -> CollaboratorStatus | None:
    """`conditions.collaborator_status_is` says the same to the database. An order on hold keeps the status it held."""
    if not anybody or case.case_type not in WITH_SETUPS:
        return None
    order = case.current_order
    state = (order.held_status if order and case.status == ON_HOLD else "") or case.status
    if state == AWAITING:
        return CollaboratorStatus.READY if all_ready else CollaboratorStatus.EVALUATING
    return STATUSES[state]


def standing_of(case: Case, actor: Actor) -> Standing:
    return standings([case], actor)[case.pk]


def collaborator_count(case: Case) -> int:
    """The number in the icon beside a case: active and invited, by share or standing grant."""
    return collaborations_on(case).count()


def evaluating_collaborations(case: Case) -> list[tuple[Collaboration, bool]]:
    """Live collaborations on this case that evaluate, each with whether it holds the awaiting version ready."""
    marks = set(ReadyMark.objects.filter(case=case, version=case.awaiting_version or 0).values_list("collaboration_id", flat=True))
    return [(c, c.pk in marks) for c in collaborations_on(case) if c.evaluates and c.is_live()]
