"""Where `/` leads, what the header and the menus offer to whom, and what people choose about the look."""

import pytest
from django.test import Client

from midline.cases.middleware import actor_in
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import ProviderFactory
from midline.web import context
from midline.web.context import Link, Portal


def portal_of(rf, user, path: str, workspace: Workspace | None = None) -> Portal:
    request = rf.get(path)
    request.user = user
    if workspace:
        request.actor = actor_in(user, workspace)
    return Portal(request)


@pytest.mark.parametrize(("who", "home"), [("owner", "/provider/"), ("with_no_grant", "/collaborator/"), ("technician", "/lab/")])
def test_home_leads_to_the_first_workspace_of_the_person(cast, who, home):
    response = cast.client_of(who).get("/")

    assert response.status_code == 302
    assert response["Location"] == home


def test_home_leads_a_provider_who_collaborates_and_works_in_the_lab_to_the_provider(cast):
    CollaborationFactory(person=cast.owner.user)
    User.objects.filter(pk=cast.owner.user.pk).update(is_technician=True)

    assert cast.owner.client.get("/")["Location"] == "/provider/"


def test_home_leads_somebody_without_a_workspace_to_their_account(cast):
    assert cast.stranger.client.get("/")["Location"].startswith("/account/")


def test_home_asks_the_signed_out_to_sign_in(db):
    assert "/account/login/" in Client().get("/")["Location"]


def test_the_menu_lists_only_workspaces_of_the_person_with_what_is_in_them(rf, cast):
    def facts(user):
        return [(place.workspace, place.facts) for place in portal_of(rf, user, "/").places()]

    assert facts(cast.owner.user) == [(Workspace.PROVIDER, "1 practice, 1 case")]
    assert facts(cast.with_no_grant.user) == [(Workspace.COLLABORATOR, "1 provider shares")]
    assert [workspace for workspace, _ in facts(cast.technician.user)] == [Workspace.LAB]
    assert facts(cast.stranger.user) == []


def test_a_former_collaborator_reads_that_nobody_shares(rf, cast):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(state="ended", ended="revoked")

    assert [place.facts for place in portal_of(rf, cast.with_no_grant.user, "/").places()] == ["Nobody shares with you now"]


def test_an_invitation_alone_gives_no_workspace_in_the_menu(rf, db):
    invited = UserFactory()
    CollaborationFactory(person=invited, state=Collaboration.State.INVITED, accepted_at=None)

    assert portal_of(rf, invited, "/").places() == []


def test_the_current_workspace_is_ticked(rf, cast):
    CollaborationFactory(person=cast.owner.user)
    places = portal_of(rf, cast.owner.user, "/collaborator/", Workspace.COLLABORATOR).places()

    assert [(place.workspace, place.current) for place in places] == [(Workspace.PROVIDER, False), (Workspace.COLLABORATOR, True)]


def test_a_link_without_a_page_is_left_out_and_the_longest_address_is_current(rf, cast, monkeypatch):
    links = [Link("Home", "web:home"), Link("Health", "web:healthz"), Link("Nowhere", "web:no_such_page")]
    monkeypatch.setitem(context.HEADER, Workspace.PROVIDER, links)
    entries = portal_of(rf, cast.owner.user, "/healthz", Workspace.PROVIDER).header()

    assert [(entry.label, entry.current) for entry in entries] == [("Home", False), ("Health", True)]


def test_a_collaborator_is_offered_orders_only_where_a_provider_grants_them(rf, cast, monkeypatch):
    monkeypatch.setitem(context.HEADER, Workspace.COLLABORATOR, [Link("Add Order", "web:home", needs="add_order")])

    def offered(person):
        return [entry.label for entry in portal_of(rf, person.user, "/collaborator/", Workspace.COLLABORATOR).header()]

    assert offered(cast.with_every_grant) == ["Add Order"]
    assert offered(cast.with_no_grant) == []


def test_only_providers_are_offered_collaborators_in_my_account(rf, cast, monkeypatch):
    monkeypatch.setattr(context, "ACCOUNT", [Link("Profile", "web:home"), Link("Collaborator(s)", "web:healthz", needs="provider")])

    def offered(person):
        return [entry.label for entry in portal_of(rf, person.user, "/account/").account()]

    assert offered(cast.owner) == ["Profile", "Collaborator(s)"]
    assert offered(cast.with_every_grant) == ["Profile"]


def test_a_whole_header_costs_at_most_three_queries(rf, cast, django_assert_max_num_queries):
    ProviderFactory(person=cast.with_every_grant.user)
    portal = portal_of(rf, cast.with_every_grant.user, "/collaborator/", Workspace.COLLABORATOR)

    with django_assert_max_num_queries(3):
        portal.places()
        portal.header()
        portal.account()


def test_a_theme_is_kept_and_written_into_the_page(cast):
    response = cast.owner.client.post("/account/theme/", {"theme": "dark", "next": "/provider/orders/"})

    assert response["Location"] == "/provider/orders/"
    assert User.objects.get(pk=cast.owner.user.pk).theme == "dark"
    assert 'data-theme="midline-dark"' in cast.owner.client.get("/provider/nothing/").content.decode()


def test_a_theme_that_does_not_exist_changes_nothing(cast):
    cast.owner.client.post("/account/theme/", {"theme": "pink"})

    assert User.objects.get(pk=cast.owner.user.pk).theme == "system"
    assert "data-theme=" not in cast.owner.client.get("/provider/nothing/").content.decode()


def test_a_choice_never_leads_to_another_site(cast):
    response = cast.owner.client.post("/account/theme/", {"theme": "dark", "next": "//elsewhere.example/"})

    assert response["Location"] == "/"


def test_single_keys_can_be_switched_off(cast):
    cast.owner.client.post("/account/single-keys/", {"single_keys": "off"})

    assert not User.objects.get(pk=cast.owner.user.pk).single_keys
    assert 'data-keys="off"' in cast.owner.client.get("/provider/nothing/").content.decode()


@pytest.mark.parametrize("address", ["/account/theme/", "/account/single-keys/"])
def test_choices_need_a_person_and_a_post(cast, address):
    assert "/account/login/" in Client().post(address)["Location"]
    assert cast.owner.client.get(address).status_code == 405
