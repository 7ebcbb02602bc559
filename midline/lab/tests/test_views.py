"""The lab's pages, walked with real sessions."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from midline.activity.models import Access
from midline.cases.models import Case, CaseType, Order, Status
from midline.cases.tests.factories import make_case, move
from midline.conversation.models import ChangeItem, ChangeRequest
from midline.conversation.services import Wanted, requests_send
from midline.core import clock
from midline.core.ids import new_key
from midline.lab.queries import age_of
from midline.lab.tests.pages import text, url
from midline.setups.tests.factories import make_version


def sent_back(cast, order) -> Case:
    """Version 1 published and declined with two lines."""
    version = make_version(cast.case, cast.technician.user)
    case = move(cast.case, "publish", technician=cast.technician.user, version=version.number)
    wanted = [Wanted(tooth=21, movement="rotate_mesial", amount=Decimal(2)), Wanted(tooth=13, movement="attachment", words="smaller")]
    requests_send(
        case=case, version=1, by=cast.owner.actor, wanted=wanted, words="The rotation matters most.", ticked=frozenset(), key=new_key()
    )
    return Case.objects.get(pk=case.pk)


# --- the queue ------------------------------------------------------------------------------------------------------


def test_the_queue_shows_case_numbers_and_no_patient(cast, lab):
    page = text(lab.get(reverse("lab:queue")))

    assert cast.case.number in page
    assert "Dąbrowska" not in page
    assert "Zofia" not in page
    assert "Maren Østby" in page
    assert Access.objects.filter(view="lab:queue", case_ids=[cast.case.pk]).exists()


def test_a_draft_is_not_in_the_queue(cast, lab):
    draft = make_case(cast.practice, first_name="Draft")

    assert str(draft.number) not in text(lab.get(reverse("lab:queue")))


def test_the_queue_costs_the_same_number_of_queries_for_one_order_and_for_ten(cast, lab, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        lab.get(reverse("lab:queue"))
    for n in range(9):
        move(make_case(cast.practice, first_name=f"P{n}"), "submit", technician=cast.technician.user)
    with django_assert_max_num_queries(len(one)):
        lab.get(reverse("lab:queue"))


@pytest.mark.parametrize("name", ["owner", "with_every_grant", "with_no_grant", "stranger"])
def test_the_queue_is_not_there_for_others(cast, name):
    assert cast.client_of(name).get(reverse("lab:queue")).status_code == 404
    assert cast.client_of(name).post(reverse("lab:take_next")).status_code == 404


def test_an_order_is_taken_at_its_row_and_handed_over_again(cast, lab):
    order = cast.case.current_order
    assert lab.post(url("take", cast.case, order.pk), {"next": "/lab/queue/"}).status_code == 302
    order.refresh_from_db()
    assert (order.status, order.planner) == (Status.IN_PRODUCTION, cast.technician.user)
    assert "Yours" in text(lab.get(reverse("lab:queue")))

    lab.post(url("hand_over", cast.case, order.pk))
    order.refresh_from_db()
    assert (order.status, order.planner) == (Status.SUBMITTED, None)


def test_taking_what_somebody_else_took_meanwhile_is_told_as_a_conflict(cast, lab, order):
    answer = lab.post(url("take", cast.case, order.pk))

    assert answer.status_code == 409


def test_take_the_next_takes_rush_before_age(cast, lab):
    rush = move(make_case(cast.practice, first_name="Rush"), "submit", technician=cast.technician.user)
    Order.objects.filter(case=rush).update(rush=True)

    lab.post(reverse("lab:take_next"))

    assert Case.objects.get(pk=rush.pk).status == Status.IN_PRODUCTION
    assert Case.objects.get(pk=cast.case.pk).status == Status.SUBMITTED


@pytest.mark.parametrize(
    ("days", "tone", "due"), [(1, "lab", "4 days left"), (3.5, "lab", "2 days left"), (4, "act", "Due today"), (6, "stop", "1 day late")]
)
def test_the_age_turns_amber_at_80_percent_of_the_promise_and_red_when_late(days, tone, due):
    now = clock.now()
    age = age_of(now - timedelta(days=days, minutes=1), now, Status.SUBMITTED)

    assert (age.tone, age.due) == (tone, due)


def test_the_search_finds_by_number_and_provider_only(cast, lab):
    address = reverse("lab:queue")

    assert cast.case.number in text(lab.get(address, {"q": cast.case.number[-4:]}))
    assert cast.case.number in text(lab.get(address, {"q": "ostby"}))
    assert f">{cast.case.number}<" not in text(lab.get(address, {"q": "dabrowska"}))


# --- records, manufacturing, shipping -------------------------------------------------------------------------------


def test_records_are_asked_for_with_reasons(cast, lab, order):
    address = url("ask_records", cast.case, order.pk)
    assert "Upper scan" in text(lab.get(address))

    bad = lab.post(address, {"kind-upper_scan": "unusable"})
    assert bad.status_code == 422
    assert "Say why" in text(bad)

    lab.post(address, {"kind-upper_scan": "unusable", "reason-upper_scan": "It ends at 16."})
    case = Case.objects.get(pk=cast.case.pk)
    assert case.status == Status.RECORDS_NEEDED
    assert order.needs.get().reason == "It ends at 16."
    assert "Records needed" in text(lab.get(reverse("lab:queue") + "?tab=records"))


def test_asking_for_nothing_is_refused(cast, lab, order):
    assert lab.post(url("ask_records", cast.case, order.pk), {}).status_code == 422
    assert Case.objects.get(pk=cast.case.pk).status == Status.IN_PRODUCTION


def test_an_approved_order_is_made_and_shipped_with_its_tracking_number(cast, lab):
    case = move(cast.case, "take", "publish", "approve", technician=cast.technician.user)
    order = case.current_order
    assert order
    lab.post(url("start", case, order.pk))
    assert "In manufacturing" in text(lab.get(reverse("lab:queue") + "?tab=manufacturing"))
    assert lab.post(url("ship", case, order.pk), {"carrier": "Post"}).status_code == 422

    lab.post(url("ship", case, order.pk), {"carrier": "Post", "tracking": "CF 123 NO"})

    order.refresh_from_db()
    assert (order.status, order.tracking, order.carrier) == (Status.SHIPPED, "CF 123 NO", "Post")


def test_a_retainer_is_made_without_a_setup(cast, lab):
    case = move(make_case(cast.practice, kind=CaseType.RETAINER, first_name="R"), "submit", technician=cast.technician.user)

    page = text(lab.get(reverse("lab:queue") + "?tab=manufacturing"))

    assert str(case.number) in page
    assert "Retainer" in page


# --- change requests ------------------------------------------------------------------------------------------------


def test_change_requests_are_a_work_list_with_answers(cast, lab, order):
    case = sent_back(cast, order)
    page = text(lab.get(reverse("lab:queue") + f"?changes={case.number}"))
    assert "0 of 2 answered" in page
    assert "The rotation matters most." in page
    first, second = ChangeItem.objects.order_by("position")

    lab.post(url("answer", case, first.pk), {"answer": "done"})
    bad = lab.post(url("answer", case, second.pk), {"answer": "not_possible"})
    assert bad.status_code == 422
    assert "Say why" in text(bad)
    lab.post(url("answer", case, second.pk), {"answer": "not_possible", "words": "It would touch the antagonist."})

    assert "2 of 2 answered" in text(lab.get(url("changes", case)))
    second.refresh_from_db()
    assert second.answer_words == "It would touch the antagonist."


def test_a_proposed_request_never_reaches_the_lab(cast, lab, order):
    case = sent_back(cast, order)
    ChangeRequest.objects.create(
        case=case, version=1, author=cast.with_no_grant.user, workspace="collaborator", words="Only between us.", key=new_key()
    )

    assert "Only between us." not in text(lab.get(url("changes", case)))
