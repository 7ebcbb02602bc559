"""Comments, unread counts and change requests."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from midline.activity.models import Event
from midline.cases.models import Case, CaseUnread, Status
from midline.cases.tests.factories import move
from midline.conversation import queries, services
from midline.conversation.models import ChangeItem, ChangeRequest, Comment
from midline.core.errors import NotAllowedNow, Refused

LINE = services.Wanted(tooth=21, movement="rotate_mesial", amount=Decimal("3.0"), words="Less overlap.")


@pytest.fixture
def awaiting(cast) -> Case:
    return move(cast.case, "take", "publish", technician=cast.technician.user)


def unread(person) -> int:
    return sum(CaseUnread.objects.filter(person=person.user).values_list("count", flat=True))


def test_a_comment_sent_twice_stands_once_and_counts_once(cast):
    key = uuid4()
    for _ in range(2):
        services.comment_add(case=cast.case, by=cast.with_no_grant.actor, body="Check 21.", key=key)

    assert Comment.objects.count() == 1
    assert (unread(cast.owner), unread(cast.with_every_grant), unread(cast.with_no_grant), unread(cast.technician)) == (1, 1, 0, 0)


def test_reading_the_conversation_leaves_nothing_unread(cast):
    services.comment_add(case=cast.case, by=cast.owner.actor, body="Look at 21.", key=uuid4())
    services.conversation_read(case=cast.case, by=cast.with_no_grant.actor)

    assert (unread(cast.with_no_grant), unread(cast.with_every_grant)) == (0, 1)


def test_the_lab_neither_reads_nor_writes_the_conversation(cast):
    services.comment_add(case=cast.case, by=cast.owner.actor, body="Between us.", key=uuid4())

    assert not queries.thread(cast.case, cast.technician.actor).exists()
    assert not queries.thread(cast.case, cast.stranger.actor).exists()
    assert queries.thread(cast.case, cast.with_no_grant.actor).count() == 1
    with pytest.raises(PermissionDenied):
        services.comment_add(case=cast.case, by=cast.technician.actor, body="Hello", key=uuid4())


def test_an_empty_comment_is_refused_with_a_remedy(cast):
    with pytest.raises(Refused) as refused:
        services.comment_add(case=cast.case, by=cast.owner.actor, body="  \n", key=uuid4())

    assert refused.value.field == "body"


def test_a_pin_that_is_no_place_is_refused(cast):
    Case.objects.filter(pk=cast.case.pk).update(newest_version=1)
    nowhere = services.PinAt(part="upper-09", point=(float("nan"), 0.0, 0.0), normal=(0.0, 0.0, 1.0), stage=8)
    with pytest.raises(Refused):
        services.comment_add(case=cast.case, by=cast.owner.actor, body="Here.", key=uuid4(), version=1, pin=nowhere)
    assert not Comment.objects.exists()


def test_only_the_author_edits_and_deletes_and_both_leave_a_trace(cast):
    comment = services.comment_add(case=cast.case, by=cast.with_no_grant.actor, body="Chekc 21.", key=uuid4())
    with pytest.raises(PermissionDenied):
        services.comment_edit(comment=comment, by=cast.owner.actor, body="Mine now.")

    edited = services.comment_edit(comment=comment, by=cast.with_no_grant.actor, body="Check 21.")
    assert edited.edited_at is not None
    gone = services.comment_delete(comment=comment, by=cast.with_no_grant.actor)
    assert (gone.body, gone.deleted_at is not None) == ("", True)
    assert Comment.objects.filter(pk=comment.pk).exists()


def test_a_proposed_request_changes_no_status_and_is_hidden_from_the_lab(cast, awaiting):
    services.request_propose(case=awaiting, version=1, by=cast.with_no_grant.actor, wanted=[LINE], words="", key=uuid4())

    assert Case.objects.get(pk=awaiting.pk).status == Status.AWAITING_APPROVAL
    assert queries.change_requests(awaiting, cast.owner.actor).count() == 1
    assert queries.change_requests(awaiting, cast.technician.actor).count() == 0


def test_sending_takes_the_ticked_proposals_along_and_returns_the_order_to_production(cast, awaiting):
    proposed = services.request_propose(case=awaiting, version=1, by=cast.with_no_grant.actor, wanted=[LINE], words="", key=uuid4())
    left = services.request_propose(case=awaiting, version=1, by=cast.with_no_grant.actor, wanted=[LINE], words="", key=uuid4())
    sent, joined = services.requests_send(
        case=awaiting,
        version=1,
        by=cast.with_every_grant.actor,
        wanted=[],
        words="Too much IPR.",
        ticked=frozenset({proposed.pk}),
        key=uuid4(),
    )

    case = Case.objects.get(pk=awaiting.pk)
    assert (case.status, case.status_detail, joined) == (Status.IN_PRODUCTION, "changes", False)
    assert {r.pk for r in queries.change_requests(case, cast.technician.actor)} == {r.pk for r in sent} >= {proposed.pk}
    left.refresh_from_db()
    assert left.state == ChangeRequest.State.PROPOSED


def test_a_further_request_joins_while_the_lab_works(cast, awaiting):
    send = {"case": awaiting, "version": 1, "wanted": [LINE], "words": "", "ticked": frozenset()}
    services.requests_send(by=cast.owner.actor, key=uuid4(), **send)
    _sent, joined = services.requests_send(by=cast.with_every_grant.actor, key=uuid4(), **send)

    assert joined
    assert Event.objects.filter(kind="order.moved", data__event="send_changes").count() == 1


def test_without_the_grant_nothing_is_sent_to_the_lab(cast, awaiting):
    with pytest.raises(PermissionDenied):
        services.requests_send(
            case=awaiting, version=1, by=cast.with_no_grant.actor, wanted=[LINE], words="", ticked=frozenset(), key=uuid4()
        )

    assert Case.objects.get(pk=awaiting.pk).status == Status.AWAITING_APPROVAL


def test_the_lab_answers_a_sent_line_and_must_say_why_not(cast, awaiting):
    sent, _joined = services.requests_send(
        case=awaiting, version=1, by=cast.owner.actor, wanted=[LINE], words="", ticked=frozenset(), key=uuid4()
    )
    item = ChangeItem.objects.get(request=sent[0])
    with pytest.raises(Refused):
        services.item_answer(item=item, answer="not_possible", words="", by=cast.technician.actor)
    with pytest.raises(PermissionDenied):
        services.item_answer(item=item, answer="done", words="", by=cast.owner.actor)

    services.item_answer(item=item, answer="done", words="", by=cast.technician.actor)
    assert not queries.open_items(awaiting).exists()


@pytest.mark.parametrize(
    "line",
    [services.Wanted(tooth=99), services.Wanted(movement="sideways"), services.Wanted(tooth=11, amount=Decimal(-1)), services.Wanted()],
)
def test_a_line_that_means_nothing_is_refused(cast, awaiting, line):
    with pytest.raises(Refused):
        services.request_propose(case=awaiting, version=1, by=cast.owner.actor, wanted=[line], words="", key=uuid4())

    assert not ChangeRequest.objects.exists()


def test_a_request_for_a_replaced_version_is_refused(cast, awaiting):
    move(awaiting, "send_changes", technician=cast.technician.user)
    move(awaiting, "publish", technician=cast.technician.user, version=2)

    with pytest.raises(NotAllowedNow):
        services.requests_send(case=awaiting, version=1, by=cast.owner.actor, wanted=[LINE], words="", ticked=frozenset(), key=uuid4())
