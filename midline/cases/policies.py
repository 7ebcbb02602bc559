"""Who may do what on a case. A clinician should be able to read the tables and agree.

One rule, three directions: `cases_for` (which cases may this actor act on), `users_who_may` (who may act on this case) and `may`
(this actor, this case). Everything below a case goes through its case with the action that reads it. Sources: the permission table,
"Sharing" and "Life cycle" of the product's description.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.lookups import In
from django.http import Http404

from midline.cases.actions import Action
from midline.cases.models import Case, Order, Share
from midline.cases.models.share import WITHHOLDS
from midline.collaboration.models import LIVE, Collaboration, Grant
from midline.core import clock
from midline.core.prepared import Slot, now_slot, prepared
from midline.core.probe import Beside, Probe
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.models import Provider

# --- the tables -----------------------------------------------------------------------------------------------------

ALWAYS: Final = frozenset({
    Action.VIEW,
    Action.READ_CONVERSATION,
    Action.READ_PROPOSED_REQUESTS,
    Action.READ_SENT_REQUESTS,
    Action.COMMENT,
    Action.PROPOSE_CHANGES,
    Action.MARK_READY,
})  # fmt: skip
IF_GRANTED: Final = {
    Action.ADD_ORDER: Grant.ADD_ORDERS,
    Action.DECLINE_SETUP: Grant.DECLINE_SETUPS,
    Action.EDIT_RECORDS: Grant.EDIT_RECORDS,
    Action.DOWNLOAD: Grant.DOWNLOAD,
    Action.DOWNLOAD_ORIGINALS: Grant.DOWNLOAD,
    Action.TAKE: Grant.PUBLISH_SETUPS,
    Action.PUBLISH_SETUP: Grant.PUBLISH_SETUPS,
    Action.READ_UNPUBLISHED: Grant.PUBLISH_SETUPS,
    Action.ANSWER_REQUESTS: Grant.PUBLISH_SETUPS,
}
# Hidden identity takes these away, whatever is granted: originals carry names in file names and headers.
NEEDS_IDENTITY: Final = frozenset({Action.SEE_IDENTITY, Action.DOWNLOAD_ORIGINALS})
# These are the planner's: who took the order, in the workspace in which they took it. The whole lab reads and answers beside them.
NEEDS_PLANNER: Final = {
    Workspace.LAB: frozenset({Action.PUBLISH_SETUP}),
    Workspace.COLLABORATOR: frozenset({Action.PUBLISH_SETUP, Action.READ_UNPUBLISHED, Action.ANSWER_REQUESTS}),
}

OWNER: Final = frozenset({
    Action.VIEW,
    Action.SEE_IDENTITY,
    Action.READ_CONVERSATION,
    Action.READ_PROPOSED_REQUESTS,
    Action.READ_SENT_REQUESTS,
    Action.READ_SHARES,
    Action.READ_ACCESS_LOG,
    Action.DOWNLOAD,
    Action.DOWNLOAD_ORIGINALS,
    Action.COMMENT,
    Action.PROPOSE_CHANGES,
    Action.ADD_ORDER,
    Action.DECLINE_SETUP,
    Action.EDIT_RECORDS,
    Action.APPROVE,
    Action.PUSH_BACK,
    Action.SHARE,
    Action.RECEIVE,
    Action.HOLD,
    Action.CANCEL,
    Action.EDIT_CASE,
})  # fmt: skip
LAB: Final = frozenset({
    Action.VIEW,
    Action.SEE_IDENTITY,
    Action.READ_SENT_REQUESTS,
    Action.READ_UNPUBLISHED,
    Action.DOWNLOAD,
    Action.DOWNLOAD_ORIGINALS,
    Action.TAKE,
    Action.PUBLISH_SETUP,
    Action.ASK_RECORDS,
    Action.ANSWER_REQUESTS,
    Action.MANUFACTURE,
    Action.HOLD,
    Action.CANCEL_LATE,
})  # fmt: skip
# An action absent from ALWAYS and IF_GRANTED is absent for collaborators; SEE_IDENTITY is theirs unless hidden.
COLLABORATOR: Final = ALWAYS | IF_GRANTED.keys() | {Action.SEE_IDENTITY}


# --- who reads ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Anyone:
    """Whoever reads, in a statement that is composed once: `person`, `provider` and `now` are filled in when it runs.

    Who runs it answers for the person's account being open; `midline.cases.queries.hot` does.
    """

    workspace: Workspace

    @property
    def user_id(self) -> Slot:
        return Slot("person")

    @property
    def provider_id(self) -> Slot:
        return Slot("provider")


Reader = Actor | Anyone


def moment_of(reader: Reader) -> datetime | Combinable:
    """The moment at which the reader asks."""
    return now_slot() if isinstance(reader, Anyone) else clock.now()


# --- the rule of each workspace -------------------------------------------------------------------------------------


def _owned(provider_id: int | Slot, person_id: int | OuterRef | Slot) -> Exists:
    """The provider is this person, and their registration stands."""
    return Exists(Provider.objects.filter(pk=provider_id, person_id=person_id, state=Provider.State.CONFIRMED))


def _planned(case_id: int | OuterRef, person_id: int | OuterRef, workspace: Workspace) -> QuerySet[Order]:
    """The orders of a case that this person took, in this workspace, and that are neither handed over nor closed."""
    return Order.objects.filter(case_id=case_id, planner_id=person_id, planner_workspace=workspace, closed_at=None)


def _gives(action: Action, moment: datetime | Combinable) -> Q:
    """The condition on a collaboration under which it gives `action` on a case it shares, before anything is taken away there."""
    rule = LIVE(moment)
    if grant := IF_GRANTED.get(action):
        rule &= Q(**{grant.value: True})
    if action in NEEDS_IDENTITY:
        rule &= Q(hides_identity=False)
    return rule


def _giving(action: Action, case_id: int | OuterRef, provider_id: int | OuterRef, moment: datetime | Combinable) -> QuerySet[Collaboration]:
    """The collaborations that give `action` on a case: by standing grant or single share, where nothing takes it away.

    The one place where sharing is decided. A share's row under a standing grant gives nothing, but may hold what is taken away.
    """
    row = Share.objects.filter(case_id=case_id, collaboration_id=OuterRef("pk"), ended_at=None)
    rows = Collaboration.objects.filter(_gives(action, moment), Q(every_case=True) | Probe(row.filter(gives=True)), provider_id=provider_id)
    if grant := IF_GRANTED.get(action):
        rows = rows.filter(~Probe(row.filter(**{WITHHOLDS[grant]: True})))
    if action in NEEDS_PLANNER[Workspace.COLLABORATOR]:
        rows = rows.filter(Probe(_planned(case_id, OuterRef("person_id"), Workspace.COLLABORATOR)))
    return rows


def collaborations_that_give(action: Action, case: Case) -> QuerySet[Collaboration]:
    """The collaborations of `case` that give `action` on it at this moment."""
    return _giving(action, case.pk, case.provider_id, clock.now())


def collaborations_on(case: Case) -> QuerySet[Collaboration]:
    """Active and invited collaborations that share this case: the number beside it, and the owner's list."""
    shared = Share.objects.filter(case_id=case.pk, collaboration_id=OuterRef("pk"), ended_at=None, gives=True)
    opened = Collaboration.objects.open().filter(Q(every_case=True) | Exists(shared), provider_id=case.provider_id)
    return opened.select_related("provider")


# --- the three directions -------------------------------------------------------------------------------------------


def cases_for(actor: Reader, action: Action = Action.VIEW) -> QuerySet[Case]:
    """Every case on which the actor may act, at this moment. Pages, API, search, counts, exports, files and live updates start here."""
    if isinstance(actor, Actor) and not actor.user.is_active:
        return Case.objects.none()
    match actor.workspace:
        case Workspace.PROVIDER if action in OWNER and actor.provider_id:
            return Case.objects.filter(_owned(actor.provider_id, actor.user_id), provider_id=actor.provider_id)
        case Workspace.LAB if action in LAB and isinstance(actor, Actor) and actor.user.is_technician:
            received = Case.objects.submitted()
            if action in NEEDS_PLANNER[Workspace.LAB]:
                received = received.filter(Exists(_planned(OuterRef("pk"), actor.user_id, Workspace.LAB)))
            return received
        case Workspace.COLLABORATOR if action in COLLABORATOR:
            mine = _giving(action, OuterRef(OuterRef("pk")), OuterRef("provider_id"), moment_of(actor)).filter(person_id=actor.user_id)
            return Case.objects.filter(Probe(mine))
    return Case.objects.none()


def _viewing(actor: Reader) -> QuerySet[Collaboration]:
    """The collaborations by which a collaborator sees anything: where the shapes of the rule below begin."""
    mine = Collaboration.objects.filter(_gives(Action.VIEW, moment_of(actor)), person_id=actor.user_id)
    shut = isinstance(actor, Actor) and not actor.user.is_active
    return mine.none() if shut or actor.workspace is not Workspace.COLLABORATOR else mine


def cases_gathered(
    actor: Reader, provider_id: int | Slot | None = None, statuses: Collection[str] = (), own: Q | None = None
) -> QuerySet[Case]:
    """What a collaborator may view, beginning at the grants: the same cases as `cases_for`, which begins at the cases.

    Of one provider, in some statuses and with `own` true of the case's own columns, if so asked. Quicker for who sees few.
    """
    parts = visible_parts(actor, provider_id, statuses)
    standing, singly = (part.filter(own or Q()).order_by().values("pk") for part in parts)
    return Case.objects.filter(pk__in=standing.union(singly, all=True))


def cases_walked(actor: Reader) -> QuerySet[Case]:
    """What a collaborator may view, for a walk that passes many cases of others: the same cases as `cases_for`.

    Who shares is collected once; a case of somebody else costs a look into that list alone.
    """
    mine = _viewing(actor)
    singly = mine.filter(every_case=False)
    shared = Share.objects.filter(case_id=OuterRef("pk"), ended_at=None, gives=True, collaboration__in=singly.values("pk"))
    by_grant = Q(In(Beside("provider_id"), mine.filter(every_case=True).values("provider_id")))
    one_by_one = Q(In(Beside("provider_id"), singly.values("provider_id"))) & Q(Probe(shared))
    return Case.objects.filter(by_grant | one_by_one)


def visible_parts(actor: Reader, provider_id: int | Slot | None = None, statuses: Collection[str] = ()) -> list[QuerySet[Case]]:
    """What a collaborator may view in two disjoint parts: by standing grant, and shared one by one."""
    mine = _viewing(actor)
    if provider_id is not None:
        mine = mine.filter(provider_id=provider_id)
    singly = Share.objects.filter(collaboration__in=mine.filter(every_case=False).values("pk"), ended_at=None, gives=True)
    parts: list[QuerySet[Case]] = [
        Case.objects.filter(provider_id__in=mine.filter(every_case=True).values("provider_id")),
        Case.objects.filter(pk__in=singly.values("case_id")),
    ]
    return [part.filter(status__in=statuses) for part in parts] if statuses else parts


def users_who_may(action: Action, case: Case, workspace: Workspace) -> QuerySet[User]:
    """The people who may do `action` on `case` from `workspace`: the same rule turned round, for recipients."""
    people = User.objects.filter(is_active=True)
    match workspace:
        case Workspace.PROVIDER if action in OWNER:
            return people.filter(_owned(case.provider_id, OuterRef("pk")))
        case Workspace.LAB if action in LAB and case.submitted_at:
            technicians = people.filter(is_technician=True)
            if action in NEEDS_PLANNER[Workspace.LAB]:
                technicians = technicians.filter(Exists(_planned(case.pk, OuterRef("pk"), Workspace.LAB)))
            return technicians
        case Workspace.COLLABORATOR if action in COLLABORATOR:
            return people.filter(pk__in=collaborations_that_give(action, case).values("person_id"))
    return people.none()


def recipients(action: Action, case: Case, *, lab: bool = False) -> Iterator[Actor]:
    """Everybody who may do `action` on `case`, each in the workspace that lets them; technicians only when `lab`."""
    for workspace in (Workspace.PROVIDER, Workspace.COLLABORATOR, *((Workspace.LAB,) if lab else ())):
        for user in users_who_may(action, case, workspace):
            yield Actor(user, workspace, case.provider_id if workspace is Workspace.PROVIDER else None)


def may(actor: Actor, action: Action, case: Case) -> bool:
    """Membership: the same queryset, asked for one case."""
    return cases_for(actor, action).filter(pk=case.pk).exists()


def actions_on(actor: Actor, case: Case) -> frozenset[Action]:
    """Every action the actor may do on this case, in four queries at most: what templates ask."""
    if not actor.user.is_active:
        return frozenset()
    match actor.workspace:
        case Workspace.PROVIDER if actor.provider_id == case.provider_id:
            stands = case.provider.person_id == actor.user_id and case.provider.state == Provider.State.CONFIRMED
            return OWNER if stands else frozenset()
        case Workspace.LAB if actor.user.is_technician and case.submitted_at:
            return LAB - _planners_alone(actor, case)
        case Workspace.COLLABORATOR:
            return _given(actor, case) - _planners_alone(actor, case)
    return frozenset()


def _given(actor: Actor, case: Case) -> frozenset[Action]:
    """What the actor's collaboration gives on this case, what only the planner may do included."""
    mine = collaborations_that_give(Action.VIEW, case).filter(person_id=actor.user_id).first()
    if mine is None:
        return frozenset()
    share = Share.objects.filter(case=case, collaboration=mine, ended_at=None).first()
    granted = mine.granted - (share.withheld if share else set())
    given = ALWAYS | {Action.SEE_IDENTITY} | {action for action, grant in IF_GRANTED.items() if grant in granted}
    return given - NEEDS_IDENTITY if mine.hides_identity else given


def _planners_alone(actor: Actor, case: Case) -> frozenset[Action]:
    """What the actor may not do on this case because they are not the planner of an open order of it."""
    plans = _planned(case.pk, actor.user_id, actor.workspace).exists()
    return frozenset() if plans else NEEDS_PLANNER[actor.workspace]


def sees_order(actor: Actor, order: Order) -> bool:
    """Whether the actor, who sees the case, sees this order of it: the lab sees an order from Submitted on, the others also a draft."""
    return order.submitted_at is not None or actor.workspace is not Workspace.LAB


# --- the doors ------------------------------------------------------------------------------------------------------


def get_case_or_404(actor: Actor, number: str, action: Action = Action.VIEW) -> Case:
    """A request's only door to a case: hidden is 404, visible but not allowed is 403."""
    rows = cases_for(actor).select_related("patient", "practice", "provider__person", "current_order")
    case = rows.filter(number=number).first()
    if case is None:
        raise Http404
    if action is not Action.VIEW and not may(actor, action, case):
        raise PermissionDenied
    return case


def begins_anywhere(actor: Actor) -> bool:
    """Whether `providers_for` holds anybody, without collecting thousands to see one."""
    if actor.workspace is not Workspace.COLLABORATOR:
        return providers_for(actor).exists()
    return actor.user.is_active and bool(prepared("begins anywhere", _begins).rows(person=actor.user_id, now=clock.now()))


def _begins() -> QuerySet[Collaboration, Any]:
    return Collaboration.objects.filter(_gives(Action.ADD_ORDER, now_slot()), person_id=Slot("person")).order_by().values_list("pk")[:1]


def providers_for(actor: Actor, action: Action = Action.ADD_ORDER) -> QuerySet[Provider]:
    """Whose cases the actor may begin: the same rule where no case exists yet. A standing grant is not needed."""
    confirmed = Provider.objects.filter(state=Provider.State.CONFIRMED).select_related("person")
    if not actor.user.is_active:
        return confirmed.none()
    match actor.workspace:
        case Workspace.PROVIDER if action in OWNER and actor.provider_id:
            return confirmed.filter(pk=actor.provider_id, person_id=actor.user_id)
        case Workspace.COLLABORATOR if action in COLLABORATOR:
            mine = Collaboration.objects.filter(_gives(action, clock.now()), person_id=actor.user_id)
            return confirmed.filter(pk__in=mine.values("provider_id"))
    return confirmed.none()
