"""Writes of the order forms: beginning, saving with the value replaced, preferences, submitting. The rows are those of cases."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from midline.activity.models import Event
from midline.cases.actions import Action
from midline.cases.models import Case, CaseType, Order, Patient, Status
from midline.cases.policies import may
from midline.cases.prescription import (
    ALIGNER_DEFAULTS,
    CARRIED_OVER,
    PREFERENCES,
    REPLACEMENT_DEFAULTS,
    RETAINER_DEFAULTS,
    REVISION_DEFAULTS,
    Restriction,
)
from midline.cases.queries import further_kinds
from midline.cases.services import (
    Clash,
    case_begin,
    case_practice_set,
    case_shares_hold,
    case_shares_set,
    case_touch,
    order_begin,
    order_move,
    order_save,
    patient_save,
)
from midline.core.errors import NotAllowedNow, Refused
from midline.core.workspace import Workspace
from midline.orders.queries import missing
from midline.people.policies import Actor
from midline.practices.models import Practice, PreferenceSet

PATIENT: Final = ("first_name", "last_name", "birth_on", "sex")


class Incomplete(Refused):
    """What is still needed to submit: `items` as orders.queries lists them."""

    def __init__(self, items: list[Any]) -> None:
        super().__init__(_("The order is not complete yet."))
        self.items = items


@transaction.atomic
def order_start(*, practice: Practice, kind: CaseType, by: Actor, key: UUID) -> Order:
    """A new case with its draft, filled with the provider's preference set where there is a default one."""
    values: dict[str, Any] = dict(ALIGNER_DEFAULTS if kind.uses_setups else RETAINER_DEFAULTS)
    preferred = PreferenceSet.objects.filter(provider_id=practice.provider_id, is_default=True).first()
    if kind.uses_setups and preferred:
        values |= {name: value for name, value in preferred.data.items() if name in PREFERENCES}
    return case_begin(practice=practice, kind=kind, by=by, key=key, values=values)


def retainer_start(*, case: Case, by: Actor, key: UUID) -> Order:
    """A retainer order for a patient who has a case: from a step of the approved setup where there is one."""
    values: dict[str, Any] = dict(RETAINER_DEFAULTS)
    if case.approved_version:
        values |= {"source": "step", "source_version": case.approved_version}
    return order_begin(case=case, kind=CaseType.RETAINER, by=by, key=key, values=values)


@transaction.atomic
def further_start(*, case: Case, kind: CaseType, by: Actor, key: UUID) -> Order:
    """A revision or a replacement on a case, as a draft. The same key again returns the same draft.

    Raises NotAllowedNow when the case takes none now (cases.queries.further_kinds), PermissionDenied.
    """
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not may(by, Action.ADD_ORDER, locked):
        raise PermissionDenied
    if not Order.objects.filter(submit_key=key, case=locked).exists() and kind not in further_kinds(locked):
        raise NotAllowedNow(_refusal(locked, kind))
    values = _revision_values(locked) if kind is CaseType.REVISION else dict(REPLACEMENT_DEFAULTS)
    if locked.approved_version:
        values["source_version"] = locked.approved_version
    return order_begin(case=locked, kind=kind, by=by, key=key, values=values)


def _refusal(case: Case, kind: CaseType) -> str:
    said = {"number": case.number}
    if kind is CaseType.REVISION:
        return _("Case %(number)s takes no revision now: a setup must be approved or an order closed, and no other setup in work.") % said
    if case.orders.filter(kind=CaseType.REPLACEMENT, status=Status.DRAFT).exists():
        return _("Case %(number)s has a draft of a replacement already. Continue it under Orders, or discard it first.") % said
    return _("Case %(number)s takes no replacement now: nothing was made for it yet.") % said


def _revision_values(case: Case) -> dict[str, Any]:
    """The answers of the last order with setups that still hold: goals, rules and what a tooth must be spared."""
    earlier = next((o for o in case.orders.exclude(status=Status.DRAFT).order_by("-id") if o.type.uses_setups), None)
    answered = earlier.prescription if earlier else {}
    kept = {name: answered[name] for name in CARRIED_OVER if name in answered}
    teeth = {name: [m for m in marks if m != Restriction.CORRECT] for name, marks in answered.items() if name.startswith("tooth_")}
    return REVISION_DEFAULTS | kept | {name: marks for name, marks in teeth.items() if marks}


@transaction.atomic
def answers_save(*, order: Order, by: Actor, values: dict[str, Any], before: dict[str, Any], step: int) -> Order:
    """Writes answers, each with the value it replaces. Raises Clash for all or writes all: practice and patient stand in rows of their own.

    A field that equals what it replaces was not touched and is not written.
    """
    case = Case.objects.select_for_update().get(pk=order.case_id)
    fresh = Order.objects.select_for_update().get(pk=order.pk)
    if not may(by, Action.ADD_ORDER, case):
        raise PermissionDenied
    if fresh.state is not Status.DRAFT:
        raise NotAllowedNow(_("This order was submitted meanwhile, so it cannot be changed here any more."))
    touched = {name: value for name, value in values.items() if name not in before or same(value) != same(before[name])}
    now = answers_of(fresh, case)
    clashes = {
        name: (now.get(name), value)
        for name, value in touched.items()
        if name in before and same(now.get(name)) not in (same(before[name]), same(value))
    }
    if clashes:
        raise Clash(clashes)
    _save_patient(case, by, {name: touched[name] for name in PATIENT if name in touched}, now)
    _save_practice(case, by, touched.get("practice"))
    rest = {name: value for name, value in touched.items() if name not in {*PATIENT, "practice"}}
    order_save(order=fresh, by=by, values=rest, step=step)
    case_touch(case.pk)
    order.prescription, order.step = fresh.prescription, fresh.step
    return fresh


def same(value: Any) -> Any:
    """Nothing answered is nothing, however it is written."""
    return None if value in ("", [], None) else value


def answers_of(order: Order, case: Case) -> dict[str, Any]:
    """Every answer of the form as a JSON value: the prescription, the patient, the practice."""
    patient = case.patient
    about: dict[str, Any] = {"practice": case.practice_id}
    if patient:
        about |= {"first_name": patient.first_name, "last_name": patient.last_name, "sex": patient.sex}
        about["birth_on"] = patient.birth_on.isoformat() if patient.birth_on else None
    return {**order.prescription, **about}


def _save_patient(case: Case, by: Actor, changed: dict[str, Any], now: dict[str, Any]) -> None:
    if not changed:
        return
    # Corrections to a patient who has other cases are the provider's, in the case; a further order only reads the name.
    if case.orders.exclude(status=Status.DRAFT).exists():
        raise NotAllowedNow(_("This patient has orders already. Correct the name on the case page."))
    patient = {name: changed.get(name, now.get(name)) for name in PATIENT}
    born = patient["birth_on"]
    patient_save(
        case=case,
        by=by,
        first_name=patient["first_name"] or "",
        last_name=patient["last_name"] or "",
        birth_on=date.fromisoformat(born) if born else None,
        sex=patient["sex"] or Patient.Sex.UNKNOWN,
    )


def _save_practice(case: Case, by: Actor, practice_id: Any) -> None:
    """Another practice of the same provider; a stranger's is no choice of the form, and not of a forged one either."""
    if practice_id is None:
        return
    case_practice_set(case=case, practice_id=practice_id, by=by)


@transaction.atomic
def preferences_use(*, order: Order, preferences: PreferenceSet, by: Actor) -> Order:
    """Fills the treatment step with a set of the case's provider; fields that the set does not name stay."""
    if preferences.provider_id != order.case.provider_id:
        raise PermissionDenied
    values = {name: value for name, value in preferences.data.items() if name in PREFERENCES}
    return order_save(order=order, by=by, values=values, step=order.step)


@transaction.atomic
def order_submit(*, order: Order, by: Actor, key: UUID, share_with: set[int] | None = None) -> Order:
    """The draft goes to the lab, and is shared with `share_with` (the provider's choice; None leaves the shares alone): all or nothing.

    The same key again returns the submitted order. Raises Incomplete, NotAllowedNow, PermissionDenied.
    """
    shares = share_with if by.workspace == Workspace.PROVIDER else None
    if shares is not None:
        case_shares_hold(case=order.case, wanted=shares, by=by)
    case = Case.objects.select_for_update().get(pk=order.case_id)
    fresh = Order.objects.select_for_update().get(pk=order.pk)
    fresh.case = case
    if _submitted_with(fresh, key):
        return fresh
    if not may(by, Action.ADD_ORDER, case):
        raise PermissionDenied
    if fresh.state is Status.DRAFT and (items := missing(fresh)):
        raise Incomplete(items)
    order_move(order=fresh, event="submit", by=by, key=str(key))
    if shares is not None:
        case_shares_set(case=case, wanted=shares, by=by)
    return fresh


def _submitted_with(order: Order, key: UUID) -> bool:
    moves = Event.objects.filter(case_id=order.case_id, kind="order.moved", subject_id=order.pk)
    return moves.filter(data__event="submit", data__key=str(key)).exists()
