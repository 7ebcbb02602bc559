"""The figures of practice insights and the cards are right: told again plainly, from the moves themselves, over random worlds.

`plainly` knows nothing of milestones, ranges and indexes: it walks every move of every order and asks of each day in which period it lies.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from statistics import mean, median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from midline.activity import services as activity
from midline.cases.events import OrderMoved
from midline.cases.models import Case, Milestone, Order, ReadyMark, Status
from midline.cases.queries import reach_of
from midline.cases.queries.insights import Figures, Insights, insights_of
from midline.cases.queries.periods import Period, Span, Step, period_before, period_of
from midline.cases.queries.waiting import ready_count, status_counts, waiting_of
from midline.cases.services import provider_recount
from midline.cases.tests.factories import provider_actor, share
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.practices.models import Practice
from midline.practices.tests.factories import PracticeFactory

# --- the periods ----------------------------------------------------------------------------------------------------

DAYS = [
    # span, today, the period, the period before
    ("month", "2026-11-22", "2026-11-01 2026-11-22", "2026-10-01 2026-10-22"),
    ("month", "2026-03-31", "2026-03-01 2026-03-31", "2026-02-01 2026-02-28"),
    ("month", "2028-03-30", "2028-03-01 2028-03-30", "2028-02-01 2028-02-29"),
    ("month", "2026-01-01", "2026-01-01 2026-01-01", "2025-12-01 2025-12-01"),
    ("quarter", "2026-11-22", "2026-10-01 2026-11-22", "2026-07-01 2026-08-22"),
    ("quarter", "2026-05-31", "2026-04-01 2026-05-31", "2026-01-01 2026-02-28"),
    ("quarter", "2026-01-31", "2026-01-01 2026-01-31", "2025-10-01 2025-10-31"),
    ("quarter", "2026-12-31", "2026-10-01 2026-12-31", "2026-07-01 2026-09-30"),
    ("year", "2026-11-22", "2026-01-01 2026-11-22", "2025-01-01 2025-11-22"),
    ("year", "2028-02-29", "2028-01-01 2028-02-29", "2027-01-01 2027-02-28"),
    ("year", "2028-12-31", "2028-01-01 2028-12-31", "2027-01-01 2027-12-31"),
]


def two(words: str) -> tuple[date, date]:
    first, last = words.split()
    return date.fromisoformat(first), date.fromisoformat(last)


@pytest.mark.parametrize(("span", "today", "period", "before"), DAYS)
def test_a_period_goes_against_as_many_months_before_to_the_same_day(span, today, period, before):
    found = period_of(Span(span), date.fromisoformat(today), "Europe/Oslo")
    earlier = period_before(Span(span), found)

    assert (found.begins, found.ends) == two(period)
    assert earlier is not None
    assert (earlier.begins, earlier.ends) == two(before)


def test_before_all_time_there_was_nothing():
    assert period_before(Span.ALL, period_of(Span.ALL, date(2026, 11, 22), "UTC", date(2024, 5, 7))) is None


@pytest.mark.parametrize(
    ("first", "step"),
    [
        ("2026-11-22", Step.MONTH), ("2025-06-01", Step.MONTH), ("2025-05-31", Step.QUARTER),
        ("2021-01-01", Step.QUARTER), ("2020-12-31", Step.YEAR), ("2027-01-01", Step.MONTH),
    ],
)  # fmt: skip
def test_all_time_takes_the_steps_that_fit(first, step):
    found = period_of(Span.ALL, date(2026, 11, 22), "UTC", date.fromisoformat(first))

    assert found.step is step
    assert len(found.steps()) <= 24


@given(st.dates(date(2019, 1, 1), date(2031, 12, 31)), st.sampled_from(list(Span)), st.sampled_from(["Europe/Oslo", "UTC", "Asia/Kolkata"]))
def test_steps_follow_one_another_and_fill_their_period(today, span, zone):
    period = period_of(span, today, zone, date(2018, 3, 9))
    for one in filter(None, (period, period_before(span, period))):
        steps = one.steps()
        assert steps == sorted(set(steps))
        assert steps[0] == one.begins <= steps[-1] <= one.ends
        assert one.starts_s()[0] == one.from_s < one.until_s
        assert all(day.weekday() == 0 for day in steps[1:]) or one.step is not Step.WEEK
        assert all(day.day == 1 for day in steps[1:]) or one.step is Step.WEEK


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_day_is_as_long_as_the_clocks_of_the_practice_make_it(day, hours):
    one = date.fromisoformat(day)
    period = Period(one, one, "Europe/Oslo", Step.WEEK)

    assert period.until_s - period.from_s == hours * 3600


# --- the figures ----------------------------------------------------------------------------------------------------


@dataclass
class Told:
    """One order's moves as they happened, and the practice of its case."""

    practice: int
    moves: list[tuple[datetime, str, str]] = field(default_factory=list)


def life(draw: random.Random, begins: datetime, until: datetime) -> list[tuple[datetime, str, str]]:
    """A random life of an order: (when, event, the status it leads to), cut at `until`."""
    at, moves, state = begins, [(begins, "submit", "submitted")], "submitted"
    onward = {
        "submitted": [("take", "in_production"), ("ask_records", "records_needed")],
        "records_needed": [("records_complete", "submitted"), ("hold", "on_hold")],
        "in_production": [("publish", "awaiting_approval")] * 4 + [("ask_records", "records_needed"), ("hold", "on_hold")],
        "awaiting_approval": [("approve", "approved")] * 3 + [("send_changes", "in_production")] * 2 + [("hold", "on_hold")],
        "on_hold": [("resume", "")],
        "approved": [("start_manufacturing", "in_manufacturing")],
    }
    held = ""
    while state in onward:
        event, target = draw.choice(onward[state])
        at += timedelta(seconds=int(draw.expovariate(1 / (3 * 86_400))))
        if at >= until:
            break
        held = state if event == "hold" else held
        state = held if event == "resume" else target
        moves.append((at, event, state))
    return moves


def lived(practice: Practice, moves: list[tuple[datetime, str, str]]) -> None:
    """A case whose order went through these moves, told to the history as the life cycle tells it."""
    person = practice.provider.person
    case = Case.objects.create(provider=practice.provider, practice=practice, created_by=person, case_type="aligner")
    order = Order.objects.create(case=case, kind="aligner", created_by=person)
    for at, event, to in moves:
        happening = OrderMoved.of(case, None, subject_kind="order", subject_id=order.pk, event=event, to=to)
        with clock.at(at):
            activity.record(happening)


def world(draw: random.Random, practices: list[Practice], now: datetime, orders: int) -> list[Told]:
    """Random orders with their events and milestones, some around midnight, new year and the changes of the clocks."""
    days = [(2026, 1, 1), (2026, 3, 29), (2026, 10, 1), (2026, 10, 26), (2026, 11, 1), (2028, 2, 29)]
    midnights = [datetime(*day, tzinfo=ZoneInfo(practices[0].time_zone)) for day in days]
    found = []
    for n in range(orders):
        practice = draw.choice(practices)
        begins = now - timedelta(seconds=draw.randrange(900 * 86_400))
        if n % 4 == 0:
            begins = draw.choice(midnights).astimezone(UTC) + timedelta(seconds=draw.randrange(-2, 3))
        if begins >= now:
            continue
        moves = life(draw, begins.astimezone(UTC), now)
        lived(practice, moves)
        found.append(Told(practice.pk, moves))
    return found


def plainly(told: list[Told], first: date, last: date, zone: str, practice: int | None) -> dict[str, Any]:
    """The figures from `first` to `last`, both included, by walking every move."""
    submitted, took, rounds, waits, declined = [], [], [], [], 0
    days_of_approval = []
    for order in told:
        if practice not in {None, order.practice}:
            continue
        published, waited, state = 0, timedelta(), ""
        since = begun = order.moves[0][0]
        for at, event, to in order.moves:
            inside = first <= at.astimezone(ZoneInfo(zone)).date() <= last
            if state in {"records_needed", "awaiting_approval"}:
                waited += at - since
            state, since = to, at
            if event == "submit":
                begun = at
                submitted += [at.astimezone(ZoneInfo(zone)).date()] if inside else []
            published += event == "publish"
            declined += event == "send_changes" and inside
            if event == "approve" and inside:
                took.append((at - begun).total_seconds() / 86_400)
                rounds.append(published)
                waits.append(waited.total_seconds() / 86_400)
                days_of_approval.append(at.astimezone(ZoneInfo(zone)).date())
    return {
        "orders": len(submitted),
        "approved": len(took),
        "days_to_approval": median(took) if took else None,
        "setups_per_case": mean(rounds) if rounds else None,
        "first_time": rounds.count(1) / len(rounds) if rounds else None,
        "declined": declined,
        "days_waited": median(waits) if waits else None,
        "submitted": submitted,
        "took": list(zip(days_of_approval, took, strict=True)),
    }


def step_of(day: date, period: Period) -> Any:
    """What calendar week, month, quarter or year a day lies in."""
    return {
        Step.WEEK: day.isocalendar()[:2],
        Step.MONTH: (day.year, day.month),
        Step.QUARTER: (day.year, (day.month - 1) // 3),
        Step.YEAR: day.year,
    }[period.step]


def agree(figures: Figures, plain: dict[str, Any], period: Period) -> None:
    for name in ("orders", "approved", "declined"):
        assert getattr(figures, name) == plain[name], name
    for name in ("days_to_approval", "setups_per_case", "first_time", "days_waited"):
        assert getattr(figures, name) == (plain[name] if plain[name] is None else pytest.approx(plain[name], abs=1e-4)), name
    steps = [step_of(day, period) for day in period.steps()]
    assert len(set(steps)) == len(steps)
    assert list(figures.orders_by_step) == [sum(step_of(day, period) == step for day in plain["submitted"]) for step in steps]
    took = defaultdict(list)
    for day, days in plain["took"]:
        took[step_of(day, period)].append(days)
    expected = [pytest.approx(median(took[step]), abs=1e-4) if took[step] else None for step in steps]
    assert list(figures.days_by_step) == expected


def told_and_read(found: Insights, told: list[Told], zone: str, practice: int | None) -> None:
    agree(found.now, plainly(told, found.period.begins, found.period.ends, zone, practice), found.period)
    if found.period_before and found.before:
        agree(found.before, plainly(told, found.period_before.begins, found.period_before.ends, zone, practice), found.period_before)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_every_figure_is_what_the_moves_say(db, seed):
    draw = random.Random(seed)
    zone = ("Europe/Oslo", "Pacific/Auckland", "America/Los_Angeles")[seed]
    first = PracticeFactory(time_zone=zone)
    second = PracticeFactory(provider=first.provider, position=1, time_zone="UTC")
    now = (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC), datetime(2028, 2, 29, 12, tzinfo=UTC))[seed]
    told = world(draw, [first, second], now, 60)
    world(draw, [PracticeFactory()], now, 5)

    owner = provider_actor(first)
    with clock.at(now):
        for span in Span:
            for practice in (None, first.pk, second.pk):
                told_and_read(insights_of(owner, span, zone, practice), told, zone, practice)
    assert Milestone.objects.count() > 100


def test_a_world_without_orders_has_no_figures_and_fails_nowhere(db):
    practice = PracticeFactory()
    for span in Span:
        found = insights_of(provider_actor(practice), span, practice.time_zone)
        assert (found.now.orders, found.now.days_to_approval, found.now.setups_per_case) == (0, None, None)


@pytest.mark.parametrize("span", ["month", "all"])
def test_figures_are_read_from_the_index_alone_of_the_provider(db, span):
    """Every value stands in the index; where a planner would rather read a small table from end to end, it is told not to."""
    practice = PracticeFactory()
    with CaptureQueriesContext(connection) as captured:
        insights_of(provider_actor(practice), Span(span), "UTC")
    asked = [query["sql"] for query in captured if "took_s" in query["sql"]]
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"{explain} {asked[0]}")
        plan = " ".join(str(row) for row in cursor.fetchall())

    assert len(asked) == 1
    assert "milestone_provider" in plan
    assert "Seq Scan" not in plan
    assert "SCAN cases_milestone" not in plan


def test_midnight_is_that_of_the_first_practice(db):
    practice = PracticeFactory(time_zone="Europe/Oslo")
    oslo = ZoneInfo("Europe/Oslo")
    moments = [datetime.combine(date(2026, 11, 1), time.min, tzinfo=oslo) + timedelta(seconds=n) for n in (-1, 0)]
    for moment in moments:
        lived(practice, [(moment.astimezone(UTC), "submit", "submitted")])
    with clock.at(datetime(2026, 11, 22, 12, tzinfo=UTC)):
        found = insights_of(provider_actor(practice), Span.MONTH, "Europe/Oslo")
        elsewhere = insights_of(provider_actor(practice), Span.MONTH, "UTC")

    assert (found.now.orders, elsewhere.now.orders) == (1, 0)


# --- the cards ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_every_card_is_what_the_cases_say(cast, seed):
    """Statuses, oldest waits, ready marks and counters of a random world, counted again case by case."""
    draw, now = random.Random(seed), clock.now()
    practices = [cast.practice, PracticeFactory(provider=cast.practice.provider, position=1)]
    sees_every_case = [CollaborationFactory(provider=cast.practice.provider, every_case=True)] if seed else []
    rows: list[dict[str, Any]] = []
    for n in range(60):
        status, practice = draw.choice(Status.values), draw.choice(practices)
        since = now - timedelta(seconds=draw.randrange(1, 30 * 86_400))
        detail = draw.choice(["missing:lower_scan", "unusable:2"]) if status == "records_needed" else ""
        case = Case.objects.create(
            provider=practice.provider, practice=practice, created_by=cast.owner.user, status=status, status_detail=detail,
            case_type="aligner", number=Case.number_for(50_000 + n), awaiting_version=1 if status == "awaiting_approval" else None,
        )  # fmt: skip
        order = Order.objects.create(
            case=case, kind="aligner", status=status, created_by=cast.owner.user, status_since=since,
            held_status="in_production" if status == "on_hold" else "",
        )  # fmt: skip
        Case.objects.filter(pk=case.pk).update(current_order=order)
        sharing = set(sees_every_case)
        if draw.random() < 0.5:
            share(case, cast.with_no_grant.collaboration)
            sharing.add(cast.with_no_grant.collaboration)
        marked = {one for one in sharing if draw.random() < 0.6}
        for one in marked:
            ReadyMark.objects.create(case=case, collaboration=one, version=1)
        rows.append({"status": status, "practice": practice.pk, "since": since, "detail": detail, "number": Case.number_for(50_000 + n)})
        rows[-1]["ready"] = status == "awaiting_approval" and bool(sharing) and all(one in marked for one in sharing)
    rows.append({"status": "submitted", "practice": cast.practice.pk, "since": now, "detail": "", "number": "", "ready": False})
    provider_recount(cast.practice.provider_id)

    for practice_id in (None, *(practice.pk for practice in practices)):
        mine = [row for row in rows if practice_id in {None, row["practice"]}]
        found = waiting_of(reach_of(cast.owner.actor), practice_id)
        for card in found.cards:
            stands = [r for r in mine if r["status"] == card.status and r["detail"].startswith("unusable") == card.unusable]
            assert (card.count, card.since) == (len(stands), min((r["since"] for r in stands), default=None))
        assert ready_count(cast.owner.actor, practice_id) == sum(row["ready"] for row in mine)
        counts = status_counts(reach_of(cast.owner.actor), practice_id)
        assert counts == {status: sum(row["status"] == status for row in mine) for status in Status.values}
        waiting = sorted((r for r in mine if r["status"] in {"draft", "records_needed", "awaiting_approval"}), key=lambda r: r["since"])[:5]
        assert [(row.number, since) for row, since in found.longest] == [(r["number"], r["since"]) for r in waiting]
