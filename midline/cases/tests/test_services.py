"""The life cycle, shares and marks."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from midline.activity.models import Event
from midline.cases import services
from midline.cases.actions import Action
from midline.cases.models import Case, CaseType, CollaborationCount, Order, ProviderCount, RecordNeed, Status
from midline.cases.policies import cases_for, may
from midline.cases.queries import standing_of
from midline.cases.tests.factories import lab_actor, make_case, move
from midline.collaboration.models import Grant
from midline.core.errors import NotAllowedNow
from midline.people.tests.factories import UserFactory


def current_order(case: Case) -> Order:
    return Order.objects.get(pk=case.current_order_id or 0)


def counts(provider_id: int) -> dict[str, int]:
    row = ProviderCount.objects.filter(pk=provider_id).values_list(*Status.values).get()
    return {status: count for status, count in zip(Status.values, row, strict=True) if count}


def test_a_case_walks_from_draft_to_completed_and_the_counters_follow(cast):
    case = move(
        cast.case, "take", "publish", "approve", "start_manufacturing", "ship", "receive", "complete", technician=cast.technician.user
    )

    assert case.status == Status.COMPLETED
    assert case.approved_version == 1
    assert counts(case.provider_id) == {"completed": 1}
    told = Event.objects.filter(case_id=case.pk, kind="order.moved").order_by("id")
    assert [e.data["event"] for e in told] == ["submit", "take", "publish", "approve", "start_manufacturing", "ship", "receive", "complete"]


def test_a_step_that_is_not_open_is_refused_and_changes_nothing(cast):
    with pytest.raises(NotAllowedNow):
        move(cast.case, "approve", technician=cast.technician.user)

    assert Case.objects.get(pk=cast.case.pk).status == Status.SUBMITTED


def test_an_order_on_hold_returns_to_the_state_it_held(cast):
    case = move(cast.case, "take", "publish", "hold", technician=cast.technician.user)
    assert case.status == Status.ON_HOLD

    case = move(case, "resume", technician=cast.technician.user)

    assert (case.status, case.awaiting_version) == (Status.AWAITING_APPROVAL, 1)


def test_only_the_planner_publishes(cast):
    case = move(cast.case, "take", technician=cast.technician.user)

    with pytest.raises(PermissionDenied):
        services.order_move(order=current_order(case), event="publish", by=lab_actor(UserFactory(is_technician=True)), version=1)


def test_records_asked_for_come_back_by_themselves_when_each_is_answered(cast):
    order = cast.case.current_order
    asks = [
        services.Ask("lower_scan", RecordNeed.Kind.MISSING, "The lower scan ends at 36."),
        services.Ask("profile", RecordNeed.Kind.UNUSABLE, "Out of focus."),
    ]
    services.records_ask(order=order, by=cast.technician.actor, asks=asks)
    assert Case.objects.get(pk=cast.case.pk).status_detail == "unusable:profile"

    assert services.need_answer(order=order, slot="profile", by=cast.owner.actor) is False
    assert Case.objects.get(pk=cast.case.pk).status == Status.RECORDS_NEEDED
    assert services.need_answer(order=order, slot="lower_scan", by=cast.owner.actor) is True
    assert Case.objects.get(pk=cast.case.pk).status == Status.SUBMITTED


def test_a_second_open_order_with_setups_is_refused(cast):
    with pytest.raises(NotAllowedNow):
        services.order_begin(case=cast.case, kind=CaseType.REVISION, by=cast.owner.actor, key=uuid4())


def test_beginning_twice_with_one_key_makes_one_case(cast):
    key = uuid4()
    first = services.case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=key)
    second = services.case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=key)

    assert first.pk == second.pk


def test_a_collaborators_new_case_is_shared_with_them_at_once(cast):
    case = make_case(cast.practice, by=cast.with_every_grant.actor)

    assert case in cases_for(cast.with_every_grant.actor)
    assert case not in cases_for(cast.with_no_grant.actor)
    assert case not in cases_for(cast.technician.actor), "the lab sees an order from Submitted on"


def test_a_field_changed_by_somebody_else_meanwhile_is_a_clash_that_writes_nothing(cast):
    case = make_case(cast.practice)
    order = current_order(case)
    services.order_save(order=order, by=cast.owner.actor, values={"complaint": "gap"}, before={"complaint": ""} | {"complaint": None})

    with pytest.raises(services.Clash) as clash:
        services.order_save(
            order=order, by=cast.owner.actor, values={"complaint": "crowding", "notes": "x"}, before={"complaint": None, "notes": None}
        )

    assert clash.value.fields == {"complaint": ("gap", "crowding")}
    order.refresh_from_db()
    assert order.prescription["complaint"] == "gap"
    assert "notes" not in order.prescription


def test_sharing_all_cases_set_wise_and_undoing_it(cast):
    for n in range(3):
        make_case(cast.practice, first_name=f"P{n}")
    bare = cast.with_no_grant.collaboration
    batch = services.cases_share(collaboration=bare, cases=Case.objects.all(), by=cast.owner.actor)

    assert batch.count == 3, "the case shared before is not shared twice"
    assert cases_for(cast.with_no_grant.actor).count() == 4
    assert CollaborationCount.objects.get(collaboration=bare, status="draft").count == 3

    services.shares_undo(batch_id=batch.id, by=cast.owner.actor)

    assert list(cases_for(cast.with_no_grant.actor)) == [cast.case]
    assert CollaborationCount.objects.get(collaboration=bare, status="draft").count == 0


def test_sharing_an_empty_selection_changes_nothing(cast):
    nothing = Case.objects.filter(number__in=[])
    batch = services.cases_share(collaboration=cast.with_no_grant.collaboration, cases=nothing, by=cast.owner.actor)

    assert batch.count == 0
    assert list(cases_for(cast.with_no_grant.actor)) == [cast.case]


def test_sharing_never_reaches_another_providers_cases(cast):
    foreign = make_case(cast.other_provider.user.provider.practices.get())
    services.cases_share(collaboration=cast.with_no_grant.collaboration, cases=Case.objects.all(), by=cast.owner.actor)

    assert foreign not in cases_for(cast.with_no_grant.actor)


def test_what_is_taken_away_under_a_standing_grant_gives_nothing_when_the_grant_ends(cast):
    full = cast.with_every_grant.collaboration
    services.standing_grant_begin(collaboration=full, by=cast.owner.actor)
    other = make_case(cast.practice)
    full.refresh_from_db()
    services.share_withhold(case=other, collaboration=full, withheld={Grant.DOWNLOAD}, by=cast.owner.actor)
    assert may(cast.with_every_grant.actor, Action.VIEW, other)
    assert not may(cast.with_every_grant.actor, Action.DOWNLOAD, other)

    services.standing_grant_end(collaboration=full, by=cast.owner.actor)

    assert other not in cases_for(cast.with_every_grant.actor)
    assert cast.case in cases_for(cast.with_every_grant.actor), "shares made one by one stay"


def test_undoing_a_share_keeps_what_was_taken_away(cast):
    full = cast.with_every_grant.collaboration
    services.standing_grant_begin(collaboration=full, by=cast.owner.actor)
    other = make_case(cast.practice)
    full.refresh_from_db()
    services.share_withhold(case=other, collaboration=full, withheld={Grant.DOWNLOAD}, by=cast.owner.actor)
    batch = services.cases_share(collaboration=full, cases=Case.objects.filter(pk=other.pk), by=cast.owner.actor)

    services.shares_undo(batch_id=batch.id, by=cast.owner.actor)

    assert not may(cast.with_every_grant.actor, Action.DOWNLOAD, other)


def test_a_standing_grant_becomes_single_shares_except_one_case(cast):
    full = cast.with_every_grant.collaboration
    services.standing_grant_begin(collaboration=full, by=cast.owner.actor)
    other = make_case(cast.practice)
    full.refresh_from_db()

    batch = services.standing_grant_to_single(collaboration=full, except_case=cast.case, by=cast.owner.actor)
    assert list(cases_for(cast.with_every_grant.actor)) == [other]

    services.shares_undo(batch_id=batch.id, by=cast.owner.actor)
    assert cases_for(cast.with_every_grant.actor).count() == 2


def test_ready_marks_sum_up_and_a_push_back_takes_them_all(cast):
    case = move(cast.case, "take", "publish", technician=cast.technician.user)
    assert standing_of(case, cast.owner.actor).status == "evaluating"
    services.ready_mark(case=case, version=1, by=cast.with_every_grant.actor)
    assert standing_of(case, cast.owner.actor).status == "evaluating", "one of two is ready"
    services.ready_mark(case=case, version=1, by=cast.with_no_grant.actor)
    assert (standing_of(case, cast.owner.actor).status, standing_of(case, cast.owner.actor).turn) == ("ready", "provider")

    assert services.ready_push_back(case=case, version=1, by=cast.owner.actor, reason="Check 21 again.") == 2

    assert standing_of(case, cast.owner.actor).status == "evaluating"
    assert standing_of(case, cast.with_no_grant.actor).own is True


def test_marking_an_older_version_ready_is_refused(cast):
    case = move(cast.case, "take", "publish", "send_changes", technician=cast.technician.user)
    move(case, "publish", technician=cast.technician.user, version=2)

    with pytest.raises(NotAllowedNow):
        services.ready_mark(case=case, version=1, by=cast.with_no_grant.actor)


def test_an_order_on_hold_is_cancelled_by_whoever_may_cancel_it_where_it_stood(cast):
    early = move(cast.case, "take", "hold", technician=cast.technician.user)
    with pytest.raises(PermissionDenied):
        services.order_move(order=current_order(early), event="cancel", by=cast.technician.actor)
    services.order_move(order=current_order(early), event="cancel", by=cast.owner.actor)

    late = move(
        make_case(cast.practice), "submit", "take", "publish", "approve", "start_manufacturing", "hold", technician=cast.technician.user
    )
    with pytest.raises(PermissionDenied):
        services.order_move(order=current_order(late), event="cancel", by=cast.owner.actor)
    services.order_move(order=current_order(late), event="cancel", by=cast.technician.actor)

    assert Case.objects.get(pk=late.pk).status == Status.CANCELLED


def test_the_key_of_a_form_gives_back_ones_own_draft_and_nobody_elses(cast):
    key = uuid4()
    mine = services.case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=key)

    theirs = services.case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.with_every_grant.actor, key=key)

    assert theirs.case_id != mine.case_id
    assert services.case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=key) == mine
