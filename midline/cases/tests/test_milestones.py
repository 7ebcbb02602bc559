"""Milestones: what an order reached, when, after how many setups and how long a wait; in the transaction of the move."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from midline.cases import services
from midline.cases.models import Case, CaseType, Milestone, Order
from midline.cases.tests.factories import make_case, move, provider_actor
from midline.core import clock
from midline.core.ids import new_key

BEGAN = datetime(2026, 10, 1, 9, tzinfo=UTC)
DAY_S = 86_400


def walk(cast, case: Case, *moves: tuple[float, str]) -> None:
    """Moves the order `days` after BEGAN, each by whoever does it first in life; a version is one more than the newest."""
    for days, event in moves:
        with clock.at(BEGAN + timedelta(days=days)):
            version = Case.objects.get(pk=case.pk).newest_version + 1
            move(case, event, technician=cast.technician.user, version=version)


def told(case: Case) -> list[tuple[str, int, float, float, float]]:
    rows = Milestone.objects.filter(case=case).order_by("id").values_list("kind", "round", "at_s", "took_s", "waited_s")
    begun = int(BEGAN.timestamp())
    return [(kind, n, (at - begun) / DAY_S, took / DAY_S, waited / DAY_S) for kind, n, at, took, waited in rows]


LIFE = ((0, "submit"), (1, "take"), (3, "publish"), (7, "send_changes"), (9, "publish"), (10, "hold"), (15, "resume"), (17, "approve"))


def test_an_order_tells_when_it_was_submitted_sent_back_and_approved(cast):
    case = make_case(cast.practice)
    walk(cast, case, *LIFE)

    assert told(case) == [("submitted", 0, 0, 0, 0), ("declined", 1, 7, 7, 4), ("approved", 2, 17, 17, 4 + 1 + 2)]


def test_records_asked_for_are_waited_for_and_work_of_the_lab_is_not(cast):
    case = make_case(cast.practice)
    walk(cast, case, (0, "submit"), (1, "ask_records"), (4, "records_complete"), (5, "take"), (8, "publish"), (9, "approve"))

    assert told(case)[-1] == ("approved", 1, 9, 9, 3 + 1)


def test_orders_of_one_case_are_told_apart(cast):
    case = make_case(cast.practice)
    walk(cast, case, *LIFE, (18, "start_manufacturing"), (20, "ship"), (21, "receive"), (22, "complete"))
    with clock.at(BEGAN + timedelta(days=30)):
        services.order_begin(case=case, kind=CaseType.REVISION, by=provider_actor(cast.practice), key=new_key())
    walk(cast, case, (31, "submit"), (32, "take"), (33, "publish"), (34, "approve"))

    assert told(case)[-2:] == [("submitted", 0, 31, 0, 0), ("approved", 1, 34, 3, 1)]


def test_a_move_that_is_undone_leaves_no_milestone(cast):
    case = make_case(cast.practice)
    with transaction.atomic():
        move(case, "submit", technician=cast.technician.user)
        transaction.set_rollback(True)

    assert told(case) == []


def test_other_moves_cost_nothing_and_a_milestone_few_statements(cast):
    with CaptureQueriesContext(connection) as taken:
        services.order_move(order=cast.case.current_order, event="take", by=cast.technician.actor)
    order = Order.objects.get(case=make_case(cast.practice))
    with CaptureQueriesContext(connection) as submitted:
        services.order_move(order=order, event="submit", by=cast.owner.actor)

    assert [q for q in taken if "milestone" in q["sql"]] == []
    assert len([q for q in submitted if "cases_milestone" in q["sql"]]) == 2


def test_the_migration_tells_the_same_of_orders_that_were_there_before(cast):
    for _n in range(3):
        walk(cast, make_case(cast.practice), *LIFE)
    columns = ("order_id", "case_id", "provider_id", "kind", "round", "at_s", "took_s", "waited_s")
    written = sorted(Milestone.objects.values_list(*columns))
    Milestone.objects.all().delete()

    migration = import_module("midline.cases.migrations.0009_milestones")
    migration.milestones_told(apps, None)
    migration.milestones_told(apps, None)

    assert len(written) == 10
    assert sorted(Milestone.objects.values_list(*columns)) == written
