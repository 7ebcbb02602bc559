"""The derived states as conditions on cases: collaborator status, whose turn, what a collaborator has to evaluate.

A set of statuses decides; a test per row is made only inside "awaiting approval". `standing.py` says the same of rows that are loaded.
"""

from collections.abc import Collection
from typing import Final

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from midline.cases.models import CaseType, CaseUnread, CollaboratorStatus, Group, Order, ReadyMark, Share, Status, Turn
from midline.cases.policies import Reader, moment_of
from midline.collaboration.models import Collaboration
from midline.core.probe import Probe
from midline.core.workspace import Workspace

# A setup of the order was approved and nothing was asked since.
DONE: Final = frozenset({Status.APPROVED, Status.IN_MANUFACTURING, Status.SHIPPED, Status.IN_TREATMENT, Status.COMPLETED})
WITH_SETUPS: Final = tuple(kind.value for kind in CaseType if kind.uses_setups)
AWAITING: Final = (Status.SUBMITTED, Status.RECORDS_NEEDED, Status.IN_PRODUCTION)


def statuses_of(group: Group) -> list[str]:
    return [status.value for status in Status if status.group is group]


def statuses_of_turn(turn: Turn) -> list[str]:
    """The statuses in which it can be this turn."""
    evaluating = [Status.AWAITING_APPROVAL.value] if turn is Turn.COLLABORATOR else []
    return [status.value for status in Status if status.turn is turn] + evaluating


def statuses_in(wanted: CollaboratorStatus) -> list[str]:
    """The statuses in which a case can have this collaborator status, one on hold included."""
    of: dict[CollaboratorStatus, Collection[Status]] = {
        CollaboratorStatus.AWAITING_SETUP: AWAITING,
        CollaboratorStatus.APPROVED: DONE,
    }
    return [status.value for status in (*of.get(wanted, (Status.AWAITING_APPROVAL,)), Status.ON_HOLD)]


def _sharing(actor: Reader) -> QuerySet[Collaboration]:
    """The live collaborations that share the case of the row, by standing grant or single share."""
    shared = Share.objects.filter(case_id=OuterRef(OuterRef("pk")), collaboration_id=OuterRef("pk"), ended_at=None, gives=True)
    return Collaboration.objects.live(moment_of(actor)).filter(Q(every_case=True) | Probe(shared), provider_id=OuterRef("provider_id"))


def _not_ready(collaborations: QuerySet[Collaboration]) -> QuerySet[Collaboration]:
    """Those that do not hold the awaiting version ready. A planner's own version counts as ready for them."""
    marked = ReadyMark.objects.filter(
        case_id=OuterRef(OuterRef("pk")), version=OuterRef(OuterRef("awaiting_version")), collaboration_id=OuterRef("pk")
    )
    plans = Order.objects.filter(
        pk=OuterRef(OuterRef("current_order_id")), planner_id=OuterRef("person_id"), planner_workspace=Workspace.COLLABORATOR
    )
    return collaborations.filter(~Probe(marked), ~Probe(plans))


def _settled(actor: Reader) -> Q:
    """The collaborator who reads holds the awaiting version ready, or planned it: of the cases that they see."""
    mine = Collaboration.objects.live(moment_of(actor)).filter(pk=OuterRef("collaboration_id"), person_id=actor.user_id)
    marked = ReadyMark.objects.filter(case_id=OuterRef("pk"), version=OuterRef("awaiting_version")).filter(Probe(mine))
    plans = Order.objects.filter(pk=OuterRef("current_order_id"), planner_id=actor.user_id, planner_workspace=Workspace.COLLABORATOR)
    return Q(Probe(marked)) | Q(Probe(plans))


def _stands_in(statuses: tuple[Status, ...] | frozenset[Status]) -> Q:
    """In one of the statuses, or on hold in one of them."""
    names = [status.value for status in statuses]
    return Q(status__in=names) | Q(status=Status.ON_HOLD, current_order__held_status__in=names)


def collaborator_status_is(wanted: CollaboratorStatus, actor: Reader) -> Q:
    """The column of the list as a condition on cases that the reader sees: a collaborator's own state, else the sum of who evaluates.

    What is cheap to test stands first: databases keep that order.
    """
    somebody, still = Q(case_type__in=WITH_SETUPS), ~_settled(actor)
    if actor.workspace is not Workspace.COLLABORATOR:
        evaluating = _sharing(actor).filter(evaluates=True)
        somebody, still = somebody & Q(Probe(evaluating)), Q(Probe(_not_ready(evaluating)))
    match wanted:
        case CollaboratorStatus.AWAITING_SETUP:
            return (_stands_in(AWAITING) | Q(status=Status.ON_HOLD, current_order=None)) & somebody
        case CollaboratorStatus.EVALUATING:
            return _stands_in((Status.AWAITING_APPROVAL,)) & somebody & still
        case CollaboratorStatus.READY:
            return _stands_in((Status.AWAITING_APPROVAL,)) & somebody & ~still
        case CollaboratorStatus.APPROVED:
            return _stands_in(DONE) & somebody


def turn_is(wanted: Turn, actor: Reader) -> Q:
    """Whose turn, as a condition: the statuses of that turn, and inside "awaiting approval" whether somebody still evaluates."""
    evaluating = Q(case_type__in=WITH_SETUPS) & Q(Probe(_not_ready(_sharing(actor).filter(evaluates=True))))
    plain = Q(status__in=[s.value for s in Status if s.turn is wanted and s is not Status.AWAITING_APPROVAL])
    if wanted is Turn.PROVIDER:
        return plain | (Q(status=Status.AWAITING_APPROVAL) & ~evaluating)
    return Q(status=Status.AWAITING_APPROVAL) & evaluating if wanted is Turn.COLLABORATOR else plain


def to_evaluate(actor: Reader) -> Q:
    """What waits for this collaborator, of the cases that they see: a version awaits, they evaluate, and do not hold it ready."""
    mine = Collaboration.objects.live(moment_of(actor)).filter(provider_id=OuterRef("provider_id"), person_id=actor.user_id, evaluates=True)
    return Q(status=Status.AWAITING_APPROVAL, case_type__in=WITH_SETUPS) & ~_settled(actor) & Q(Probe(mine))


def people_count(actor: Reader) -> Combinable:
    """The number beside a case, active and invited collaborators by share or standing grant, as an expression to sort by."""
    opened = Collaboration.objects.open(moment_of(actor)).order_by()
    standing = opened.filter(provider_id=OuterRef("provider_id"), every_case=True).values("provider_id").annotate(n=Count("pk"))
    singly = opened.filter(provider_id=OuterRef(OuterRef("provider_id")), every_case=False).values("pk")
    shares = Share.objects.filter(case_id=OuterRef("pk"), ended_at=None, gives=True, collaboration__in=singly).order_by()
    single = shares.values("case_id").annotate(n=Count("pk"))
    return Coalesce(Subquery(standing.values("n")), 0) + Coalesce(Subquery(single.values("n")), 0)


def unread_count(actor: Reader) -> Combinable:
    """The reader's unread comments of the case, as an expression to sort by."""
    mine = CaseUnread.objects.filter(case_id=OuterRef("pk"), person_id=actor.user_id)
    return Coalesce(Subquery(mine.values("count")), 0)
