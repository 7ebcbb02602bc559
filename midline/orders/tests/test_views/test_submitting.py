"""Orders submitted, discarded and continued."""

from uuid import uuid4

from django.test import Client
from django.urls import reverse

from midline.activity.models import Event
from midline.cases.models import Case, CaseType, Order, Share
from midline.cases.tests.factories import share
from midline.collaboration.tests.factories import CollaborationFactory
from midline.orders.services import order_start
from midline.orders.tests.test_views.steps import at, complete, save


def test_submitting_without_what_is_needed_is_422_with_links_to_it(cast, order):
    answer = cast.owner.client.post(at("submit", order), {"key": str(uuid4())})

    text = answer.content.decode()
    assert answer.status_code == 422
    assert f"{at('step', order, 1)}#id_first_name" in text
    assert f"{at('step', order, 2)}#slot-upper_scan" in text
    order.refresh_from_db()
    assert order.status == "draft"


def test_one_arch_needs_one_scan(cast, order):
    order = complete(order, cast.owner.actor)
    order.records_present.pop("lower_scan")
    order.save()
    key = str(uuid4())

    assert cast.owner.client.post(at("submit", order), {"key": key}).status_code == 422
    save(cast.owner.client, order, 1, "arches", "upper", "both")
    assert cast.owner.client.post(at("submit", order), {"key": key}).status_code == 302


def test_an_order_submitted_twice_with_one_key_is_submitted_once(cast, order):
    order = complete(order, cast.owner.actor)
    key = str(uuid4())

    first = cast.owner.client.post(at("submit", order), {"key": key})
    again = cast.owner.client.post(at("submit", order), {"key": key})

    assert first["Location"] == again["Location"] == f"/provider/cases/{order.case.number}/"
    assert Event.objects.filter(kind="order.moved", subject_id=order.pk).count() == 1
    assert cast.owner.client.post(at("submit", order), {"key": str(uuid4())}).status_code == 409


def test_the_provider_shares_with_whom_they_tick_in_the_same_act(cast, order):
    order = complete(order, cast.owner.actor)
    ticked = cast.with_no_grant.collaboration.pk

    cast.owner.client.post(at("submit", order), {"key": str(uuid4()), "sharing": "yes", "share": [ticked]})

    assert list(Share.objects.filter(case=order.case, ended_at=None).values_list("collaboration_id", flat=True)) == [ticked]


def test_a_draft_is_discarded_by_who_began_it_or_the_provider(cast, order):
    share(order.case, cast.with_every_grant.collaboration)

    assert cast.with_every_grant.client.post(at("discard", order, workspace="collaborator")).status_code == 403
    assert cast.owner.client.post(at("discard", order)).status_code == 302
    assert not Case.objects.filter(pk=order.case_id).exists()


def test_a_submitted_order_leads_from_its_form_to_the_case(cast, order):
    order = complete(order, cast.owner.actor)
    cast.owner.client.post(at("submit", order), {"key": str(uuid4())})

    assert cast.owner.client.get(at("step", order, 2))["Location"] == f"/provider/cases/{order.case.number}/"
    assert save(cast.owner.client, order, 1, "complaint", "late", None).status_code == 409


def test_a_retainer_from_a_new_scan_is_submitted(cast):
    order = order_start(practice=cast.practice, kind=CaseType.RETAINER, by=cast.owner.actor, key=uuid4())
    order = complete(order, cast.owner.actor)

    answer = cast.owner.client.post(
        at("submit", order), {"key": str(uuid4()), "arches": "both", "quantity": "2", "before_arches": '"both"', "before_quantity": "1"}
    )

    order.refresh_from_db()
    assert answer.status_code == 302
    assert (order.status, order.prescription["quantity"]) == ("submitted", 2)


def test_leaving_the_last_step_of_a_retainer_saves_it_and_submits_nothing(cast):
    order = complete(order_start(practice=cast.practice, kind=CaseType.RETAINER, by=cast.owner.actor, key=uuid4()), cast.owner.actor)

    page = cast.owner.client.get(at("step", order, 3)).content.decode()
    left = cast.owner.client.post(
        at("step", order, 3), {"go": "leave", "arches": "both", "quantity": "3", "before_arches": '"both"', "before_quantity": "1"}
    )

    order.refresh_from_db()
    assert f'id="order-form" action="{at("step", order, 3)}"' in page
    assert f'formaction="{at("submit", order)}"' in page
    assert left["Location"] == reverse("cases:manage_orders")
    assert (order.status, order.prescription["quantity"]) == ("draft", 3)


def test_a_retainer_for_a_patient_who_has_a_case_is_an_order_of_that_case(cast):
    page = cast.owner.client.post(
        "/provider/orders/add-retainer/", {"provider": cast.practice.provider_id, "find": "yes", "words": "dabrow"}
    )
    assert [found.case.number for found in page.context["found"]] == [cast.case.number]

    answer = cast.owner.client.post(
        "/provider/orders/add-retainer/", {"provider": cast.practice.provider_id, "case": cast.case.number, "key": str(uuid4())}
    )

    order = Order.objects.get(kind="retainer")
    assert order.case_id == cast.case.pk
    assert answer["Location"] == at("step", order, 1)
    assert cast.owner.client.get(at("step", order, 1)).status_code == 200


def test_the_search_for_a_patient_finds_no_hidden_name(cast):
    hidden = CollaborationFactory(provider=cast.practice.provider, add_orders=True, hides_identity=True)
    share(cast.case, hidden)
    client = Client()
    client.force_login(hidden.person)
    ask = {"provider": cast.practice.provider_id, "find": "yes"}

    by_name = client.post("/collaborator/orders/add-retainer/", {**ask, "words": "dabrow"})
    by_number = client.post("/collaborator/orders/add-retainer/", {**ask, "words": cast.case.number})

    assert by_name.context["found"] == []
    assert [found.shown_name for found in by_number.context["found"]] == [""]
    assert "Zofia" not in by_number.content.decode()
