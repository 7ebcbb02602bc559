"""The conversation's pages."""

import json
from uuid import uuid4

import pytest

from midline.cases.models import CaseUnread
from midline.conversation import services
from midline.conversation.models import ChangeRequest, Comment, ReadUpTo

HTMX = {"HTTP_HX_REQUEST": "true"}


def address(who: str, case, rest: str = "conversation/") -> str:
    return f"/{who}/cases/{case.number}/{rest}"


def comment(client, who: str, case, **more):
    return client.post(address(who, case, "comments/"), {"key": uuid4(), "body": "Check 21.", **more}, **HTMX)


def test_a_comment_shows_at_once_with_name_and_role(cast):
    response = comment(cast.with_no_grant.client, "collaborator", cast.case)

    assert response.status_code == 200
    assert "Check 21." in response.content.decode()
    page = cast.owner.client.get(address("provider", cast.case)).content.decode()
    assert "Jonas Weiß" in page
    assert "New" in page


def unread(person) -> int:
    return sum(CaseUnread.objects.filter(person=person.user).values_list("count", flat=True))


def test_opening_the_page_of_the_conversation_reads_it(cast):
    comment(cast.with_no_grant.client, "collaborator", cast.case)
    assert unread(cast.owner) == 1

    cast.owner.client.get(address("provider", cast.case))

    assert unread(cast.owner) == 0


def test_a_thread_that_is_swapped_in_behind_another_tab_reads_nothing_and_says_how_many_wait(cast):
    comment(cast.with_no_grant.client, "collaborator", cast.case)
    fragment = cast.owner.client.get(address("provider", cast.case), **HTMX).content.decode()

    assert unread(cast.owner) == 1
    assert "1 unread comment" in fragment
    assert f'data-newest="{Comment.objects.get().pk}"' in fragment


def test_saying_what_was_seen_reads_up_to_it_and_leaves_what_came_later(cast):
    comment(cast.with_no_grant.client, "collaborator", cast.case)
    first = Comment.objects.get().pk
    comment(cast.with_every_grant.client, "collaborator", cast.case, body="And 22.")

    answer = cast.owner.client.post(address("provider", cast.case, "conversation/read/"), {"up_to": first})

    assert answer.json() == {"unread": 1}
    assert unread(cast.owner) == 1
    assert cast.owner.client.post(address("provider", cast.case, "conversation/read/"), {"up_to": first + 1}).json() == {"unread": 0}
    assert unread(cast.owner) == 0
    assert cast.owner.client.post(address("provider", cast.case, "conversation/read/"), {"up_to": first}).json() == {"unread": 0}


@pytest.mark.parametrize("up_to", ["", "-1", "first", "9" * 40, "٣"])
def test_what_is_no_comment_reads_nothing(cast, up_to):
    comment(cast.with_no_grant.client, "collaborator", cast.case)

    assert cast.owner.client.post(address("provider", cast.case, "conversation/read/"), {"up_to": up_to}).status_code == 422
    assert unread(cast.owner) == 1


def test_the_lab_and_strangers_mark_nothing_as_read(cast):
    assert cast.technician.client.post(address("lab", cast.case, "conversation/read/"), {"up_to": 1}).status_code == 403
    assert cast.stranger.client.post(address("collaborator", cast.case, "conversation/read/"), {"up_to": 1}).status_code == 404
    assert not ReadUpTo.objects.exists()


def test_the_lab_is_forbidden_and_a_stranger_finds_nothing(cast):
    assert cast.technician.client.get(address("lab", cast.case)).status_code == 403
    assert comment(cast.technician.client, "lab", cast.case).status_code == 403
    assert cast.stranger.client.get(address("collaborator", cast.case)).status_code == 404
    assert comment(cast.other_provider.client, "provider", cast.case).status_code == 404
    assert not Comment.objects.exists()


def test_an_empty_comment_is_422_and_keeps_the_page(cast):
    response = comment(cast.owner.client, "provider", cast.case, body="  ")

    assert response.status_code == 422
    assert "aria-invalid" in response.content.decode()


def test_a_pin_without_a_place_is_422_and_a_good_one_is_kept(cast):
    bad = comment(cast.owner.client, "provider", cast.case, version=1, part="upper-09", point="[1,2]", normal="[0,0,1]", stage=3)
    assert bad.status_code == 422

    place = {"part": "upper-09", "point": json.dumps([1, 2, 3]), "normal": json.dumps([0, 0, 1]), "stage": 3, "view": "front", "tooth": 21}
    good = comment(cast.owner.client, "provider", cast.case, version=1, **place)
    assert good.status_code == 200
    assert Comment.objects.get().pin.part == "upper-09"


def test_markup_in_a_comment_is_shown_as_text(cast):
    response = comment(cast.owner.client, "provider", cast.case, body="<script>alert(1)</script>")

    assert "<script>alert(1)" not in response.content.decode()
    assert "&lt;script&gt;alert(1)" in response.content.decode()


def test_edit_and_delete_are_the_authors(cast):
    comment(cast.with_no_grant.client, "collaborator", cast.case)
    pk = Comment.objects.get().pk
    assert cast.owner.client.post(address("provider", cast.case, f"comments/{pk}/edit/"), {"body": "Mine"}, **HTMX).status_code == 403

    changed = cast.with_no_grant.client.post(address("collaborator", cast.case, f"comments/{pk}/edit/"), {"body": "Check 22."}, **HTMX)
    assert "Check 22." in changed.content.decode()
    gone = cast.with_no_grant.client.post(address("collaborator", cast.case, f"comments/{pk}/delete/"), **HTMX)
    assert "took this comment back" in gone.content.decode()


def test_a_comment_of_another_case_is_not_found_through_this_one(cast):
    comment(cast.owner.client, "provider", cast.case)
    pk = Comment.objects.get().pk

    assert cast.other_provider.client.post(f"/provider/cases/{cast.case.number}/comments/{pk}/delete/").status_code == 404
    assert cast.owner.client.post(address("provider", cast.case, f"comments/{pk + 1}/delete/")).status_code == 404


def test_withdrawing_a_sent_request_is_409(cast):
    from midline.cases.tests.factories import move

    case = move(cast.case, "take", "publish", technician=cast.technician.user)
    wanted = [services.Wanted(tooth=11, words="Less")]
    request = services.request_propose(case=case, version=1, by=cast.with_no_grant.actor, wanted=wanted, words="", key=uuid4())
    ChangeRequest.objects.filter(pk=request.pk).update(state="sent", sent_at=request.at)

    response = cast.with_no_grant.client.post(address("collaborator", case, f"change-requests/{request.pk}/withdraw/"), **HTMX)

    assert response.status_code == 409


@pytest.mark.parametrize("who", ["owner", "with_no_grant"])
def test_the_thread_costs_the_same_however_long_it_is(cast, who, django_assert_max_num_queries):
    person = getattr(cast, who)
    for n in range(30):
        services.comment_add(case=cast.case, by=cast.with_every_grant.actor, body=f"Comment {n}", key=uuid4())
    person.client.get(address(person.actor.workspace, cast.case))

    with django_assert_max_num_queries(40):
        assert person.client.get(address(person.actor.workspace, cast.case)).status_code == 200
