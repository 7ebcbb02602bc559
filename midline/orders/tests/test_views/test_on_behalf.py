"""Orders on the provider's behalf: who may, what is shared, what stays hidden."""

from uuid import uuid4

from django.test import Client

from midline.cases.models import Case, CaseType, Order, Share
from midline.cases.tests.factories import collaborator_actor, share
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.orders.services import order_start
from midline.orders.tests.test_views.steps import at, complete, save
from midline.practices.tests.factories import PracticeFactory


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
