"""The conversation's pages."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from midline.activity.models import Event
from midline.cases.models import CaseUnread
from midline.collaboration.models import Collaboration
from midline.conversation import mentions, services
from midline.conversation.models import ChangeRequest, Comment, CommentEdit, ReadUpTo
from midline.core import clock

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


def test_a_pin_without_a_place_is_422(cast):
    bad = comment(cast.owner.client, "provider", cast.case, version=1, part="upper-09", point="[1,2]", normal="[0,0,1]", stage=3)

    assert bad.status_code == 422
    assert not Comment.objects.exists()


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


def test_earlier_words_stay_readable_until_the_comment_is_taken_back(cast):
    comment(cast.with_no_grant.client, "collaborator", cast.case)
    pk = Comment.objects.get().pk
    edit = address("collaborator", cast.case, f"comments/{pk}/edit/")
    for body in ("Check 22.", "Check 22.", "Check <23>."):
        cast.with_no_grant.client.post(edit, {"body": body}, **HTMX)
    page = cast.owner.client.get(address("provider", cast.case)).content.decode()

    assert [row.body for row in CommentEdit.objects.all()] == ["Check 21.", "Check 22."]
    assert "Check 21." in page
    assert "Check &lt;23&gt;." in page

    gone = cast.with_no_grant.client.post(address("collaborator", cast.case, f"comments/{pk}/delete/"), **HTMX).content.decode()
    assert not CommentEdit.objects.exists()
    assert "Check 2" not in gone


def test_an_answer_stands_under_the_comment_it_answers_and_an_answer_to_it_too(cast):
    comment(cast.with_no_grant.client, "collaborator", cast.case, body="First.")
    comment(cast.with_every_grant.client, "collaborator", cast.case, body="Between.")
    first = Comment.objects.get(body="First.")
    comment(cast.owner.client, "provider", cast.case, body="Answer.", reply_to=first.pk)
    comment(cast.with_no_grant.client, "collaborator", cast.case, body="And back.", reply_to=Comment.objects.get(body="Answer.").pk)
    page = cast.owner.client.get(address("provider", cast.case)).content.decode()
    at = [page.index(words) for words in ("First.", "Answer.", "And back.", "Between.")]

    assert set(first.replies.values_list("body", flat=True)) == {"Answer.", "And back."}
    assert at == sorted(at)
    assert unread(cast.with_every_grant) == 3


def test_what_is_answered_must_stand_in_this_conversation(cast):
    from midline.cases.tests.factories import make_case

    other = make_case(cast.practice)
    comment(cast.owner.client, "provider", other, body="Elsewhere.")
    there = Comment.objects.get().pk

    assert comment(cast.owner.client, "provider", cast.case, reply_to=there).status_code == 422
    assert comment(cast.owner.client, "provider", cast.case, reply_to="9" * 30).status_code == 422
    assert Comment.objects.count() == 1
    page = cast.owner.client.get(address("provider", cast.case, f"conversation/?reply={there}")).content.decode()
    assert "data-reply-chip hidden" in page


def test_without_scripts_a_reply_begins_on_the_page_of_the_conversation(cast):
    comment(cast.with_no_grant.client, "collaborator", cast.case)
    pk = Comment.objects.get().pk
    page = cast.owner.client.get(address("provider", cast.case, f"conversation/?reply={pk}")).content.decode()

    assert f'name="reply_to" value="{pk}"' in page
    assert "data-reply-chip hidden" not in page


def test_the_longest_name_behind_an_at_is_meant_and_only_whole_names():
    people = {1: "Anna", 2: "Anna Berg", 3: "Bo <b>"}

    assert mentions.mentioned("@Anna Berg, look", people) == {2}
    assert mentions.mentioned("@Anna, look. @Bo <b>", people) == {1, 3}
    assert mentions.mentioned("@Annabel and mail@Anna", people) == frozenset()
    assert mentions.shown("@Bo <b> & <i>", people) == '<bdi class="ml-mention">@Bo &lt;b&gt;</bdi> &amp; &lt;i&gt;'


def test_the_provider_mentions_everybody_who_sees_the_case_and_a_collaborator_nobody_they_have_not_met(cast):
    quiet = cast.with_every_grant.user.name
    owner = cast.owner.client.get(address("provider", cast.case)).content.decode()
    bare = cast.with_no_grant.client.get(address("collaborator", cast.case)).content.decode()

    assert quiet in owner
    assert quiet not in bare
    assert cast.stranger.user.name not in owner
    comment(
        cast.with_no_grant.client, "collaborator", cast.case, body=f"@{quiet} and @{cast.owner.user.name} and @{cast.stranger.user.name}"
    )
    assert Event.objects.get(kind="conversation.commented").data["mentions"] == [cast.owner.user.pk]
    comment(cast.with_every_grant.client, "collaborator", cast.case, body="I am here.")
    assert quiet in cast.with_no_grant.client.get(address("collaborator", cast.case)).content.decode()


def test_days_are_said_in_words(cast):
    comment(cast.owner.client, "provider", cast.case)
    assert ">Today</h2>" in cast.owner.client.get(address("provider", cast.case)).content.decode()
    Comment.objects.update(at=clock.now() - timedelta(days=1))
    assert ">Yesterday</h2>" in cast.owner.client.get(address("provider", cast.case)).content.decode()


def test_a_request_is_one_card_that_follows_its_state_and_the_lab_reads_none_of_the_thread(cast):
    from midline.cases.tests.factories import move

    case = move(cast.case, "take", "publish", technician=cast.technician.user)
    wanted = [services.Wanted(tooth=11, tooth_b=12, movement="ipr", stage=4), services.Wanted(tooth=21, words="Less")]
    request = services.request_propose(case=case, version=1, by=cast.with_no_grant.actor, wanted=wanted, words="", key=uuid4())

    def page() -> str:
        return str(cast.owner.client.get(address("provider", case)).content.decode())

    assert "not sent" in page()
    assert "before stage 4" in page()
    services.requests_send(case=case, version=1, by=cast.owner.actor, wanted=[], words="", ticked=frozenset({request.pk}), key=uuid4())
    assert "sent it to the lab" in page()
    assert page().count(f'id="request-{request.pk}"') == 1
    for n, item in enumerate(request.items.all(), start=1):
        services.item_answer(item=item, answer="done", words="", by=cast.technician.actor)
        assert ("1 of 2 answered" in page()) == (n == 1)
    assert "Answered by the lab" in page()
    assert cast.technician.client.get(address("lab", case)).status_code == 403


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


def edit(person, case, pk: int, body: str, **more):
    url = address(person.actor.workspace, case, f"comments/{pk}/edit/")
    return person.client.post(url, {"key": uuid4(), "body": body, **more}, **HTMX)


def mentioned_in(kind: str) -> list[list[int]]:
    return [event.data["mentions"] for event in Event.objects.filter(kind=kind).order_by("id")]


def test_a_name_added_by_an_edit_is_told_once_and_a_name_said_before_not_again(cast):
    full, bare = cast.with_every_grant.user, cast.with_no_grant.user
    comment(cast.owner.client, "provider", cast.case, body=f"@{full.name}, look.")
    pk = Comment.objects.get().pk
    for body in (
        f"@{full.name} and @{bare.name} and @{cast.stranger.user.name}, look.",
        "Nobody is named.",
        f"@{full.name} and @{bare.name}, look again.",
    ):
        assert edit(cast.owner, cast.case, pk, body).status_code == 200

    assert mentioned_in("conversation.commented") == [[full.pk]]
    assert mentioned_in("conversation.changed") == [[bare.pk], [], []]


def test_who_lost_the_case_is_not_told_by_an_edit(cast):
    bare = cast.with_no_grant
    comment(cast.owner.client, "provider", cast.case, body="Look.")
    Collaboration.objects.filter(pk=bare.collaboration.pk).update(state="ended")
    edit(cast.owner, cast.case, Comment.objects.get().pk, f"@{bare.user.name}, look.")

    assert mentioned_in("conversation.changed") == [[]]


def test_an_edit_sent_twice_counts_once(cast):
    comment(cast.owner.client, "provider", cast.case)
    pk, key = Comment.objects.get().pk, uuid4()
    for body in ("Check 22.", "Check 22.", "Check 23."):
        assert edit(cast.owner, cast.case, pk, body, key=key).status_code == 200

    assert [row.body for row in CommentEdit.objects.all()] == ["Check 21."]
    assert Comment.objects.get().body == "Check 22."


def test_changing_what_was_taken_back_is_409_beside_the_thread_and_taking_it_back_twice_is_harmless(cast):
    comment(cast.owner.client, "provider", cast.case)
    pk = Comment.objects.get().pk
    for _ in range(2):
        assert cast.owner.client.post(address("provider", cast.case, f"comments/{pk}/delete/"), **HTMX).status_code == 200
    late = edit(cast.owner, cast.case, pk, "Check 22.")

    assert late.status_code == 409
    assert "You took this comment back meanwhile" in late.content.decode()
    assert 'id="conversation"' in late.content.decode()
    assert "<html" not in late.content.decode()
    assert Event.objects.filter(kind="conversation.changed").count() == 1


def test_words_that_cannot_stand_come_back_as_they_were_typed(cast):
    comment(cast.owner.client, "provider", cast.case)
    page = edit(cast.owner, cast.case, Comment.objects.get().pk, "x" * 8001).content.decode()

    assert "x" * 8001 in page
    assert "Check 21." in page


def test_the_fields_of_a_pin_are_empty_until_the_viewer_fills_them(cast):
    page = cast.owner.client.get(address("provider", cast.case)).content.decode()

    for name in ("camera", "point", "normal"):
        fields = re.findall(rf'<input type="hidden" name="{name}"[^>]*>', page)
        assert fields
        assert "value=" not in fields[0]


def test_the_provider_reads_with_how_many_they_talk_and_a_collaborator_does_not(cast):
    assert "You and 2 collaborators." in cast.owner.client.get(address("provider", cast.case)).content.decode()
    assert "2 collaborators" not in cast.with_no_grant.client.get(address("collaborator", cast.case)).content.decode()


def test_under_a_day_stands_the_hour_in_the_practices_time_zone(cast):
    cast.practice.time_zone = "Asia/Tokyo"
    cast.practice.save()
    comment(cast.owner.client, "provider", cast.case)
    Comment.objects.update(at=datetime(2026, 1, 14, 16, 5, tzinfo=UTC))
    page = cast.owner.client.get(address("provider", cast.case)).content.decode()

    assert "Thursday 15 January" in page
    assert ">01:05</time>" in page
    assert "01:05 (Asia/Tokyo)" in page


def test_direction_marks_in_words_and_names_stay_where_they_were_written(cast):
    body = "\u202e21 ta kooL\nשלום"
    page = comment(cast.owner.client, "provider", cast.case, body=body).content.decode()

    assert f'dir="auto">{body}</p>' in page
    assert f"<bdi>{cast.owner.user.name}</bdi>" in page


def test_the_key_of_another_writes_nothing(cast):
    key = uuid4()
    assert comment(cast.owner.client, "provider", cast.case, key=key).status_code == 200
    late = comment(cast.with_no_grant.client, "collaborator", cast.case, key=key, body="Mine.")

    assert late.status_code == 422
    assert "This form was sent before." in late.content.decode()
    assert [row.author_id for row in Comment.objects.all()] == [cast.owner.user.pk]


@pytest.mark.parametrize("body", ["x" * 10_000, "\ufdfa" * 8001, "a\0b", "\u202e" * 9000])
def test_words_that_are_too_much_are_422_and_write_nothing(cast, body):
    assert comment(cast.owner.client, "provider", cast.case, body=body).status_code == 422
    assert not Comment.objects.exists()


@pytest.mark.parametrize("camera", ['{"a": "\\u0000"}', '{"a": 1e999}', "[1]", '"x"', '{"a": {"b": 1}}', '{"a": "\\ud800"}', "{", "null"])
def test_a_view_that_cannot_be_kept_writes_no_pin(cast, camera):
    place = {"version": 1, "part": "upper-04", "point": "[1,2,3]", "normal": "[0,0,1]", "stage": 3, "camera": camera}

    assert comment(cast.owner.client, "provider", cast.case, **place).status_code == 422
    assert not Comment.objects.exists()
