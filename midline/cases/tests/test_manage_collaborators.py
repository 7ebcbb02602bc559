"""Manage Collaborators over HTTP: choose, narrow, share, stop, every case, except one."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from midline.activity.models import Access, Event
from midline.cases import services
from midline.cases.models import Case, Share
from midline.cases.policies import cases_for
from midline.cases.tests.factories import make_case
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core.errors import NotAllowedNow

MANAGE = reverse("cases:manage_collaborators")


@pytest.fixture
def three(cast):
    """Three more cases of the provider, shared with nobody."""
    return [make_case(cast.practice, first_name=name) for name in ("Anna", "Bo", "Cem")]


def act(cast, name: str, *args, who: str = "owner", **data):
    return cast.client_of(who).post(reverse(f"cases:{name}", args=args), data, follow=True)


def visible(cast) -> set[str]:
    return {str(case.number) for case in cases_for(cast.with_no_grant.actor)}


@pytest.mark.parametrize("who", ["with_every_grant", "with_no_grant", "technician", "stranger"])
def test_nobody_but_a_provider_has_this_page(cast, who):
    assert cast.client_of(who).get(MANAGE).status_code == 404


def test_another_provider_changes_nothing_here(cast, three):
    bare = cast.with_no_grant.collaboration
    addresses = [
        reverse("cases:shares_change", args=[bare.pk]),
        reverse("cases:standing_grant", args=[bare.pk]),
        reverse("cases:share_except", args=[bare.pk, cast.case.number]),
    ]
    for who in ("other_provider", "with_no_grant", "technician", "stranger"):
        for address in addresses:
            data = {"on": "1", "case": [case.number for case in three], "scope": "matching"}
            assert cast.client_of(who).post(address, data).status_code == 404, (who, address)
    assert visible(cast) == {cast.case.number}


def test_the_page_lists_collaborators_with_their_state_and_number_of_cases(cast):
    CollaborationFactory(provider=cast.practice.provider, person__first_name="Every", every_case=True)
    CollaborationFactory(provider=cast.practice.provider, person=None, first_name="Yuki", state="invited", accepted_at=None)
    CollaborationFactory(provider=cast.practice.provider, person__first_name="Gone", state="ended", ended="left")
    html = cast.owner.client.get(MANAGE).content.decode()

    for words in ("Jonas Weiß", "Priya Raghunathan", "1 case", "Every case", "No case yet", "Ended", "Gone", "Active"):
        assert words in html, words


def test_without_a_collaborator_the_page_leads_to_my_account(cast):
    html = cast.other_provider.client.get(MANAGE).content.decode()

    assert "Nobody collaborates with you yet" in html


def test_the_first_collaborator_is_chosen_and_another_can_be(cast):
    assert cast.owner.client.get(MANAGE).context["chosen"].collaboration == cast.with_no_grant.collaboration

    response = cast.owner.client.get(MANAGE, {"with": cast.with_every_grant.collaboration.pk, "group": "open"})

    assert response.context["chosen"].collaboration == cast.with_every_grant.collaboration
    assert "Shared with Priya" in response.content.decode()
    assert f"?with={cast.with_no_grant.collaboration.pk}&amp;group=open" in response.content.decode(), "the filter goes along"


def test_a_foreign_collaboration_cannot_be_chosen(cast):
    foreign = CollaborationFactory()

    assert cast.owner.client.get(MANAGE, {"with": foreign.pk}).context["chosen"].collaboration == cast.with_no_grant.collaboration


def test_selected_cases_are_shared_and_the_page_says_so(cast, three):
    bare = cast.with_no_grant.collaboration
    response = act(cast, "shares_change", bare.pk, act="share", case=[three[0].number, three[2].number], next=f"{MANAGE}?with={bare.pk}")

    assert response.redirect_chain[0][0] == f"{MANAGE}?with={bare.pk}"
    assert "2 cases shared with Jonas Weiß." in response.content.decode()
    assert visible(cast) == {cast.case.number, three[0].number, three[2].number}


def test_selected_cases_stop_being_shared_and_the_others_are_not_touched(cast, three):
    bare = cast.with_no_grant.collaboration
    act(cast, "shares_change", bare.pk, act="share", case=[case.number for case in three])

    response = act(cast, "shares_change", bare.pk, act="stop", case=[three[1].number, cast.case.number])

    assert "Stopped sharing 2 cases with Jonas Weiß." in response.content.decode()
    assert visible(cast) == {three[0].number, three[2].number}


def test_all_that_match_the_filter_are_shared_set_wise(cast, three):
    bare = cast.with_no_grant.collaboration
    search = cast.owner.client.post(f"{MANAGE}?with={bare.pk}&group=action", {"term": "dabrowska"})
    view = search.url.partition("?")[2]

    response = act(cast, "shares_change", bare.pk, scope="matching", view=view)

    assert "3 cases shared with Jonas Weiß." in response.content.decode()
    assert visible(cast) == {case.number for case in (*three, cast.case)}


def test_all_that_match_never_reaches_foreign_cases(cast):
    foreign = make_case(cast.other_provider.user.provider.practices.get())
    act(cast, "shares_change", cast.with_no_grant.collaboration.pk, scope="matching", view="")

    assert foreign.number not in visible(cast)


def test_sharing_nothing_new_says_so_and_offers_no_undo(cast):
    response = act(cast, "shares_change", cast.with_no_grant.collaboration.pk, act="share", case=[cast.case.number])

    assert "Nothing changed: Jonas Weiß sees these cases already." in response.content.decode()
    assert [message.extra_tags for message in response.context["messages"]] == [""]


def test_every_case_is_one_switch_and_future_cases_join(cast, three):
    bare = cast.with_no_grant.collaboration
    before = Share.objects.count()
    response = act(cast, "standing_grant", bare.pk, on="1")

    assert "Every case shared with Jonas Weiß, and every case to come." in response.content.decode()
    assert Share.objects.count() == before
    later = make_case(cast.practice)
    assert visible(cast) == {case.number for case in (*three, cast.case, later)}


def test_switching_every_case_off_keeps_the_single_shares(cast, three):
    bare = cast.with_no_grant.collaboration
    act(cast, "standing_grant", bare.pk, on="1")
    response = act(cast, "standing_grant", bare.pk)

    assert "keeps the cases that you shared one by one" in response.content.decode()
    assert visible(cast) == {cast.case.number}
    undo = next(message.extra_tags for message in response.context["messages"])
    cast.owner.client.post(undo)
    assert len(visible(cast)) == 4


def test_under_a_standing_grant_nothing_is_selected_and_one_case_asks_first(cast, three):
    bare = cast.with_no_grant.collaboration
    act(cast, "standing_grant", bare.pk, on="1")
    html = cast.owner.client.get(MANAGE, {"with": bare.pk}).content.decode()
    assert "data-select-all" not in html
    assert "Stop sharing this" in html

    stale = cast.owner.client.post(reverse("cases:shares_change", args=[bare.pk]), {"act": "stop", "case": [cast.case.number]})
    assert stale.status_code == 409
    assert len(visible(cast)) == 4


def test_one_case_is_taken_out_of_a_standing_grant(cast, three):
    bare = cast.with_no_grant.collaboration
    act(cast, "standing_grant", bare.pk, on="1")
    address = reverse("cases:share_except", args=[bare.pk, three[0].number])
    assert f"Keep the 3 shared now, except {three[0].number}" in cast.owner.client.get(address).content.decode()
    assert "<html" not in cast.owner.client.get(address, HTTP_HX_REQUEST="true").content.decode()

    response = cast.owner.client.post(address, follow=True)

    assert f"Stopped sharing {three[0].number} with Jonas Weiß. The other cases stay shared." in response.content.decode()
    assert visible(cast) == {case.number for case in (cast.case, *three[1:])}
    assert make_case(cast.practice).number not in visible(cast)
    assert cast.owner.client.post(address).status_code == 409, "there is no standing grant any more"


def test_the_column_says_what_is_shared_and_the_filter_finds_it(cast, three):
    bare = cast.with_no_grant.collaboration
    response = cast.owner.client.get(MANAGE, {"with": bare.pk, "shared": "yes"})
    assert [(row.number, shared.how) for row, _url, shared in response.context["rows"]] == [(cast.case.number, "single")]

    response = cast.owner.client.get(MANAGE, {"with": bare.pk, "shared": "no"})
    assert {shared.how for _row, _url, shared in response.context["rows"]} == {""}
    assert len(response.context["rows"]) == 3
    assert "3 cases match" in response.content.decode()


def test_an_ended_collaboration_is_gone_from_the_next_request_on(cast):
    bare = cast.with_no_grant.collaboration
    Collaboration.objects.filter(pk=bare.pk).update(state="ended", ended="revoked")

    assert cast.owner.client.post(reverse("cases:standing_grant", args=[bare.pk]), {"on": "1"}).status_code == 404
    assert not Collaboration.objects.get(pk=bare.pk).every_case


def test_what_the_page_shows_stands_in_the_access_log(cast):
    cast.owner.client.get(MANAGE)

    assert Access.objects.get().view == "manage_collaborators"


def test_sharing_100_cases_takes_as_many_statements_as_sharing_2(cast, django_assert_max_num_queries):
    bare, owner = cast.with_no_grant.collaboration, cast.owner.actor
    cases = [make_case(cast.practice, first_name=f"P{n}") for n in range(12)]
    few = Case.objects.filter(pk__in=[case.pk for case in cases[:2]])
    many = Case.objects.filter(pk__in=[case.pk for case in cases[2:]])
    with CaptureQueriesContext(connection) as first:
        services.cases_share(collaboration=bare, cases=few, by=owner)
    with django_assert_max_num_queries(len(first)):
        services.cases_share(collaboration=bare, cases=many, by=owner)


def test_all_that_match_stop_being_shared_and_the_page_counts_them_exactly(cast, three):
    bare = cast.with_no_grant.collaboration
    act(cast, "shares_change", bare.pk, act="share", case=[three[0].number])
    counted = cast.owner.client.get(reverse("cases:shares_matching", args=[bare.pk]), {"status": "draft"}).json()
    assert counted == {"count": 3, "shared": 1}

    response = act(cast, "shares_change", bare.pk, scope="matching", act="stop", view="status=draft")

    assert "Stopped sharing 1 case with Jonas Weiß." in response.content.decode()
    assert visible(cast) == {cast.case.number}


def test_the_filter_is_evaluated_when_the_act_happens(cast, three):
    bare = cast.with_no_grant.collaboration
    late = make_case(cast.practice, first_name="Late")
    act(cast, "shares_change", bare.pk, scope="matching", act="share", view="status=draft")

    assert late.number in visible(cast)


def test_the_same_form_sent_twice_is_one_act_with_one_answer(cast, three):
    bare = cast.with_no_grant.collaboration
    form: dict[str, Any] = {"act": "share", "case": [three[0].number], "key": "9d1f8d5e-3a51-4f0e-9d2b-6a3d9e0c1f11"}
    first, second = act(cast, "shares_change", bare.pk, **form), act(cast, "shares_change", bare.pk, **form)

    undo = [[message.extra_tags for message in response.context["messages"]] for response in (first, second)]
    assert undo[0] == undo[1] != [""]
    third = act(cast, "shares_change", bare.pk, **form | {"case": [three[1].number]})
    assert "1 case shared with Jonas Weiß." in third.content.decode(), "another choice in the same form is another act"
    cast.owner.client.post(undo[0][0])
    assert visible(cast) == {cast.case.number, three[1].number}
    act(cast, "shares_change", bare.pk, **form)
    assert visible(cast) == {cast.case.number, three[0].number, three[1].number}, "what was undone can be done again"


def test_a_standing_grant_that_began_meanwhile_refuses_single_removal(cast, three):
    bare = cast.with_no_grant.collaboration
    services.standing_grant_begin(collaboration=bare, by=cast.owner.actor)

    with pytest.raises(NotAllowedNow):
        services.cases_unshare(collaboration=bare, cases=Case.objects.all(), by=cast.owner.actor)
    assert len(visible(cast)) == 4


def test_switching_every_case_on_twice_is_told_once_and_undo_of_nothing_is_not_offered(cast):
    bare = cast.with_no_grant.collaboration
    act(cast, "standing_grant", bare.pk, on="1")
    response = act(cast, "standing_grant", bare.pk, on="1")

    assert [message.extra_tags for message in response.context["messages"]] == [""]
    assert Event.objects.filter(kind="cases.shared", data__act="standing_begin").count() == 1


def test_an_invitation_shows_itself_again_after_every_case_was_switched(cast):
    bare = cast.with_no_grant.collaboration
    before = Collaboration.objects.get(pk=bare.pk).revision
    act(cast, "standing_grant", bare.pk, on="1")

    assert Collaboration.objects.get(pk=bare.pk).revision == before + 1
