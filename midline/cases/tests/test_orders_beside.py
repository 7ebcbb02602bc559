"""Orders of one case beside each other, and two technicians at one order."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from midline.cases import services
from midline.cases.models import Case, CaseType, Order, RecordNeed, Status
from midline.cases.services.practices import case_practice_set
from midline.cases.tests.factories import move
from midline.core.errors import NotAllowedNow
from midline.practices.services import practice_save
from midline.practices.tests.factories import PracticeFactory


def asks(*slots: str) -> list[services.Ask]:
    return [services.Ask(slot, RecordNeed.Kind.MISSING, "It ends at 36.") for slot in slots]


def test_a_version_still_waits_while_a_retainer_is_begun(cast):
    case = move(cast.case, "take", "publish", technician=cast.technician.user)

    services.order_begin(case=case, kind=CaseType.RETAINER, by=cast.owner.actor, key=uuid4())

    case.refresh_from_db()
    assert (case.status, case.awaiting_version) == (Status.DRAFT, 1)
    assert services.ready_mark(case=case, version=1, by=cast.with_no_grant.actor) is True
    services.order_move(order=case.orders.get(kind="aligner"), event="approve", by=cast.owner.actor)
    assert Case.objects.get(pk=case.pk).approved_version == 1


def test_a_version_is_published_while_a_retainer_is_under_way(cast):
    case = move(cast.case, "take", technician=cast.technician.user)
    services.order_begin(case=case, kind=CaseType.RETAINER, by=cast.owner.actor, key=uuid4())

    services.order_move(order=case.orders.get(kind="aligner"), event="publish", by=cast.technician.actor, version=1)

    assert Case.objects.get(pk=case.pk).awaiting_version == 1


def test_cancelling_a_retainer_leaves_the_version_waiting(cast):
    case = move(cast.case, "take", "publish", technician=cast.technician.user)
    retainer = services.order_begin(case=case, kind=CaseType.RETAINER, by=cast.owner.actor, key=uuid4())

    services.order_move(order=retainer, event="cancel", by=cast.owner.actor)

    case.refresh_from_db()
    assert (case.status, case.awaiting_version) == (Status.AWAITING_APPROVAL, 1)


def test_records_that_are_asked_for_already_are_not_asked_for_twice(cast):
    order = Order.objects.get(case=cast.case)
    services.records_ask(order=order, by=cast.technician.actor, asks=asks("upper_scan"))

    with pytest.raises(NotAllowedNow):
        services.records_ask(order=order, by=cast.technician.actor, asks=asks("upper_scan", "profile"))

    assert RecordNeed.objects.filter(order=order).count() == 1


def test_a_case_moves_between_practices_of_its_provider_alone(cast):
    second = PracticeFactory(provider=cast.practice.provider)

    case_practice_set(case=cast.case, practice_id=second.pk, by=cast.owner.actor)
    assert Case.objects.get(pk=cast.case.pk).practice_id == second.pk

    for practice, by in (
        (cast.other_provider.user.provider.practices.get(), cast.owner.actor),
        (cast.practice, cast.with_every_grant.actor),
        (cast.practice, cast.other_provider.actor),
        (cast.practice, cast.technician.actor),
    ):
        with pytest.raises(PermissionDenied):
            case_practice_set(case=cast.case, practice_id=practice.pk, by=by)
    assert Case.objects.get(pk=cast.case.pk).practice_id == second.pk


def test_the_cases_of_a_renamed_practice_are_sorted_by_its_new_name(cast):
    practice_save(practice=cast.practice, by=cast.owner.actor, name="Ålesund Øst", time_zone="UTC")
    assert set(Case.objects.filter(practice=cast.practice).values_list("practice_norm", flat=True)) == {"alesund ost"}

    other = PracticeFactory(provider=cast.practice.provider, name="Zürich")
    case_practice_set(case=cast.case, practice_id=other.pk, by=cast.owner.actor)
    assert Case.objects.get(pk=cast.case.pk).practice_norm == "zurich"
