"""The case page: what each reader finds on it, and what may be done from it."""

from uuid import uuid4

import pytest

from midline.cases.models import Case, Patient, Status
from midline.cases.tests.factories import make_case, move
from midline.conversation.services import Wanted, item_answer, request_propose, requests_send
from midline.setups.tests.factories import make_version

TABS = ("", "prescription/", "records/", "setups/", "discussion/", "orders/", "history/")


def address(person, case, tab: str = "") -> str:
    return f"/{person.actor.workspace}/cases/{case.number}/{tab}"


@pytest.fixture
def awaiting(cast) -> Case:
    case = move(cast.case, "take", technician=cast.technician.user)
    make_version(case, cast.technician.user)
    return move(case, "publish", technician=cast.technician.user)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("who", ["owner", "with_every_grant", "with_no_grant", "technician"])
def test_every_tab_answers_whoever_sees_the_case(cast, awaiting, who, tab):
    person = getattr(cast, who)
    hidden = who == "technician" and tab == "discussion/"

    assert person.client.get(address(person, awaiting, tab)).status_code == (404 if hidden else 200)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("who", ["stranger", "other_provider"])
def test_no_tab_answers_whoever_does_not(cast, awaiting, who, tab):
    person = getattr(cast, who)

    assert person.client.get(address(person, awaiting, tab)).status_code == 404


@pytest.mark.parametrize("events", [(), ("hold",), ("take", "publish", "approve"), ("cancel",)])
def test_the_overview_stands_in_every_part_of_the_life_cycle(cast, events):
    case = move(cast.case, *events, technician=cast.technician.user)

    for person in (cast.owner, cast.with_every_grant, cast.technician):
        assert person.client.get(address(person, case)).status_code == 200


def test_a_draft_leads_back_to_its_form_and_is_not_there_for_the_lab(cast):
    case = make_case(cast.practice)

    assert f"/orders/{case.current_order_id}/step/" in cast.owner.client.get(address(cast.owner, case)).content.decode()
    assert cast.technician.client.get(address(cast.technician, case)).status_code == 404


def test_the_collaborators_of_a_case_are_the_owners_to_see(cast, awaiting):
    owner = cast.owner.client.get(address(cast.owner, awaiting)).content.decode()
    bare = cast.with_no_grant.client.get(address(cast.with_no_grant, awaiting)).content.decode()

    assert "Priya Raghunathan" in owner
    assert "Priya Raghunathan" not in bare


def test_hidden_identity_shows_age_and_sex_and_no_name(cast, awaiting):
    bare = cast.with_no_grant.collaboration
    bare.hides_identity = True
    bare.save()
    Patient.objects.update(sex="female")

    for tab in TABS:
        page = cast.with_no_grant.client.get(address(cast.with_no_grant, awaiting, tab)).content.decode()
        assert "Dąbrowska" not in page
    assert "female" in cast.with_no_grant.client.get(address(cast.with_no_grant, awaiting)).content.decode()


def test_hold_and_resume_from_the_page(cast, awaiting):
    act = f"/provider/cases/{awaiting.number}/orders/{awaiting.current_order_id}/event/"

    assert cast.owner.client.post(act + "hold/").status_code == 302
    assert Case.objects.get(pk=awaiting.pk).status == Status.ON_HOLD
    assert cast.owner.client.post(act + "resume/").status_code == 302
    assert Case.objects.get(pk=awaiting.pk).status == Status.AWAITING_APPROVAL
    assert cast.owner.client.post(act + "resume/").status_code == 409


def test_a_collaborator_neither_holds_nor_cancels(cast, awaiting):
    act = f"/collaborator/cases/{awaiting.number}/orders/{awaiting.current_order_id}/event/"

    assert cast.with_every_grant.client.post(act + "cancel/").status_code == 403
    assert cast.with_every_grant.client.post(act + "approve/").status_code == 404
    assert Case.objects.get(pk=awaiting.pk).status == Status.AWAITING_APPROVAL


def test_the_history_tells_the_lab_nothing_of_the_marks(cast, awaiting):
    from midline.cases.services import ready_mark

    ready_mark(case=awaiting, version=1, by=cast.with_no_grant.actor)

    assert "Ready for Approval" in cast.owner.client.get(address(cast.owner, awaiting, "history/")).content.decode()
    assert "Ready for Approval" not in cast.technician.client.get(address(cast.technician, awaiting, "history/")).content.decode()


@pytest.mark.parametrize("who", ["owner", "with_every_grant", "technician"])
def test_the_overview_costs_a_fixed_number_of_queries(cast, awaiting, who, django_assert_max_num_queries):
    person = getattr(cast, who)
    person.client.get(address(person, awaiting))

    with django_assert_max_num_queries(55):
        person.client.get(address(person, awaiting))


def test_a_change_request_says_whether_it_was_proposed_sent_or_answered_and_the_lab_reads_what_was_sent(cast, awaiting):
    wanted = [Wanted(tooth=11, words="Less"), Wanted(tooth=21, words="More")]
    proposed = request_propose(case=awaiting, version=1, by=cast.with_no_grant.actor, wanted=wanted, words="", key=uuid4())

    def page(person) -> str:
        return str(person.client.get(address(person, awaiting, "setups/")).content.decode())

    assert "not sent" in page(cast.owner)
    assert cast.with_no_grant.user.name not in page(cast.technician)
    requests_send(case=awaiting, version=1, by=cast.owner.actor, wanted=[], words="", ticked=frozenset({proposed.pk}), key=uuid4())
    assert all("Sent to the lab" in page(person) for person in (cast.owner, cast.with_no_grant, cast.technician))
    for n, item in enumerate(proposed.items.all(), start=1):
        item_answer(item=item, answer="done", words="", by=cast.technician.actor)
        assert ("1 of 2 answered" in page(cast.owner)) == (n == 1)
    assert "Answered by the lab" in page(cast.technician)
