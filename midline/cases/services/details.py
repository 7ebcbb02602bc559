"""What a provider corrects on a case: who the patient is, and which practice the case belongs to."""

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Self

from django.core.exceptions import PermissionDenied
from django.db import transaction

from midline.activity import services as activity
from midline.cases.actions import Action
from midline.cases.events import CaseCorrected
from midline.cases.models import Case, Patient
from midline.cases.policies import may
from midline.cases.services.drafts import Clash, patient_save
from midline.cases.services.lifecycle import case_touch
from midline.cases.services.practices import case_practice_set
from midline.people.policies import Actor


@dataclass(frozen=True)
class Details:
    """The answers that a correction may change, as they stood or as they shall be."""

    first_name: str
    last_name: str
    birth_on: date | None
    sex: str
    practice_id: int

    @classmethod
    def of(cls, case: Case) -> Self:
        patient = case.patient or Patient(sex=Patient.Sex.UNKNOWN)
        return cls(patient.first_name, patient.last_name, patient.birth_on, patient.sex or Patient.Sex.UNKNOWN, case.practice_id)


@transaction.atomic
def case_details_save(*, case: Case, details: Details, seen: Details, by: Actor) -> list[str]:
    """Writes what differs from what was `seen`, and returns the names of it. A patient with several cases is corrected on all of them.

    Raises Clash when somebody changed one of these fields meanwhile, and then writes none; PermissionDenied, also for a practice that
    is not the provider's.
    """
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not may(by, Action.EDIT_CASE, locked):
        raise PermissionDenied
    if locked.patient_id:
        Patient.objects.select_for_update().get(pk=locked.patient_id)
    now, wanted, before = asdict(Details.of(locked)), asdict(details), asdict(seen)
    touched = [one.name for one in fields(Details) if wanted[one.name] != before[one.name]]
    if clashes := {name: (now[name], wanted[name]) for name in touched if now[name] not in (before[name], wanted[name])}:
        raise Clash(clashes)
    changed = [name for name in touched if wanted[name] != now[name]]
    if not changed:
        return []
    told: dict[str, Any] = now | {name: wanted[name] for name in changed}
    practice_id = told.pop("practice_id")
    if set(changed) - {"practice_id"}:
        patient_save(case=locked, by=by, **told)
    if "practice_id" in changed:
        case_practice_set(case=locked, practice_id=practice_id, by=by)
    case_touch(locked.pk)
    activity.record(CaseCorrected.of(locked, by, changed=changed))
    return changed
