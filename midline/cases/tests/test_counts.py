"""Tabs: counters that cost O(grants) always say what a plain recount says."""

import random
from datetime import timedelta
from typing import Any

from midline.cases import services
from midline.cases.models import Case, Group, Order, ProviderCount, Status
from midline.cases.policies import cases_for
from midline.cases.queries import Asked, listed, reach_of, standings
from midline.cases.tests.factories import PATHS, case_in, share
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.practices.tests.factories import PracticeFactory


def recount(actor) -> dict[str, int]:
    """The tabs, counted the plain way: every visible case looked at."""
    cases = list(cases_for(actor).select_related("current_order"))
    closed = sum(case.group is Group.CLOSED for case in cases)
    found = {"": len(cases), "closed": closed, "open": len(cases) - closed}
    if actor.workspace == "collaborator":
        evaluate = sum(standing.own for standing in standings(cases, actor).values())
        return {**found, "evaluate": evaluate, "progress": len(cases) - closed - evaluate}
    action = sum(case.group is Group.ACTION for case in cases)
    return {**found, "action": action, "progress": len(cases) - closed - action}


def test_tabs_equal_a_plain_recount_after_random_moves_and_shares(cast):
    chance = random.Random(7)
    technician, owner = cast.technician.user, cast.owner.actor
    full, bare = cast.with_every_grant.collaboration, cast.with_no_grant.collaboration
    for path in chance.choices(list(PATHS), k=8):
        case_in(cast.practice, path, technician=technician)
    for _step in range(60):
        case = chance.choice(list(Case.objects.filter(provider=cast.practice.provider)))
        act = chance.choice(["move", "move", "move", "share", "unshare", "every", "single", "mark", "take_back", "undo"])
        collaboration = chance.choice([full, bare])
        collaboration.refresh_from_db()
        reader = cast.with_every_grant if collaboration.pk == full.pk else cast.with_no_grant
        try:
            match act:
                case "move":
                    _move(case, chance, cast)
                case "share":
                    batch = services.cases_share(collaboration=collaboration, cases=Case.objects.filter(pk=case.pk), by=owner)
                    if chance.random() < 0.3:
                        services.shares_undo(batch_id=batch.pk, by=owner)
                case "unshare":
                    services.cases_unshare(collaboration=collaboration, cases=Case.objects.filter(pk=case.pk), by=owner)
                case "every":
                    services.standing_grant_begin(collaboration=collaboration, by=owner)
                case "single":
                    services.standing_grant_to_single(collaboration=collaboration, except_case=case, by=owner)
                case "undo":
                    services.shares_undo(batch_id=services.standing_grant_end(collaboration=collaboration, by=owner).pk, by=owner)
                case "mark" if cases_for(reader.actor).filter(pk=case.pk).exists():
                    services.ready_mark(case=case, version=case.awaiting_version or 0, by=reader.actor)
                case "take_back" if cases_for(reader.actor).filter(pk=case.pk).exists():
                    services.ready_take_back(case=case, version=case.awaiting_version or 0, by=reader.actor)
        except NotAllowedNow:
            continue
        for person in (cast.owner, cast.with_every_grant, cast.with_no_grant):
            assert reach_of(person.actor).tab_counts() == recount(person.actor), act


def _move(case: Case, chance: random.Random, cast) -> None:
    order = Order.objects.get(pk=case.current_order_id or 0)
    event, by = chance.choice([
        ("submit", cast.owner), ("take", cast.technician), ("publish", cast.technician), ("approve", cast.owner),
        ("send_changes", cast.owner), ("hold", cast.owner), ("resume", cast.owner), ("cancel", cast.owner), ("hand_over", cast.technician),
    ])  # fmt: skip
    if event == "take" and case.submitted_at is None:
        return
    if event in {"publish", "hand_over"} and case.submitted_at is None:
        return
    version: dict[str, Any] = {"version": case.newest_version + 1} if event == "publish" else {}
    services.order_move(order=order, event=event, by=by.actor, **version)


def test_counts_of_one_provider_are_those_of_its_cases(cast):
    other = PracticeFactory()
    CollaborationFactory(provider=other.provider, person=cast.with_no_grant.user, every_case=True)
    for path in ("awaiting_approval", "completed"):
        case_in(other, path, technician=cast.technician.user)
    reach = reach_of(cast.with_no_grant.actor)

    for provider in (cast.practice.provider_id, other.provider_id):
        counts = reach.tab_counts(provider)
        for tab in ("", "evaluate", "progress", "closed"):
            assert counts[tab] == listed(Asked(provider=provider, group=tab), reach).count(), tab


def test_tabs_cost_the_same_however_many_cases_there_are(cast, django_assert_max_num_queries):
    share(case_in(cast.practice, "awaiting_approval", technician=cast.technician.user), cast.with_no_grant.collaboration)
    with django_assert_max_num_queries(5):
        reach_of(cast.with_no_grant.actor).tab_counts()
    for _n in range(4):
        share(case_in(cast.practice, "awaiting_approval", technician=cast.technician.user), cast.with_no_grant.collaboration)
    with django_assert_max_num_queries(5):
        counts = reach_of(cast.with_no_grant.actor).tab_counts()

    assert counts["evaluate"] == 5


def test_access_past_its_end_counts_nothing(cast):
    Collaboration.objects.filter(pk=cast.with_no_grant.collaboration.pk).update(ends_at=clock.now() - timedelta(minutes=1))

    assert reach_of(cast.with_no_grant.actor).tab_counts()[""] == 0


def test_status_values_are_columns_of_the_counter():
    assert {field.name for field in ProviderCount._meta.fields} >= set(Status.values)
