"""The forms: begun, saved field by field, left, resumed, submitted; by the provider and on the provider's behalf."""

import json
import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from midline.activity.models import Event
from midline.cases.models import Case, CaseType, Order, Share
from midline.cases.services import order_save
from midline.cases.tests.factories import collaborator_actor, share
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.orders.services import order_start
from midline.practices.models import PreferenceSet
from midline.practices.tests.factories import PracticeFactory
from midline.records.tests.factories import place_record


@pytest.fixture
def order(cast):
    return order_start(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=uuid4())


def at(name: str, order: Order, *more: object, workspace: str = "provider") -> str:
    return reverse(f"orders:{name}", args=[workspace, order.case.number, order.pk, *more])


def save(client: Client, order: Order, step: int, name: str, value: object, before: object, workspace: str = "provider"):
    data = {"field": name, name: value, f"before_{name}": json.dumps(before)}
    return client.post(at("autosave", order, step, workspace=workspace), data)


def complete(order: Order, actor) -> Order:
    """A draft with everything that is needed."""
    from midline.orders.services import answers_save

    values = {"first_name": "Siobhán", "last_name": "O’Súilleabháin", "birth_on": "1987-03-04", "sex": "female"}
    answers_save(order=order, by=actor, values=values, before={}, step=1)
    order.refresh_from_db()
    for slot in ("upper_scan", "lower_scan"):
        place_record(order, actor, slot)
    return Order.objects.select_related("case").get(pk=order.pk)


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


def test_a_collaborators_order_is_the_providers_case_and_stays_shared_with_both(cast):
    actor = cast.with_every_grant.actor
    order = complete(order_start(practice=cast.practice, kind=CaseType.ALIGNER, by=actor, key=uuid4()), actor)

    shown = cast.with_every_grant.client.get(at("step", order, 5, workspace="collaborator")).content.decode()
    answer = cast.with_every_grant.client.post(at("submit", order, workspace="collaborator"), {"key": str(uuid4()), "sharing": "yes"})

    assert "is shared with you" in shown
    assert answer.status_code == 302
    order.refresh_from_db()
    assert (order.status, order.case.provider_id) == ("submitted", cast.practice.provider_id)
    assert Share.objects.filter(case=order.case, collaboration=cast.with_every_grant.collaboration, ended_at=None).exists()


def test_the_provider_sees_in_the_list_who_began_an_order_for_them(cast):
    order = order_start(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.with_every_grant.actor, key=uuid4())
    name = cast.with_every_grant.user.name

    def row(client: Client, path: str):
        return next(row for row in client.get(path).context["list"].rows if row.number == order.case.number)

    assert row(cast.owner.client, "/provider/orders/").begun_by == name
    assert f"by {name}" in cast.owner.client.get("/provider/orders/").content.decode()
    assert name in b"".join(cast.owner.client.get("/provider/orders/export.csv").streaming_content).decode()
    for part in ("history/", "orders/"):
        assert name in cast.owner.client.get(f"/provider/cases/{order.case.number}/{part}").content.decode(), part
    assert row(cast.with_every_grant.client, "/collaborator/cases/").begun_by == ""


def test_a_name_hidden_from_the_collaborator_stands_nowhere_in_the_form(cast):
    hidden = CollaborationFactory(provider=cast.practice.provider, add_orders=True, hides_identity=True)
    order = complete(order_start(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=uuid4()), cast.owner.actor)
    share(order.case, hidden)
    client = Client()
    client.force_login(hidden.person)

    for step in range(1, 6):
        text = client.get(at("step", order, step, workspace="collaborator")).content.decode()
        assert "Siobhán" not in text
        assert "1987" not in text
    assert save(client, order, 1, "first_name", "Changed", None, workspace="collaborator").status_code == 404
    assert collaborator_actor(hidden).user == hidden.person


def test_with_hidden_identity_the_provider_names_the_patient_of_a_collaborators_order(cast):
    hidden = CollaborationFactory(provider=cast.practice.provider, add_orders=True, hides_identity=True)
    client = Client()
    client.force_login(hidden.person)
    name = cast.practice.provider.name
    page = client.get("/collaborator/orders/add/").content.decode()
    assert f"{name} hides patients’ names and birth dates from you." in page
    number = client.post("/collaborator/orders/add/", {"provider": cast.practice.provider_id, "practice": cast.practice.pk})["Location"]
    order = Case.objects.get(number=number.split("/")[3]).current_order
    assert order

    for field in ("first_name", "last_name", "birth_on"):
        assert save(client, order, 1, field, "1990-01-01", None, workspace="collaborator").status_code == 404
    assert save(client, order, 1, "sex", "female", "", workspace="collaborator").status_code == 200
    before = client.get(at("step", order, 1, workspace="collaborator")).content.decode()
    assert f"Name and birth date are hidden from you; {name} fills them in." in before
    refused = client.post(at("submit", order, workspace="collaborator"), {"key": str(uuid4())})
    assert refused.status_code == 422
    assert f"has no name or birth date yet. {name} adds them." in refused.content.decode()

    save(cast.owner.client, order, 1, "first_name", "Siobhán", "")
    save(cast.owner.client, order, 1, "last_name", "Geheim", "")
    save(cast.owner.client, order, 1, "birth_on", "1987-06-05", None)
    after = client.get(at("step", order, 1, workspace="collaborator")).content.decode()
    assert "Siobhán" not in after + client.get(at("needed", order, workspace="collaborator")).content.decode()
    assert "name or birth date" not in after


def test_providers_who_grant_orders_are_searched_where_they_are_many(cast):
    for n in range(52):
        practice = PracticeFactory(provider__person__first_name=f"Anneke{n:02}", provider__person__last_name="Müller-Lüdenscheidt")
        CollaborationFactory(provider=practice.provider, person=cast.with_every_grant.user, add_orders=n != 51)
    client = cast.with_every_grant.client
    page = client.get("/collaborator/orders/add/").content.decode()
    assert "<option" not in page

    found = client.post("/collaborator/orders/add/", {"named": "anneke07 mull"})
    assert [provider.name for provider in found.context["providers_found"]] == ["Anneke07 Müller-Lüdenscheidt"]
    assert client.post("/collaborator/orders/add/", {"named": "anneke51"}).context["providers_found"] == [], "who grants no orders"
    one = found.context["providers_found"][0]
    chosen = client.get("/collaborator/orders/add/", {"provider": one.pk}).content.decode()
    assert one.practices.get().name in chosen
    assert "1 more." in client.post("/collaborator/orders/add/", {"named": "anneke"}).content.decode()


def test_a_retainer_continues_no_draft_and_no_case_of_another_provider(cast, order):
    share(order.case, cast.with_every_grant.collaboration)
    other = PracticeFactory()
    CollaborationFactory(provider=other.provider, person=cast.with_every_grant.user, add_orders=True)

    for provider, number in ((cast.practice.provider_id, order.case.number), (other.provider_id, cast.case.number)):
        data = {"provider": provider, "case": number}
        assert cast.with_every_grant.client.post("/collaborator/orders/add-retainer/", data).status_code == 404
    assert Order.objects.filter(case=order.case).count() == 1


def test_when_the_permission_goes_midway_the_draft_stays_and_the_provider_goes_on(cast):
    person, row = cast.with_every_grant, cast.with_every_grant.collaboration
    order = order_start(practice=cast.practice, kind=CaseType.ALIGNER, by=person.actor, key=uuid4())
    assert save(person.client, order, 1, "complaint", "Crowding.", "", workspace="collaborator").status_code == 200
    Collaboration.objects.filter(pk=row.pk).update(add_orders=False)

    assert save(person.client, order, 1, "complaint", "Something else.", "Crowding.", workspace="collaborator").status_code == 403
    for method, name, more in (("get", "step", [1]), ("post", "submit", []), ("post", "discard", []), ("get", "needed", [])):
        assert getattr(person.client, method)(at(name, order, *more, workspace="collaborator")).status_code == 403, name
    assert person.client.get("/collaborator/orders/add/").status_code == 404
    page = person.client.get("/collaborator/cases/").content.decode()
    assert order.case.number in page, "the draft stays shared"
    assert "/collaborator/orders/add/" not in page
    case = person.client.get(f"/collaborator/cases/{order.case.number}/").content.decode()
    assert "The order is a draft" in case
    assert "/step/" not in case
    assert "Crowding." in cast.owner.client.get(at("step", order, 1)).content.decode()


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
