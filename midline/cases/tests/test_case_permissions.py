"""What a collaborator may do on one case: taken away there, given back, undone; never more than the collaboration grants."""

import pytest
from django.urls import reverse

from midline.cases import services
from midline.cases.actions import Action
from midline.cases.models import Share
from midline.cases.policies import may
from midline.cases.tests.factories import make_case
from midline.collaboration.models import Collaboration, Grant

KEPT = ["add_orders", "decline_setups", "edit_records", "publish_setups"]


def address(cast, collaboration=None) -> str:
    chosen = collaboration or cast.with_every_grant.collaboration
    return reverse("cases:case_permissions", args=[cast.case.number, chosen.pk])


def downloads(cast) -> bool:
    return may(cast.with_every_grant.actor, Action.DOWNLOAD, cast.case)


def test_nobody_but_the_owner_has_this_page(cast):
    for who in ("with_every_grant", "with_no_grant", "technician", "stranger", "other_provider"):
        assert cast.client_of(who).get(address(cast)).status_code == 404, who
        assert cast.client_of(who).post(address(cast), {"grant": []}).status_code == 404, who
    assert downloads(cast)


def test_a_switch_off_takes_away_on_this_case_alone_and_undo_gives_it_back(cast):
    other = make_case(cast.practice)
    services.cases_share(collaboration=cast.with_every_grant.collaboration, cases=type(other).objects.all(), by=cast.owner.actor)
    case_page = reverse("web:case", args=["provider", cast.case.number])

    response = cast.owner.client.post(address(cast), {"grant": KEPT}, follow=True)

    assert response.redirect_chain == [(case_page, 302)]
    assert not downloads(cast)
    assert may(cast.with_every_grant.actor, Action.DOWNLOAD, other)
    html = response.content.decode()
    assert f"What Priya Raghunathan may do on {cast.case.number} is saved." in html
    assert "Not here: Download records and models" in html
    cast.owner.client.post(next(message.extra_tags for message in response.context["messages"]))
    assert downloads(cast)


def test_the_page_shows_what_is_granted_and_nothing_that_could_be_added(cast):
    html = cast.owner.client.get(address(cast)).content.decode()
    for grant in Grant:
        assert str(grant.label) in html
    assert "<html" not in cast.owner.client.get(address(cast), HTTP_HX_REQUEST="true").content.decode()

    html = cast.owner.client.get(address(cast, cast.with_no_grant.collaboration)).content.decode()
    assert "There is nothing to take away" in html


def test_a_forged_permission_is_never_added(cast):
    bare = cast.with_no_grant.collaboration
    cast.owner.client.post(address(cast, bare), {"grant": Grant.values})

    assert not may(cast.with_no_grant.actor, Action.DOWNLOAD, cast.case)


def test_what_is_taken_away_stays_when_the_grant_goes_and_comes_again(cast):
    cast.owner.client.post(address(cast), {"grant": KEPT})
    one = cast.with_every_grant.collaboration
    Collaboration.objects.filter(pk=one.pk).update(download=False)
    cast.owner.client.post(address(cast), {"grant": KEPT})
    Collaboration.objects.filter(pk=one.pk).update(download=True)

    assert not downloads(cast)


@pytest.mark.parametrize("ends", [False, True])
def test_under_a_standing_grant_a_row_only_holds_what_is_taken_away(cast, ends):
    one = cast.with_every_grant.collaboration
    Share.objects.filter(collaboration=one).delete()
    services.standing_grant_begin(collaboration=one, by=cast.owner.actor)
    cast.owner.client.post(address(cast), {"grant": KEPT})

    assert not downloads(cast)
    assert may(cast.with_every_grant.actor, Action.VIEW, cast.case)
    if ends:
        services.standing_grant_end(collaboration=one, by=cast.owner.actor)
        assert not may(cast.with_every_grant.actor, Action.VIEW, cast.case)


def test_a_case_that_is_not_shared_any_more_is_told_as_409(cast):
    services.case_shares_set(case=cast.case, wanted=set(), by=cast.owner.actor)

    assert "is not shared with Priya" in cast.owner.client.get(address(cast)).content.decode()
    assert cast.owner.client.post(address(cast), {"grant": []}).status_code == 409


def test_saving_the_same_changes_nothing_and_offers_no_undo(cast):
    response = cast.owner.client.post(address(cast), {"grant": Grant.values}, follow=True)

    assert [message.extra_tags for message in response.context["messages"]] == [""]
