"""Sharing at the same moment as everything that touches the same rows: no deadlock, no drift of counters, one act for one form."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import Error

from midline.cases import services
from midline.cases.models import Case, CaseType, CollaborationCount, Order, ProviderCount, Share, ShareBatch
from midline.cases.tests.factories import case_in, collaborator_actor, make_case
from midline.collaboration.models import Collaboration
from midline.collaboration.services import collaboration_change, collaboration_leave, collaboration_revoke
from midline.collaboration.tests.factories import EVERY_GRANT, CollaborationFactory
from midline.conversation.models import Comment
from midline.conversation.services import comment_add
from midline.core.ids import new_key
from midline.jobs.tests.databases import real_database
from midline.jobs.tests.racing import at_once, look
from midline.orders.services import order_submit

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 6


def again(work: Callable[[int], Any]) -> Callable[[], Any]:
    """The work `ROUNDS` times; a database's error ends it, what a person may be told does not."""

    def rounds() -> None:
        for n in range(ROUNDS):
            try:
                work(n)
            except Error:
                raise
            except Exception:  # noqa: S112 - refusals are right answers here; what counts is what the database says
                continue

    return rounds


def counters() -> list[Any]:
    return [
        *CollaborationCount.objects.exclude(count=0)
        .order_by("collaboration_id", "status")
        .values_list("collaboration_id", "status", "count"),
        *ProviderCount.objects.order_by("pk").values_list(),
    ]


def recounted(provider_id: int) -> list[Any]:
    for collaboration in Collaboration.objects.filter(provider_id=provider_id):
        services.collaboration_recount(collaboration)
    services.provider_recount(provider_id)
    return counters()


def planned_by(planner: Collaboration, case: Case) -> Case:
    """The planning service has taken the case's order: when it loses the case, the order returns to the queue."""
    services.order_move(order=Order.objects.get(pk=case.current_order_id or 0), event="take", by=collaborator_actor(planner))
    return case


@pytest.mark.slow
def test_sharing_revoking_submitting_and_moving_at_once_never_deadlock_and_counters_do_not_drift(cast, tmp_path: Path):
    owner, provider = cast.owner.actor, cast.practice.provider
    planner = CollaborationFactory(provider=provider, every_case=True, **EVERY_GRANT)
    others = [CollaborationFactory(provider=provider, **EVERY_GRANT) for _ in range(ROUNDS)]
    cases = [planned_by(planner, case_in(cast.practice, "submitted", technician=cast.technician.user)) for _ in range(4)]
    drafts = [Order.objects.get(case=make_case(cast.practice, kind=CaseType.RETAINER)) for _ in range(ROUNDS)]
    for draft in drafts:
        draft.prescription = {"arches": "both", "quantity": 1, "source": "scan"}
        draft.save()
    full, bare = cast.with_every_grant.collaboration, cast.with_no_grant.collaboration
    everyone = {full.pk, bare.pk, *(one.pk for one in others)}

    def popover(n: int) -> None:
        services.case_shares_set(case=cases[n % 4], wanted=everyone if n % 2 else set(), by=owner)

    def many(n: int) -> None:
        act = services.cases_unshare if n % 2 else services.cases_share
        batch = act(collaboration=full, cases=Case.objects.all(), by=owner)
        if n % 3 == 0:
            services.shares_undo(batch_id=batch.pk, by=owner)

    def standing(n: int) -> None:
        batch = services.standing_grant_to_single(collaboration=planner, except_case=cases[n % 4], by=owner)
        services.shares_undo(batch_id=batch.pk, by=owner)

    def scope(n: int) -> None:
        settled: dict[str, Any] = {"relation": "mentor", "evaluates": True, "hides_identity": False}
        collaboration_change(collaboration=bare, by=owner, grants=["download"] if n % 2 else [], every_case=bool(n % 2), **settled)

    def ends(n: int) -> None:
        if n % 2:
            collaboration_revoke(collaboration=others[n], by=owner)
        else:
            collaboration_leave(collaboration=others[n], by=others[n].person)

    def submits(n: int) -> None:
        order_submit(order=drafts[n], by=owner, key=new_key(), share_with={full.pk, others[-1].pk})

    def moves(n: int) -> None:
        order = Order.objects.get(pk=cases[n % 4].current_order_id or 0)
        services.order_move(order=order, event="hold" if order.status != "on_hold" else "resume", by=owner)

    def begins(n: int) -> None:
        order = services.case_begin(practice=cast.practice, kind=CaseType.RETAINER, by=collaborator_actor(full), key=new_key())
        if n % 2:
            services.draft_discard(order=order, by=collaborator_actor(full))

    with real_database(tmp_path):
        told = at_once(*(again(work) for work in (popover, many, standing, scope, ends, submits, moves, begins)))
        assert told == [None] * 8
        assert look(counters) == look(lambda: recounted(provider.pk))


def test_a_status_that_moves_while_a_thousand_cases_are_shared_is_counted_once(cast, tmp_path: Path):
    owner, bare = cast.owner.actor, cast.with_no_grant.collaboration
    cases = [case_in(cast.practice, "submitted", technician=cast.technician.user) for _ in range(6)]
    orders = [Order.objects.get(case=case) for case in cases]

    def share() -> None:
        for _n in range(4):
            services.cases_share(collaboration=bare, cases=Case.objects.all(), by=owner)
            services.cases_unshare(collaboration=bare, cases=Case.objects.all(), by=owner)
        services.cases_share(collaboration=bare, cases=Case.objects.all(), by=owner)

    def hold(some: list[Order]) -> Callable[[], None]:
        def work() -> None:
            for order in some:
                services.order_move(order=order, event="hold", by=owner)

        return work

    with real_database(tmp_path):
        assert at_once(share, hold(orders[:3]), hold(orders[3:])) == [None] * 3
        kept = look(counters)
        assert kept == look(lambda: recounted(cast.practice.provider_id))
        assert (bare.pk, "on_hold", 6) in kept


def test_one_form_sent_twice_at_once_is_one_act_and_both_get_its_answer(cast, tmp_path: Path):
    owner, bare = cast.owner.actor, cast.with_no_grant.collaboration
    case = make_case(cast.practice)
    key = [new_key() for _ in range(5)]
    works: list[Callable[[], Any]] = [
        lambda: services.cases_share(collaboration=bare, cases=Case.objects.all(), by=owner, key=key[0]).count,
        lambda: services.case_shares_set(case=case, wanted={bare.pk}, by=owner, key=key[1]).count,
        lambda: services.standing_grant_begin(collaboration=bare, by=owner, key=key[2]).pk,
        lambda: services.case_begin(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.with_every_grant.actor, key=key[3]).pk,
        lambda: comment_add(case=case, by=owner, body="Once", key=key[4]).pk,
    ]
    with real_database(tmp_path):
        for work in works:
            answers = at_once(work, work, work)
            assert len(set(answers)) == 1, answers
            assert not isinstance(answers[0], Exception), answers
        assert look(lambda: Comment.objects.filter(body="Once").count()) == 1
        assert look(lambda: ShareBatch.objects.filter(pk__in=key).count()) == 3
        assert look(lambda: Case.objects.filter(created_by=cast.with_every_grant.user).count()) == 1
        assert look(lambda: Share.objects.filter(case__number=None).count()) == 0
