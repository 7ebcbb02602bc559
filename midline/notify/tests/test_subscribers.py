"""Who is told of what: one delivery for each person and channel, from the policy alone, never to the person who acted."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from midline.activity.models import Event
from midline.cases import services as cases
from midline.cases.models import CaseType, RecordNeed, Share
from midline.cases.tests.factories import move
from midline.collaboration.models import Collaboration
from midline.collaboration.queries import invitation_link, open_invitations
from midline.collaboration.services import (
    collaboration_leave,
    collaboration_revoke,
    invitation_accept,
    invitation_decline,
    invitation_resend,
    invitation_withdraw,
)
from midline.conversation.models import Comment
from midline.conversation.services import comment_edit
from midline.core.workspace import Workspace
from midline.jobs.models import Job
from midline.notify.models import Delivery
from midline.notify.tests.factories import commented, declined, invited, published, recorded, sent, told
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory

BELL = Delivery.Channel.BELL


def _context(event: Event) -> dict[str, Any]:
    return dict(event.deliveries.order_by("id")[0].context)


def last(kind: str) -> Event:
    return Event.objects.filter(kind=kind).latest("id")


@pytest.fixture
def emails(cast):
    return {name: getattr(cast, name).user.email for name in ("owner", "with_every_grant", "with_no_grant", "technician", "stranger")}


def test_a_published_setup_is_told_once_to_the_provider_and_to_every_collaborator_of_the_case(cast, emails):
    event = published(cast.case, cast.technician.actor)

    wanted = {emails[name]: "setup.ready_for_review" for name in ("owner", "with_every_grant", "with_no_grant")}
    assert told(event) == wanted
    assert told(event, BELL) == wanted
    assert Delivery.objects.filter(event=event).count() == 6
    assert set(Delivery.objects.filter(event=event, address=emails["owner"]).values_list("workspace", flat=True)) == {"provider"}


def test_the_person_who_did_it_is_never_told(cast, emails):
    planner = cast.with_every_grant.actor

    assert emails["with_every_grant"] not in told(published(cast.case, planner))
    assert emails["with_every_grant"] not in told(commented(cast.case, planner))
    assert told(declined(cast.case, cast.owner.actor)) == {}


def test_what_is_rolled_back_is_told_to_nobody(cast):
    with transaction.atomic():
        published(cast.case, cast.technician.actor)
        transaction.set_rollback(True)

    assert not Delivery.objects.filter(kind="setup.ready_for_review").exists()
    assert not Job.objects.filter(kind="notify.send").exists()


def test_a_collaborator_without_the_case_is_not_told(cast, emails):
    cases.case_shares_set(case=cast.case, wanted={cast.with_every_grant.collaboration.pk}, by=cast.owner.actor)

    assert emails["with_no_grant"] not in told(published(cast.case, cast.technician.actor))


def test_a_planning_collaborators_publication_names_them_and_the_labs_names_the_lab(cast, settings):
    settings.MIDLINE_LAB_NAME = "Fjellheim Digital"
    of_lab = published(cast.case, cast.technician.actor)
    of_planner = published(cast.case, cast.with_every_grant.actor, version=2)

    assert {d.context["by"] for d in of_lab.deliveries.all()} == {"Fjellheim Digital"}
    assert {d.context["by"] for d in of_planner.deliveries.all()} == {"Priya Raghunathan"}


def test_ready_and_declined_go_to_the_provider(cast, emails):
    case = move(cast.case, "take", "publish", technician=cast.technician.user)
    cases.ready_mark(case=case, version=1, by=cast.with_no_grant.actor)

    assert told(last("setup.ready")) == {emails["owner"]: "setup.ready_for_approval"}
    assert told(declined(case, cast.with_every_grant.actor)) == {emails["owner"]: "setup.declined"}


def test_a_push_back_goes_to_those_who_evaluate_or_had_marked_and_its_comment_is_not_told_twice(cast, emails):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(evaluates=False)
    case = move(cast.case, "take", "publish", technician=cast.technician.user)
    cases.ready_mark(case=case, version=1, by=cast.with_every_grant.actor)
    cases.ready_push_back(case=case, version=1, by=cast.owner.actor, reason="Look at 13 again.")
    assert told(last("setup.pushed_back")) == {emails["with_every_grant"]: "setup.pushed_back"}

    cases.ready_mark(case=case, version=1, by=cast.with_no_grant.actor)
    cases.ready_push_back(case=case, version=1, by=cast.owner.actor, reason="And at 23.")
    assert set(told(last("setup.pushed_back"))) == {emails["with_every_grant"], emails["with_no_grant"]}


def test_a_comment_is_told_to_everybody_else_of_the_conversation_and_a_mention_instead_of_it(cast, emails):
    event = commented(cast.case, cast.owner.actor, mentions=frozenset({cast.with_no_grant.user.pk, cast.stranger.user.pk}))

    assert told(event) == {emails["with_every_grant"]: "conversation.comment", emails["with_no_grant"]: "conversation.mention"}


def test_records_needed_and_shipped_go_to_provider_and_collaborators(cast, emails):
    order = cast.case.current_order
    cases.records_ask(order=order, by=cast.technician.actor, asks=[cases.Ask("profile", RecordNeed.Kind.UNUSABLE, "Zofia moved.")])
    event = last("records.asked")

    assert set(told(event)) == {emails["owner"], emails["with_every_grant"], emails["with_no_grant"]}
    assert _context(event)["items"] == [["profile", "unusable"]]

    cases.need_answer(order=order, slot="profile", by=cast.owner.actor)
    move(cast.case, "take", "publish", "approve", "start_manufacturing", technician=cast.technician.user)
    cases.order_move(order=order, event="ship", by=cast.technician.actor, tracking="NO 4711", carrier="Posten")
    shipped = last("order.moved")
    assert set(told(shipped).values()) == {"order.shipped"}
    assert _context(shipped)["tracking"] == "NO 4711"


def test_an_order_begun_by_a_collaborator_is_told_to_the_provider_and_its_submission_stands_in_the_bell(cast, emails):
    by = cast.with_every_grant.actor
    order = cases.case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=by, key=uuid4(), values={"arches": "both"})
    assert told(last("order.begun")) == {emails["owner"]: "order.created"}

    cases.order_move(order=order, event="submit", by=by)

    assert told(last("order.moved")) == {}
    assert told(last("order.moved"), BELL) == {emails["owner"]: "order.submitted"}


def test_the_providers_own_orders_are_told_to_nobody(cast):
    cases.case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=uuid4())

    assert told(last("order.begun")) == {}


# --- becoming and ceasing to be a collaborator


def test_a_person_without_an_account_is_asked_to_complete_the_registration(cast):
    invited(cast.owner.actor, "new@example.org")

    event = last("collaboration.added")
    assert told(event) == {"new@example.org": "invitation.register"}
    assert told(event, BELL) == {}
    assert event.deliveries.get().person is None


def test_a_person_with_an_account_is_asked_to_accept_responsibility(cast, emails):
    invited(cast.owner.actor, emails["stranger"])

    event = last("collaboration.added")
    assert told(event) == {emails["stranger"]: "invitation.accept"}
    assert told(event, BELL) == {emails["stranger"]: "invitation.accept"}


def test_an_invitation_sent_again_replaces_the_first_in_the_queue(cast, mailoutbox):
    row = invited(cast.owner.actor, "new@example.org")
    invitation_resend(collaboration=row, by=Actor(cast.owner.user, Workspace.ACCOUNT, cast.owner.actor.provider_id))

    [mail] = sent("new@example.org")

    assert invitation_link(open_invitations().get(collaboration=row)) in mail.body


def test_acceptance_is_told_to_the_provider_and_confirmed_to_the_collaborator(cast, emails):
    row = invited(cast.owner.actor, emails["stranger"])
    token = invitation_link(open_invitations().get(collaboration=row)).rstrip("/").rpartition("/")[2]
    invitation_accept(token=token, by=cast.stranger.user, seen_revision=row.revision, accepts_terms=True)

    assert told(last("collaboration.accepted")) == {emails["owner"]: "invitation.accepted", emails["stranger"]: "collaborator.added"}


def test_a_refusal_is_told_to_the_provider_once(cast, emails):
    row = invited(cast.owner.actor, "new@example.org")
    token = invitation_link(open_invitations().get(collaboration=row)).rstrip("/").rpartition("/")[2]
    invitation_decline(token=token, by=None)

    assert told(last("collaboration.declined")) == {emails["owner"]: "invitation.declined"}
    assert told(last("collaboration.ended")) == {}


def test_a_withdrawn_invitation_is_not_told_and_its_waiting_mail_is_dropped(cast, mailoutbox):
    row = invited(cast.owner.actor, "new@example.org")
    invitation_withdraw(collaboration=row, by=Actor(cast.owner.user, Workspace.ACCOUNT, cast.owner.actor.provider_id))

    assert told(last("collaboration.ended")) == {}
    assert sent("new@example.org") == []


def test_removal_is_told_to_the_collaborator_and_leaving_to_the_provider(cast, emails):
    account = Actor(cast.owner.user, Workspace.ACCOUNT, cast.owner.actor.provider_id)
    collaboration_revoke(collaboration=cast.with_every_grant.collaboration, by=account)
    assert told(last("collaboration.ended")) == {emails["with_every_grant"]: "access.ended"}

    collaboration_leave(collaboration=cast.with_no_grant.collaboration, by=cast.with_no_grant.user)
    assert told(last("collaboration.ended")) == {emails["owner"]: "collaborator.left"}


def test_a_case_shared_later_is_told_to_those_who_got_it(cast, emails):
    Share.objects.filter(collaboration=cast.with_no_grant.collaboration).delete()
    both = {cast.with_every_grant.collaboration.pk, cast.with_no_grant.collaboration.pk}
    cases.case_shares_set(case=cast.case, wanted=both, by=cast.owner.actor)

    assert told(last("case.shared")) == {emails["with_no_grant"]: "case.shared"}


def test_sharing_every_case_is_one_message(cast, emails):
    cases.standing_grant_begin(collaboration=cast.with_no_grant.collaboration, by=cast.owner.actor)

    assert told(last("cases.shared")) == {emails["with_no_grant"]: "cases.shared_all"}


def test_a_collaborator_who_has_not_accepted_is_told_nothing_of_the_cases(cast):
    row = invited(cast.owner.actor, str(UserFactory().email), every_case=True)

    assert row.email not in told(published(cast.case, cast.technician.actor))
    cases.standing_grant_end(collaboration=row, by=cast.owner.actor)
    cases.standing_grant_begin(collaboration=row, by=cast.owner.actor)
    assert row.email not in told(last("cases.shared"))


def test_an_event_that_nobody_is_told_of_writes_nothing(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        recorded("anything.else", case_id=cast.case.pk)


def test_a_name_that_an_edit_adds_is_told_once_and_only_to_who_sees_the_case(cast, emails):
    comment = Comment.objects.get(pk=commented(cast.case, cast.owner.actor).data["comment_id"])
    for mentions in ({cast.with_no_grant.user.pk, cast.stranger.user.pk}, {cast.with_no_grant.user.pk}):
        body = f"Tooth 13 stands out by {len(mentions)} mm."
        comment_edit(comment=comment, by=cast.owner.actor, body=body, mentions=frozenset(mentions))
    first, again = Event.objects.filter(kind="conversation.changed").order_by("pk")

    assert told(first) == {emails["with_no_grant"]: "conversation.mention"}
    assert told(again) == {}
