"""A case moves to another practice of its provider, and knows its practice and its clinician by name."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from midline.cases.actions import Action
from midline.cases.models import Case
from midline.cases.policies import may
from midline.core.text import norm
from midline.people.policies import Actor
from midline.practices.models import Practice, Provider


@transaction.atomic
def case_practice_set(*, case: Case, practice_id: int, by: Actor) -> Case:
    """The provider's choice, and of whoever may fill in the form while the case is a draft. It changes nobody's access.

    Raises PermissionDenied, also for a practice of another provider: no form offers one.
    """
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not (may(by, Action.EDIT_CASE, locked) or (locked.submitted_at is None and may(by, Action.ADD_ORDER, locked))):
        raise PermissionDenied
    practice = Practice.objects.filter(pk=practice_id, provider_id=locked.provider_id).first()
    if practice is None:
        raise PermissionDenied
    Case.objects.filter(pk=locked.pk).update(practice=practice, practice_norm=practice.name_norm)
    case.practice_id = practice_id
    return case


def practice_renamed(practice_id: int) -> None:
    """Its cases follow, in the transaction that renames it."""
    name = Practice.objects.get(pk=practice_id).name_norm
    Case.objects.filter(practice_id=practice_id).exclude(practice_norm=name).update(practice_norm=name)


def clinician_renamed(person_id: int) -> None:
    """A clinician's cases follow, in the transaction that renames the person."""
    provider = Provider.objects.filter(person_id=person_id).select_related("person").first()
    if provider is not None:
        name = norm(provider.name)[:180]
        Case.objects.filter(provider=provider).exclude(clinician_norm=name).update(clinician_norm=name)
