"""The popover of one case: its collaborators, SAVE, the number in the icon, Undo."""

import json

import pytest
from django.urls import reverse

from midline.cases import services
from midline.cases.actions import Action
from midline.cases.models import Share
from midline.cases.policies import may
from midline.cases.tests.factories import make_case
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def fresh(cast):
    """A case that nobody shares yet."""
    return make_case(cast.practice, first_name="Bo", last_name="Li")


def address(case) -> str:
    return reverse("cases:case_collaborators", args=[case.number])


def test_who_does_not_own_the_case_gets_404(cast):
    for who in ("with_every_grant", "with_no_grant", "technician", "stranger", "other_provider"):
        assert cast.client_of(who).get(address(cast.case)).status_code == 404, who
        assert cast.client_of(who).post(address(cast.case), {}).status_code == 404, who
    assert Share.objects.filter(case=cast.case, ended_at=None).count() == 2


def test_the_popover_lists_every_collaborator_of_the_provider(cast, fresh):
    invited = CollaborationFactory(provider=cast.practice.provider, person=None, first_name="Yuki", state="invited", accepted_at=None)
    CollaborationFactory(provider=cast.practice.provider, state="ended", ended="left", person__first_name="Gone")
    html = cast.owner.client.get(address(fresh), **HTMX).content.decode()

    assert "<html" not in html
    assert "Priya Raghunathan" in html
    assert "Jonas Weiß" in html
    assert invited.name in html
    assert "Invited" in html
    assert "Gone" not in html
    assert "0 now" in html
    assert "Priya will see the prescription, records and every setup of this case." in html


def test_save_shares_and_updates_the_number_and_offers_undo(cast, fresh):
    chosen = [cast.with_every_grant.collaboration.pk, cast.with_no_grant.collaboration.pk]
    response = cast.owner.client.post(address(fresh), {"collaboration": chosen}, **HTMX)

    assert response.status_code == 200
    assert f"2 collaborators on {fresh.number}" in response.content.decode()
    assert f"#collaborators-{fresh.number}" in response.content.decode()
    assert may(cast.with_no_grant.actor, Action.VIEW, fresh)
    toast = json.loads(response["HX-Trigger"])["midline:toast"]
    assert "2 changes" in toast["text"]

    cast.owner.client.post(toast["undo"], {"next": reverse("cases:manage_orders")})
    assert not may(cast.with_no_grant.actor, Action.VIEW, fresh)
    assert f"Add a collaborator to {fresh.number}" in cast.owner.client.get(reverse("cases:manage_orders")).content.decode()


def test_save_without_a_tick_removes(cast):
    kept = cast.with_every_grant.collaboration.pk
    response = cast.owner.client.post(address(cast.case), {"collaboration": [kept]}, **HTMX)

    assert f"1 collaborator on {cast.case.number}" in response.content.decode()
    assert not may(cast.with_no_grant.actor, Action.VIEW, cast.case)
    assert may(cast.with_every_grant.actor, Action.VIEW, cast.case)


def test_a_standing_grant_stands_ticked_and_locked_and_counts(cast, fresh):
    services.standing_grant_begin(collaboration=cast.with_every_grant.collaboration, by=cast.owner.actor)
    html = cast.owner.client.get(address(fresh), **HTMX).content.decode()
    assert "shares every case" in html
    assert "checked disabled" in html
    assert "1 now" in html

    response = cast.owner.client.post(address(fresh), {"collaboration": [cast.with_no_grant.collaboration.pk]}, **HTMX)

    assert f"2 collaborators on {fresh.number}" in response.content.decode()
    assert not Share.objects.filter(case=fresh, collaboration=cast.with_every_grant.collaboration).exists()


def test_without_javascript_it_is_a_page_and_saving_leads_back(cast, fresh):
    assert "<html" in cast.owner.client.get(address(fresh)).content.decode()

    response = cast.owner.client.post(address(fresh), {"collaboration": [cast.with_no_grant.collaboration.pk]}, follow=True)

    assert response.redirect_chain == [(reverse("cases:manage_orders"), 302)]
    assert "1 change" in response.content.decode()


def test_somebody_who_left_meanwhile_is_told_and_nothing_changes(cast, fresh):
    gone = cast.with_no_grant.collaboration
    Collaboration.objects.filter(pk=gone.pk).update(state="ended", ended="left")

    response = cast.owner.client.post(address(fresh), {"collaboration": [gone.pk, cast.with_every_grant.collaboration.pk]}, **HTMX)

    assert response.status_code == 409
    assert "does not collaborate with you any more" in response.content.decode()
    assert not Share.objects.filter(case=fresh).exists()


def test_a_foreign_collaboration_is_never_shared_with(cast, fresh):
    foreign = CollaborationFactory()

    assert cast.owner.client.post(address(fresh), {"collaboration": [foreign.pk]}, **HTMX).status_code == 409
    assert not Share.objects.filter(case=fresh).exists()


def test_saving_the_same_changes_nothing_and_offers_no_undo(cast):
    both = [cast.with_every_grant.collaboration.pk, cast.with_no_grant.collaboration.pk]
    response = cast.owner.client.post(address(cast.case), {"collaboration": both}, **HTMX)

    assert json.loads(response["HX-Trigger"])["midline:toast"]["undo"] == ""


def test_hidden_identity_and_invitations_are_said_before_saving(cast, fresh):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(hides_identity=True)
    CollaborationFactory(provider=cast.practice.provider, person=None, first_name="Yuki", state="invited", accepted_at=None)
    html = cast.owner.client.get(address(fresh), **HTMX).content.decode()

    assert "Jonas will see the prescription, records and every setup of this case, without the patient’s name." in html
    assert "After accepting, Yuki will see" in html
