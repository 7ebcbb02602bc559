"""Live updates: nothing new, news by region, nothing that the reader may not read, nothing after access has ended."""

import pytest
from django.test import Client

from midline.activity.models import Event
from midline.cases.actions import Action
from midline.cases.models import Share
from midline.cases.tests.factories import make_case, share
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.web import queries


def happen(cast, kind: str, reader: str = Action.VIEW) -> Event:
    return Event.objects.create(
        kind=kind, at=clock.now(), person=cast.owner.user, provider_id=cast.case.provider_id, case_id=cast.case.pk, reader=reader
    )


def ask(person, workspace: str, cast, after: int):
    return person.client.get(f"/{workspace}/cases/{cast.case.number}/updates", {"after": after})


def last(cast) -> int:
    return queries.workspace_last(cast.owner.actor)


def test_nothing_new_is_204_without_a_body(cast):
    response = ask(cast.owner, "provider", cast, last(cast))

    assert response.status_code == 204
    assert response.content == b""


def test_news_name_the_newest_event_and_the_regions_that_changed(cast):
    after = last(cast)
    happen(cast, "conversation.commented", Action.READ_CONVERSATION)
    newest = happen(cast, "setup.published")

    assert ask(cast.owner, "provider", cast, after).json() == {
        "last": newest.pk,
        "changed": ["collaborators", "conversation", "history", "setups", "status"],
    }
    assert ask(cast.owner, "provider", cast, newest.pk).status_code == 204


def test_the_lab_learns_nothing_of_the_conversation(cast):
    after = last(cast)
    happen(cast, "conversation.commented", Action.READ_CONVERSATION)

    assert ask(cast.technician, "lab", cast, after).status_code == 204
    assert ask(cast.with_no_grant, "collaborator", cast, after).status_code == 200


def test_what_is_for_the_owner_alone_is_news_to_the_owner_alone(cast):
    after = last(cast)
    happen(cast, "case.shared", "")

    assert ask(cast.owner, "provider", cast, after).status_code == 200
    assert ask(cast.with_every_grant, "collaborator", cast, after).status_code == 204
    assert ask(cast.technician, "lab", cast, after).status_code == 204


def test_the_page_counts_from_the_newest_event_that_its_reader_may_read(cast):
    seen = happen(cast, "setup.published")
    happen(cast, "conversation.commented", Action.READ_CONVERSATION)

    assert queries.last_event(cast.technician.actor, cast.case) == seen.pk


def test_a_revoked_collaborator_gets_404_on_the_next_request(cast):
    assert ask(cast.with_every_grant, "collaborator", cast, 0).status_code == 200
    Collaboration.objects.filter(pk=cast.with_every_grant.collaboration.pk).update(state="ended", ended="revoked")

    response = ask(cast.with_every_grant, "collaborator", cast, 0)
    assert response.status_code == 404
    assert b"There is nothing at this address" in response.content


def test_others_get_404_and_the_signed_out_the_sign_in(cast):
    assert ask(cast.other_provider, "provider", cast, 0).status_code == 404
    assert Client().get(f"/provider/cases/{cast.case.number}/updates").status_code == 302


@pytest.mark.parametrize("after", ["", "x", "-1", "1e3", "9" * 30, "²"])
def test_a_number_that_is_none_counts_as_the_beginning(cast, after):
    assert ask(cast.owner, "provider", cast, after).status_code == 200


@pytest.mark.parametrize(("who", "workspace"), [("owner", "provider"), ("with_no_grant", "collaborator"), ("technician", "lab")])
def test_a_list_learns_of_events_on_the_cases_it_shows(cast, who, workspace):
    client = cast.client_of(who)
    after = last(cast)
    assert client.get(f"/{workspace}/updates", {"after": after}).status_code == 204
    event = happen(cast, "order.moved")

    news = client.get(f"/{workspace}/updates", {"after": after}).json()
    assert news["changed"] == ["list"]
    assert client.get(f"/{workspace}/updates", {"after": after, "seen": news["seen"]}).status_code == 204, "told once"
    Event.objects.filter(pk=event.pk).update(at=clock.now() - queries.SETTLED * 2)
    assert client.get(f"/{workspace}/updates", {"after": after}).json()["last"] == event.pk


def test_a_list_learns_nothing_of_cases_it_does_not_show(cast):
    after = last(cast)
    happen(cast, "order.moved")

    assert cast.other_provider.client.get("/provider/updates", {"after": after}).status_code == 204


def test_a_list_of_the_lab_learns_nothing_of_the_conversation(cast):
    after = last(cast)
    happen(cast, "conversation.commented", Action.READ_CONVERSATION)

    assert cast.technician.client.get("/lab/updates", {"after": after}).status_code == 204


def test_asking_when_nothing_is_new_is_one_seek(cast, django_assert_num_queries):
    after = last(cast)

    with django_assert_num_queries(1):
        assert queries.case_news(cast.with_every_grant.actor, cast.case, after) == (after, [])


def test_asking_for_a_list_when_nothing_is_new_is_one_seek(cast, django_assert_num_queries):
    newest = happen(cast, "order.moved").pk

    with django_assert_num_queries(1):
        assert not queries.workspace_news(cast.with_every_grant.actor, newest).changed


def test_what_was_looked_at_is_not_looked_at_again_but_for_what_may_still_commit(cast):
    after = last(cast)
    old, young = happen(cast, "order.moved"), happen(cast, "order.moved")
    Event.objects.filter(pk=old.pk).update(at=clock.now() - queries.SETTLED * 2)

    answer = cast.other_provider.client.get("/provider/updates", {"after": after})

    assert answer.status_code == 204
    assert int(answer["Midline-Last"]) == old.pk < young.pk


def test_a_list_learns_that_a_case_it_shows_went_and_nothing_else_of_it(cast):
    """The end of sharing is told to the owner alone; the list that shows the case learns that it is stale."""
    client, after = cast.with_no_grant.client, last(cast)
    about = {"after": after, "cases": cast.case.number, "all": 1}
    assert client.get("/collaborator/updates", about).status_code == 204
    Share.objects.filter(case=cast.case).update(ended_at=clock.now())
    happen(cast, "case.shared", "")

    assert client.get("/collaborator/updates", about).json()["changed"] == ["list"]
    assert client.get("/collaborator/updates", {"after": after}).status_code == 204


def test_a_list_learns_of_a_case_that_came_by_a_share_to_one_self_and_of_no_other_share(cast):
    client, after = cast.with_no_grant.client, last(cast)
    other = make_case(cast.practice, first_name="Other")
    about = {"after": after, "cases": cast.case.number, "all": 1}
    share(other, cast.with_every_grant.collaboration)
    assert client.get("/collaborator/updates", about).status_code == 204

    share(other, cast.with_no_grant.collaboration)

    assert client.get("/collaborator/updates", about).json()["changed"] == ["list"]


@pytest.mark.parametrize("said", ["x", "²,³", "-1", "0104217;drop", "9" * 400, ",".join(["1"] * 900)])
def test_what_a_list_says_it_shows_may_be_anything(cast, said):
    after = last(cast)
    happen(cast, "order.moved")

    assert cast.owner.client.get("/provider/updates", {"after": after, "cases": said, "all": said, "seen": said}).status_code == 200
