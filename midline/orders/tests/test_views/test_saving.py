"""Orders begun and saved field by field: what is kept, and what a clash shows."""

import json
import re
from uuid import uuid4

import pytest
from django.urls import reverse

from midline.cases.models import Case, CaseType, Order, Share
from midline.cases.services import order_save
from midline.cases.tests.factories import share
from midline.collaboration.tests.factories import CollaborationFactory
from midline.orders.services import order_start
from midline.orders.tests.test_views.steps import at, save
from midline.practices.models import PreferenceSet
from midline.practices.tests.factories import PracticeFactory


def test_a_provider_starts_an_order_in_one_of_their_practices(cast):
    page = cast.owner.client.get("/provider/orders/add/")
    key = str(page.context["key"])
    data = {"provider": cast.practice.provider_id, "practice": cast.practice.pk, "key": key}

    first = cast.owner.client.post("/provider/orders/add/", data)
    again = cast.owner.client.post("/provider/orders/add/", data)

    order = Order.objects.get(kind="aligner", status="draft")
    assert first.status_code == 302
    assert first["Location"] == again["Location"] == at("step", order, 1)


def test_another_providers_practice_is_not_there(cast):
    theirs = PracticeFactory()

    answer = cast.owner.client.post(
        "/provider/orders/add/", {"provider": cast.practice.provider_id, "practice": theirs.pk, "key": str(uuid4())}
    )
    other = cast.owner.client.post("/provider/orders/add/", {"provider": theirs.provider_id, "practice": theirs.pk, "key": str(uuid4())})

    assert (answer.status_code, other.status_code) == (404, 404)
    assert not Case.objects.filter(practice=theirs).exists()


def test_a_collaborator_chooses_the_provider_and_then_one_of_their_practices(cast):
    other = PracticeFactory(provider__person__first_name="Hana")
    CollaborationFactory(provider=other.provider, person=cast.with_every_grant.user, add_orders=True)
    client = cast.with_every_grant.client

    asked = client.get("/collaborator/orders/add/")
    chosen = client.get(f"/collaborator/orders/add/?provider={cast.practice.provider_id}")
    answer = client.post(
        "/collaborator/orders/add/", {"provider": cast.practice.provider_id, "practice": cast.practice.pk, "key": str(uuid4())}
    )

    assert "practices" not in asked.context
    assert list(chosen.context["practices"]) == [cast.practice]
    order = Order.objects.get(created_in="collaborator")
    assert answer["Location"] == at("step", order, 1, workspace="collaborator")
    assert Share.objects.filter(case=order.case, collaboration=cast.with_every_grant.collaboration, ended_at=None).exists()


def test_a_collaborator_without_the_grant_finds_no_form_and_no_provider(cast):
    data = {"provider": cast.practice.provider_id, "practice": cast.practice.pk, "key": str(uuid4())}

    for kind in ("add", "add-retainer"):
        assert cast.with_no_grant.client.get(f"/collaborator/orders/{kind}/").status_code == 404
        assert cast.with_no_grant.client.post(f"/collaborator/orders/{kind}/", data).status_code == 404
        assert cast.stranger.client.post(f"/collaborator/orders/{kind}/", data).status_code == 404
    assert not Order.objects.filter(created_in="collaborator").exists()


def test_the_form_is_404_where_the_case_is_hidden_and_403_where_orders_may_not_be_added(cast, order):
    share(order.case, cast.with_no_grant.collaboration)

    for name, more in (("step", [1]), ("autosave", [1]), ("submit", []), ("discard", []), ("prefer", []), ("needed", []), ("field", [1])):
        visible = at(name, order, *more, workspace="collaborator")
        for method in ("get", "post"):
            hidden = getattr(cast.other_provider.client, method)(at(name, order, *more))
            assert hidden.status_code in {404, 405}, name
            refused = getattr(cast.with_no_grant.client, method)(visible)
            assert refused.status_code in {403, 405}, name
        assert cast.technician.client.get(at(name, order, *more, workspace="lab")).status_code in {404, 405}


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
def test_every_step_of_an_aligner_order_is_shown(cast, order, step):
    answer = cast.owner.client.get(at("step", order, step))

    assert answer.status_code == 200
    assert order.case.number in answer.content.decode()


@pytest.mark.parametrize("step", [1, 2, 3])
def test_every_step_of_a_retainer_order_is_shown(cast, step):
    order = order_start(practice=cast.practice, kind=CaseType.RETAINER, by=cast.owner.actor, key=uuid4())

    assert cast.owner.client.get(at("step", order, step)).status_code == 200


@pytest.mark.parametrize(("kind", "link"), [(CaseType.ALIGNER, "orders:add"), (CaseType.RETAINER, "orders:add_retainer")])
def test_a_step_is_marked_in_the_header_as_the_page_that_began_the_order(cast, kind, link):
    order = order_start(practice=cast.practice, kind=kind, by=cast.owner.actor, key=uuid4())

    header = cast.owner.client.get(at("step", order, 1)).content.decode().partition("</header>")[0]

    assert re.findall(r'href="([^"]+)" aria-current="page"', header) == [reverse(link, args=["provider"])]


def test_a_field_is_saved_when_it_is_changed_and_the_answer_carries_what_it_replaces_next(cast, order):
    answer = save(cast.owner.client, order, 1, "complaint", "My front teeth overlap.", None)

    order.refresh_from_db()
    assert answer.status_code == 200
    assert order.prescription["complaint"] == "My front teeth overlap."
    assert answer.context["note"]["before"] == json.dumps("My front teeth overlap.")


def test_patient_practice_and_teeth_are_saved_like_any_field(cast, order):
    second = PracticeFactory(provider=cast.practice.provider)

    assert save(cast.owner.client, order, 1, "first_name", "Yuki", None).status_code == 200
    assert save(cast.owner.client, order, 1, "birth_on", "1990-12-01", None).status_code == 200
    assert save(cast.owner.client, order, 1, "practice", second.pk, order.case.practice_id).status_code == 200
    assert save(cast.owner.client, order, 3, "tooth_21", ["implant", "no_attachment"], None).status_code == 200

    case = Case.objects.get(pk=order.case_id)
    order.refresh_from_db()
    assert case.patient
    assert (case.patient.first_name, str(case.patient.birth_on), case.practice) == ("Yuki", "1990-12-01", second)
    assert set(order.prescription["tooth_21"]) == {"no_attachment", "implant"}


def test_a_clash_is_409_and_shows_both_values_and_writes_neither_over_the_other(cast, order):
    share(order.case, cast.with_every_grant.collaboration)
    save(cast.with_every_grant.client, order, 1, "complaint", "Theirs: a gap.", None, workspace="collaborator")

    answer = save(cast.owner.client, order, 1, "complaint", "Mine: overlap.", None)

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs: a gap." in text
    assert "Mine: overlap." in text
    assert "Keep theirs" in text
    assert "Use mine" in text
    order.refresh_from_db()
    assert order.prescription["complaint"] == "Theirs: a gap."

    kept = cast.owner.client.get(at("field", order, 1), {"name": "complaint"})
    assert "Theirs: a gap." in kept.content.decode()
    assert save(cast.owner.client, order, 1, "complaint", "Mine: overlap.", "Theirs: a gap.").status_code == 200


def test_a_clash_of_the_whole_step_keeps_what_was_typed(cast, order):
    order_save(order=order, by=cast.owner.actor, values={"instructions": "theirs"})

    answer = cast.owner.client.post(at("step", order, 4), {"instructions": "mine", "before_instructions": "null", "go": "5"})

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "theirs" in text
    assert "mine" in text


def test_an_untouched_field_never_overwrites_what_somebody_else_wrote(cast, order):
    order_save(order=order, by=cast.owner.actor, values={"instructions": "theirs"})

    answer = cast.owner.client.post(at("step", order, 4), {"instructions": "", "before_instructions": "null", "go": "5"})

    order.refresh_from_db()
    assert answer.status_code == 302
    assert order.prescription["instructions"] == "theirs"


def test_a_draft_is_left_and_resumed_with_its_answers(cast, order):
    left = cast.owner.client.post(at("step", order, 4), {"instructions": "Take care.", "before_instructions": "null", "go": "leave"})

    assert left["Location"] == reverse("cases:manage_orders")
    assert "Take care." in cast.owner.client.get(at("step", order, 4)).content.decode()


def test_an_impossible_value_is_422_with_the_remedy_and_is_not_saved(cast, order):
    born = save(cast.owner.client, order, 1, "birth_on", "2190-01-01", None)
    steps = save(cast.owner.client, order, 3, "duration_steps", "900", None)

    assert (born.status_code, steps.status_code) == (422, 422)
    assert "between 1900 and today" in born.content.decode()
    order.refresh_from_db()
    assert "duration_steps" not in order.prescription


def test_a_field_that_is_not_on_the_form_is_not_saved(cast, order):
    for name in ("rush", "status", "planner", "case"):
        assert save(cast.owner.client, order, 1, name, "x", None).status_code == 404


def test_the_default_preference_set_fills_a_new_order_and_another_one_on_request(cast):
    provider = cast.practice.provider
    PreferenceSet.objects.create(provider=provider, name="Usual", data={"ipr": "none", "case": "stolen"}, is_default=True)
    other = PreferenceSet.objects.create(provider=provider, name="Teens", data={"dentition": "mixed"})
    order = order_start(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=uuid4())

    assert order.prescription["ipr"] == "none"
    assert "case" not in order.prescription
    cast.owner.client.post(at("prefer", order), {"set": other.pk})
    order.refresh_from_db()
    assert (order.prescription["dentition"], order.prescription["ipr"]) == ("mixed", "none")


def test_a_foreign_preference_set_is_404(cast, order):
    theirs = PreferenceSet.objects.create(provider=cast.other_provider.user.provider, name="Theirs", data={})

    assert cast.owner.client.post(at("prefer", order), {"set": theirs.pk}).status_code == 404
