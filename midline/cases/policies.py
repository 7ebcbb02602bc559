"""Who may do what on a case. A clinician should be able to read the tables and agree.

One rule, three directions: `cases_for` (which cases may this actor act on), `users_who_may` (who may act on this case) and `may`
(this actor, this case). Everything below a case goes through its case with the action that reads it. Sources: the permission table,
"Sharing" and "Life cycle" of the product's description.
"""

from collections.abc import Iterator
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import Http404

from midline.cases.actions import Action
from midline.cases.models import Case, Order, Share
from midline.cases.models.share import WITHHOLDS
from midline.collaboration.models import LIVE, Collaboration, Grant
from midline.core import clock
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
# Until published, a version is its planner's: the collaborator who took the order, and who answers its change requests.
NEEDS_PLANNER: Final = frozenset({Action.PUBLISH_SETUP, Action.READ_UNPUBLISHED, Action.ANSWER_REQUESTS})

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


# --- the rule of a collaboration ------------------------------------------------------------------------------------


def _gives(action: Action) -> Q:
    """The condition on a collaboration under which it gives `action` on a case it shares, before anything is taken away there."""
    rule = LIVE(clock.now())
    if grant := IF_GRANTED.get(action):
        rule &= Q(**{grant.value: True})
    if action in NEEDS_IDENTITY:
        rule &= Q(hides_identity=False)
    return rule


def _reached(case_id: OuterRef, collaboration_id: OuterRef, action: Action) -> tuple[Exists, Combinable | Q]:
    """(an open share of this pair that gives, the condition that nothing on this pair takes `action` away)."""
    pair = Share.objects.filter(case_id=case_id, collaboration_id=collaboration_id, ended_at=None)
    grant = IF_GRANTED.get(action)
    kept = ~Exists(pair.filter(**{WITHHOLDS[grant]: True})) if grant else Q()
    return Exists(pair.filter(gives=True)), kept


def collaborations_that_give(action: Action, case: Case) -> QuerySet[Collaboration]:
    """The collaborations of `case` that give `action` on it at this moment."""
    shared, kept = _reached(case.pk, OuterRef("pk"), action)  # type: ignore[arg-type]
    rows = Collaboration.objects.filter(_gives(action), Q(every_case=True) | shared, kept, provider_id=case.provider_id)
    if action in NEEDS_PLANNER:
        planned = Order.objects.filter(case_id=case.pk, planner_id=OuterRef("person_id"), planner_workspace=Workspace.COLLABORATOR)
        rows = rows.filter(Exists(planned))
    return rows


def collaborations_on(case: Case) -> QuerySet[Collaboration]:
    """Active and invited collaborations that share this case: the number beside it, and the owner's list."""
    shared = Share.objects.filter(case_id=case.pk, collaboration_id=OuterRef("pk"), ended_at=None, gives=True)
    return Collaboration.objects.open().filter(Q(every_case=True) | Exists(shared), provider_id=case.provider_id)


# --- the three directions -------------------------------------------------------------------------------------------


def cases_for(actor: Actor, action: Action = Action.VIEW) -> QuerySet[Case]:
    """Every case on which the actor may act, at this moment. Pages, API, search, counts, exports, files and live updates start here."""
    match actor.workspace:
        case Workspace.PROVIDER:
            return Case.objects.filter(provider_id=actor.provider_id) if action in OWNER and actor.provider_id else Case.objects.none()
        case Workspace.LAB:
            return Case.objects.submitted() if action in LAB and actor.user.is_technician else Case.objects.none()
        case Workspace.COLLABORATOR:
            return _shared_with(actor, action) if action in COLLABORATOR else Case.objects.none()
    return Case.objects.none()


def _shared_with(actor: Actor, action: Action) -> QuerySet[Case]:
    mine = Collaboration.objects.filter(_gives(action), person_id=actor.user_id)
    grant = IF_GRANTED.get(action)
    held_back = Share.objects.filter(case_id=OuterRef("pk"), ended_at=None, collaboration__person_id=actor.user_id)
    standing = Exists(mine.filter(provider_id=OuterRef("provider_id"), every_case=True))
    single = Share.objects.filter(case_id=OuterRef("pk"), ended_at=None, gives=True, collaboration__in=mine)
    # A person has at most one open collaboration with a provider, so what one share holds back, no other row gives.
    rows = Case.objects.filter(standing | Exists(single))
    if grant:
        rows = rows.exclude(Exists(held_back.filter(LIVE_SHARE, **{WITHHOLDS[grant]: True})))
    if action in NEEDS_PLANNER:
        rows = rows.filter(
            Exists(Order.objects.filter(case_id=OuterRef("pk"), planner_id=actor.user_id, planner_workspace=Workspace.COLLABORATOR))
        )
    return rows


LIVE_SHARE: Final = ~Q(collaboration__state=Collaboration.State.ENDED)


def users_who_may(action: Action, case: Case, workspace: Workspace) -> QuerySet[User]:
    """The people who may do `action` on `case` from `workspace`: the same rule turned round, for recipients."""
    people = User.objects.filter(is_active=True)
    match workspace:
        case Workspace.PROVIDER:
            return people.filter(provider=case.provider_id, provider__state=Provider.State.CONFIRMED) if action in OWNER else people.none()
        case Workspace.LAB:
            return people.filter(is_technician=True) if action in LAB and case.submitted_at else people.none()
        case Workspace.COLLABORATOR:
            if action not in COLLABORATOR:
                return people.none()
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
    """Every action the actor may do on this case, in one query for a collaborator and none for the others: what templates ask."""
    match actor.workspace:
        case Workspace.PROVIDER:
            return OWNER if actor.provider_id == case.provider_id else frozenset()
        case Workspace.LAB:
            return LAB if actor.user.is_technician and case.submitted_at else frozenset()
        case Workspace.COLLABORATOR:
            return _actions_of_collaborator(actor, case)
    return frozenset()


def _actions_of_collaborator(actor: Actor, case: Case) -> frozenset[Action]:
    collaboration = collaborations_that_give(Action.VIEW, case).filter(person_id=actor.user_id).first()
    if collaboration is None:
        return frozenset()
    share = Share.objects.filter(case=case, collaboration=collaboration, ended_at=None).first()
    held_back = share.withheld if share else set()
    plans = Order.objects.filter(case=case, planner_id=actor.user_id, planner_workspace=Workspace.COLLABORATOR).exists()
    given = set(ALWAYS) | {Action.SEE_IDENTITY}
    given |= {action for action, grant in IF_GRANTED.items() if grant in collaboration.granted and grant not in held_back}
    if collaboration.hides_identity:
        given -= NEEDS_IDENTITY
    return frozenset(given if plans else given - NEEDS_PLANNER)


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


def providers_for(actor: Actor, action: Action = Action.ADD_ORDER) -> QuerySet[Provider]:
    """Whose cases the actor may begin: the same rule where no case exists yet. A standing grant is not needed."""
    confirmed = Provider.objects.filter(state=Provider.State.CONFIRMED).select_related("person")
    match actor.workspace:
        case Workspace.PROVIDER:
            return confirmed.filter(pk=actor.provider_id or 0) if action in OWNER else confirmed.none()
        case Workspace.COLLABORATOR:
            if action not in COLLABORATOR:
                return confirmed.none()
            mine = Collaboration.objects.filter(_gives(action), person_id=actor.user_id)
            return confirmed.filter(pk__in=mine.values("provider_id"))
    return confirmed.none()
