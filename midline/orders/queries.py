"""Reads for the order forms: what is still needed, what may be chosen, who may be shared with."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from midline.cases.actions import Action
from midline.cases.models import Case, CaseType, Order, Share, Status
from midline.cases.policies import cases_for, get_case_or_404, providers_for
from midline.cases.prescription import Arches, Reason, Source, step_numbers
from midline.collaboration.models import Collaboration
from midline.core.text import norm
from midline.people.policies import Actor
from midline.practices.models import Practice, PreferenceSet, Provider
from midline.records.models import Slot
from midline.records.queries import PHOTOS, being_checked
from midline.setups.models import SetupVersion

# What names a patient: never on a form of somebody from whom identity is hidden.
NAMED: Final = frozenset({"first_name", "last_name", "birth_on"})


@dataclass(frozen=True)
class Missing:
    """One thing without which the order cannot be submitted: on which step, in which field, what and what to do."""

    step: int
    field: str
    label: str
    text: str


def draft_or_404(actor: Actor, number: str, order_id: int) -> Order:
    """A form's only door: hidden case or other order 404, visible without the permission 403. The order may be submitted already."""
    case = get_case_or_404(actor, number, Action.ADD_ORDER)
    order = Order.objects.filter(pk=order_id, case=case).first()
    if order is None:
        raise Http404
    order.case = case
    return order


def missing(order: Order) -> list[Missing]:
    """What is still needed to submit, in the order of the steps. A further order asks nothing about the patient, who has orders already."""
    match order.type:
        case CaseType.ALIGNER:
            return _patient_missing(order.case) + _scans_missing(order, 2) + _steps_missing(order)
        case CaseType.REVISION:
            return _revision_missing(order)
        case CaseType.REPLACEMENT:
            return _replacement_missing(order)
    found = _patient_missing(order.case)
    if order.prescription.get("source") == Source.STEP:
        return found + _source_missing(order) + _quantity_missing(order)
    return found + _scans_missing(order, 2) + _quantity_missing(order)


def _revision_missing(order: Order) -> list[Missing]:
    found = []
    if not order.prescription.get("correction"):
        found.append(Missing(1, "correction", _("What to correct"), _("is empty. Say what is not as planned.")))
    if order.prescription.get("source") == Source.STEP:
        return found + _source_missing(order)
    return found + _scans_missing(order, 2)


def _replacement_missing(order: Order) -> list[Missing]:
    answered = order.prescription
    found = []
    if answered.get("arches") not in Arches.values:
        found.append(Missing(1, "arches", _("Arches"), _("are not chosen. Choose them.")))
    if last_step(order):
        found += _replaced_missing(order)
    if answered.get("reason") not in Reason.values:
        found.append(Missing(1, "reason", _("Reason"), _("is not chosen. Choose one.")))
    elif answered["reason"] == Reason.OTHER and not answered.get("reason_words"):
        found.append(Missing(1, "reason_words", _("What happened"), _("is empty. Say it in a sentence.")))
    return found


def _replaced_missing(order: Order) -> list[Missing]:
    numbers = step_numbers(order.prescription.get("replaced_steps") or "")
    label = _("Steps to replace")
    if not numbers:
        return [Missing(1, "replaced_steps", label, _("are empty. Enter the number of one step or more."))]
    arches = order.prescription.get("arches", "")
    ends = _ends(order)
    for arch, text in (("upper", _("end with %(last)s in the upper arch.")), ("lower", _("end with %(last)s in the lower arch."))):
        if arches in {arch, Arches.BOTH} and numbers[-1] > ends[arch]:
            return [Missing(1, "replaced_steps", label, text % {"last": ends[arch]})]
    return []


def _patient_missing(case: Case) -> list[Missing]:
    patient = case.patient
    wanted = (
        ("first_name", _("First name"), patient.first_name if patient else "", _("is empty. Fill it in.")),
        ("last_name", _("Last name"), patient.last_name if patient else "", _("is empty. Fill it in.")),
        ("birth_on", _("Birth date"), patient.birth_on if patient else None, _("is empty. Fill it in.")),
    )
    return [Missing(1, name, label, text) for name, label, value, text in wanted if not value]


def _scans_missing(order: Order, step: int) -> list[Missing]:
    arches = order.prescription.get("arches")
    if arches not in Arches.values:
        return [Missing(1, "arches", _("Arches to treat"), _("are not chosen. Choose them."))]
    coming = being_checked(order)
    found = []
    for slot in Arches(arches).scans:
        label = str(Slot(slot).label)
        if slot in coming:
            found.append(Missing(step, f"slot-{slot}", label, _("is being checked. Wait a moment.")))
        elif slot not in order.records_present:
            found.append(Missing(step, f"slot-{slot}", label, _("is missing. Add the scan.")))
    others = [slot for slot in coming if slot not in Arches(arches).scans]
    return found + [Missing(step, f"slot-{slot}", str(Slot(slot).label), _("is being checked. Wait a moment.")) for slot in others]


def _steps_missing(order: Order) -> list[Missing]:
    if order.prescription.get("duration") == "limited" and not order.prescription.get("duration_steps"):
        return [Missing(3, "duration_steps", _("Number of steps"), _("is empty. Enter the limit, or let the lab recommend."))]
    return []


def _source_missing(order: Order) -> list[Missing]:
    if order.prescription.get("source_step") is None:
        return [Missing(2, "source_step", _("Step of the setup"), _("is empty. Enter its number."))]
    return []


def _quantity_missing(order: Order) -> list[Missing]:
    if not order.prescription.get("quantity"):
        return [Missing(3, "quantity", _("Quantity"), _("is empty. Enter how many sets."))]
    return []


def photos_present(order: Order) -> int:
    return sum(slot in order.records_present for slot in PHOTOS)


def link_to(order: Order, workspace: str, item: Missing) -> str:
    """The address of the field that is missing."""
    address = reverse("orders:step", args=[workspace, order.case.number, order.pk, item.step])
    anchor = item.field if item.field.startswith("slot-") else f"id_{item.field}"
    return f"{address}#{anchor}"


def provider_or_404(actor: Actor, provider_id: Any) -> Provider:
    """A provider for whom the actor may begin cases; anyone else does not exist here."""
    text = str(provider_id)
    found = providers_for(actor, Action.ADD_ORDER).filter(pk=int(text) if text.isascii() and text.isdigit() else 0).first()
    if found is None:
        raise Http404
    return found


def hides_identity(actor: Actor, provider: Provider) -> bool:
    """Whether the provider hides patients' identity from this actor."""
    return not providers_for(actor, Action.SEE_IDENTITY).filter(pk=provider.pk).exists()


def case_to_continue(actor: Actor, provider: Provider, number: str) -> Case:
    """A case of this provider whose patient gets a further order. A draft has none yet, and another provider's is not offered: 404."""
    case = get_case_or_404(actor, number, Action.ADD_ORDER)
    if case.provider_id != provider.pk or case.submitted_at is None or case.patient is None:
        raise Http404
    return case


def practices_for(actor: Actor) -> QuerySet[Practice]:
    """The practices of every provider for whom the actor may begin cases."""
    return Practice.objects.filter(provider__in=providers_for(actor, Action.ADD_ORDER)).select_related("provider__person")


@dataclass(frozen=True)
class Found:
    """A case that was found; the patient's name where the reader may see it."""

    case: Case
    shown_name: str


def cases_found(actor: Actor, provider: Provider, words: str) -> list[Found]:
    """At most 8 of the provider's cases on which the actor may add orders, by number or, where names are theirs to see, by patient."""
    term = norm(words)
    if not term:
        return []
    mine = cases_for(actor, Action.ADD_ORDER).filter(provider=provider, patient__isnull=False, submitted_at__isnull=False)
    named = cases_for(actor, Action.SEE_IDENTITY).filter(provider=provider).order_by()
    rows = mine.filter(Q(number__contains=term) | Q(patient_norm__contains=term, pk__in=named.values("pk")))
    cases = list(rows.select_related("patient", "practice").order_by("-last_activity_at")[:8])
    open_names = set(named.filter(pk__in=[case.pk for case in cases]).values_list("pk", flat=True))
    return [Found(case, case.patient.name if case.patient and case.pk in open_names else "") for case in cases]


def preference_sets(order: Order) -> QuerySet[PreferenceSet]:
    return PreferenceSet.objects.filter(provider_id=order.case.provider_id).order_by("-is_default", "name")


def source_version(order: Order) -> int:
    """The version whose steps the order names: the one that was approved when it was begun, else the one approved since, 0 for none."""
    return int(order.prescription.get("source_version") or order.case.approved_version or 0)


def last_step(order: Order) -> int:
    """The last step of that version, of the arch that has more; 0 when there is no version."""
    return max(_ends(order).values())


def _ends(order: Order) -> dict[str, int]:
    version = SetupVersion.objects.filter(case=order.case_id, number=source_version(order)).first()
    return {"upper": version.stages_upper, "lower": version.stages_lower} if version else {"upper": 0, "lower": 0}


@dataclass(frozen=True)
class Sharer:
    """A collaborator beside a box at submitting: shared now, and whether a standing grant does it."""

    collaboration: Collaboration
    shared: bool

    @property
    def locked(self) -> bool:
        return self.collaboration.every_case


def sharers(case: Case) -> list[Sharer]:
    """The provider's collaborators, invited ones too, each with whether this case is shared with them."""
    now = set(Share.objects.filter(case=case, ended_at=None, gives=True).values_list("collaboration_id", flat=True))
    rows = Collaboration.objects.open().filter(provider_id=case.provider_id)
    return [Sharer(row, row.every_case or row.pk in now) for row in rows]


def is_draft(order: Order) -> bool:
    return order.state is Status.DRAFT
