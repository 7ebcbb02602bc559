"""Beginning a case or an order, and saving its form as it is filled."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from midline.activity import services as activity
from midline.cases.actions import Action
from midline.cases.events import DraftDiscarded, OrderBegun
from midline.cases.models import Case, CaseType, Order, Patient, Share, Status
from midline.cases.policies import may, providers_for
from midline.cases.services.counts import collaboration_recount, status_counted
from midline.cases.services.lifecycle import case_shows
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.core.ids import new_key
from midline.core.text import norm
from midline.core.workspace import Workspace
from midline.people.policies import Actor
from midline.practices.models import Practice


class Clash(Exception):
    """Fields that somebody else changed meanwhile: {name: (theirs, yours)}. Nothing of these was written; the others were not either."""

    def __init__(self, fields: dict[str, tuple[Any, Any]]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


@transaction.atomic
def case_begin(*, practice: Practice, kind: CaseType, by: Actor, key: UUID, values: dict[str, Any] | None = None) -> Order:
    """A new case with its first order, a draft. A collaborator's is shared with them in the same transaction.

    `key` is the form's: the same key again returns the same draft, also when both come at the same moment. Raises PermissionDenied when
    `by` may not add orders for this provider.
    """
    if earlier := _begun_with(key, by):
        return earlier
    try:
        with transaction.atomic():
            return _case_begun(practice, kind, by, _free(key), values or {})
    except IntegrityError:
        # The other one of two equal forms was faster: its draft stands by now.
        if earlier := _begun_with(key, by):
            return earlier
        raise


def _begun_with(key: UUID, by: Actor) -> Order | None:
    """The draft that this very form of this person began already, in this workspace."""
    return Order.objects.filter(submit_key=key, created_by=by.user, created_in=by.workspace).first()


def _free(key: UUID) -> UUID:
    """The form's key, or a fresh one where somebody else's form has it: a key shows nobody another's order."""
    return new_key() if Order.objects.filter(submit_key=key).exists() else key


def _case_begun(practice: Practice, kind: CaseType, by: Actor, key: UUID, values: dict[str, Any]) -> Order:
    if kind not in {CaseType.ALIGNER, CaseType.RETAINER}:
        raise Refused(_("A case begins with an aligner or a retainer order, not with “%(kind)s”.") % {"kind": kind.label}, field="kind")
    if not providers_for(by, Action.ADD_ORDER).filter(pk=practice.provider_id).exists():
        raise PermissionDenied
    now = clock.now()
    case = Case.objects.create(
        provider_id=practice.provider_id,
        practice=practice,
        case_type=kind,
        clinician_norm=norm(practice.provider.name)[:180],
        practice_norm=practice.name_norm,
        created_by=by.user,
        created_at=now,
    )
    case.number = Case.number_for(case.pk)
    order = Order.objects.create(
        case=case,
        kind=kind,
        prescription=values,
        created_by=by.user,
        created_in=by.workspace,
        created_at=now,
        status_since=now,
        submit_key=key,
    )
    case_shows(case)
    if by.workspace == Workspace.COLLABORATOR:
        _share_with_beginner(case, by)
    activity.record(OrderBegun.of(case, by, subject_kind="order", subject_id=order.pk, order_kind=kind.value))
    return order


def _share_with_beginner(case: Case, by: Actor) -> None:
    """A share of its own, under a standing grant too: when that ends, what somebody began themselves stays with them."""
    mine = Collaboration.objects.live().filter(person_id=by.user_id, provider_id=case.provider_id).first()
    if mine is None:
        raise PermissionDenied
    Share.objects.create(case=case, collaboration=mine, created_by=by.user, created_at=case.created_at, batch=new_key())
    collaboration_recount(mine)


@transaction.atomic
def order_begin(*, case: Case, kind: CaseType, by: Actor, key: UUID, values: dict[str, Any] | None = None) -> Order:
    """A further order on an existing case, as a draft: revision, retainer, replacement. At most one open order uses setups."""
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if earlier := _begun_with(key, by):
        return earlier
    if not may(by, Action.ADD_ORDER, locked):
        raise PermissionDenied
    orders = list(locked.orders.all())
    if kind.uses_setups and any(o.type.uses_setups and not o.state.is_closed for o in orders):
        raise NotAllowedNow(_("Case %(number)s has an open order already. Finish or cancel it first.") % {"number": locked.number})
    ordinal = max((o.ordinal for o in orders if o.kind == kind), default=0) + 1
    order = Order.objects.create(
        case=locked,
        kind=kind,
        ordinal=ordinal,
        prescription=values or {},
        created_by=by.user,
        created_in=by.workspace,
        submit_key=_free(key),
    )
    case_shows(locked)
    activity.record(OrderBegun.of(locked, by, subject_kind="order", subject_id=order.pk, order_kind=kind.value))
    return order


@transaction.atomic
def order_save(*, order: Order, by: Actor, values: dict[str, Any], before: dict[str, Any] | None = None, step: int | None = None) -> Order:
    """Writes answers of a draft's form, each with the value it replaces. Raises Clash when somebody else wrote a field meanwhile."""
    case = Case.objects.select_for_update().get(pk=order.case_id)
    fresh = Order.objects.select_for_update().get(pk=order.pk)
    if not may(by, Action.ADD_ORDER, case):
        raise PermissionDenied
    if fresh.state is not Status.DRAFT:
        raise NotAllowedNow(_("This order was submitted meanwhile, so it cannot be changed here any more."))
    now = fresh.prescription
    clashes = {
        name: (now.get(name), value)
        for name, value in values.items()
        if before is not None and name in before and now.get(name) not in (before[name], value) and value != before[name]
    }
    if clashes:
        raise Clash(clashes)
    written = {name: value for name, value in values.items() if before is None or name not in before or value != before[name]}
    fresh.prescription = {**now, **written}
    fresh.step = max(fresh.step, step or 1)
    fresh.save(update_fields=["prescription", "step"])
    order.prescription, order.step = fresh.prescription, fresh.step
    case_shows(case)
    return order


@transaction.atomic
def patient_save(*, case: Case, by: Actor, first_name: str, last_name: str, birth_on: Any = None, sex: str = "") -> Patient:
    """Names the patient of a draft, or corrects the name; the case's sortable copy follows."""
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not (may(by, Action.EDIT_CASE, locked) or (locked.submitted_at is None and may(by, Action.ADD_ORDER, locked))):
        raise PermissionDenied
    patient = locked.patient or Patient(provider_id=locked.provider_id)
    patient.first_name, patient.last_name, patient.birth_on, patient.sex = first_name.strip(), last_name.strip(), birth_on, sex
    patient.save()
    locked.patient = patient
    locked.save(update_fields=["patient"])
    Case.objects.filter(patient=patient).update(patient_norm=patient.name_norm)
    case.patient, case.patient_norm = patient, patient.name_norm
    return patient


@transaction.atomic
def draft_discard(*, order: Order, by: Actor) -> None:
    """Takes a draft away: who began it, or the provider. A case that never had another order goes with it."""
    case = Case.objects.select_for_update(no_key=False).get(pk=order.case_id)
    fresh = Order.objects.select_for_update().get(pk=order.pk)
    # They go with the case, after the counters are locked: whoever holds one waits for the counters.
    list(Share.objects.select_for_update().filter(case=case).order_by("pk").values_list("pk"))
    if fresh.state is not Status.DRAFT:
        raise NotAllowedNow(_("This order was submitted meanwhile, so it cannot be discarded. It can be cancelled."))
    began = (fresh.created_by_id, fresh.created_in) == (by.user_id, by.workspace) and may(by, Action.ADD_ORDER, case)
    if not (began or may(by, Action.EDIT_CASE, case)):
        raise PermissionDenied
    activity.record(DraftDiscarded.of(case, by, subject_kind="order", subject_id=fresh.pk, number=case.number))
    if case.orders.count() == 1:
        status_counted(case=case, old=Status(case.status), new=None)
        case.current_order = None
        case.save(update_fields=["current_order"])
        case.delete()
        return
    case.current_order = None
    Case.objects.filter(pk=case.pk).update(current_order=None)
    old = Status(case.status)
    fresh.delete()
    case_shows(case)
    status_counted(case=case, old=old, new=None)
