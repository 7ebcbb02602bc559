"""Live updates: nothing new, news by region, nothing that the reader may not read, nothing after access has ended."""

import pytest
from django.test import Client

from midline.activity.models import Event
from midline.cases.actions import Action
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

    assert client.get(f"/{workspace}/updates", {"after": after}).json() == {"last": event.pk, "changed": ["list"]}


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


def test_asking_for_a_list_is_one_query(cast, django_assert_num_queries):
    happen(cast, "order.moved")

    with django_assert_num_queries(1):
        queries.workspace_news(cast.with_every_grant.actor, 0)
