"""Work that comes round, and the sweeps of this room."""

import io
import os
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from midline.core import clock, orphans
from midline.core.storage import DiskStore, files
from midline.jobs import schedule, services
from midline.jobs.models import Job, Worker

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def only_round(monkeypatch):
    seen = []
    monkeypatch.setattr(schedule, "ROUNDS", {"t.round": 600})
    monkeypatch.setitem(services.HANDLERS, "t.round", lambda claim: seen.append(clock.now()))
    return seen


def test_a_round_comes_once_in_each_span_whoever_asks(db, at_noon, only_round):
    assert schedule.enqueue_rounds() == 1
    assert schedule.enqueue_rounds() == 0
    services.run_all()
    assert schedule.enqueue_rounds() == 0

    at_noon.shift(timedelta(minutes=10))
    assert schedule.enqueue_rounds() == 1
    services.run_all()

    assert only_round == [NOON, NOON + timedelta(minutes=10)]


def test_a_round_that_still_waits_stands_for_the_next_one(db, at_noon, only_round):
    schedule.enqueue_rounds()
    at_noon.shift(timedelta(hours=1))
    schedule.enqueue_rounds()

    assert services.run_all() == 1


def test_a_round_cannot_come_every_no_time():
    with pytest.raises(ValueError, match="cannot come round"):
        schedule.every("t.round", seconds=0)


def test_the_sweep_takes_jobs_done_long_ago_and_leaves_what_was_given_up(db, at_noon):
    def finished(kind, state, ago):
        moment = clock.now() - ago
        return Job.objects.create(kind=kind, state=state, run_after=moment, created_at=moment, finished_at=moment)

    old = finished("t.work", Job.State.DONE, timedelta(days=31))
    recent = finished("t.work", Job.State.DONE, timedelta(days=29))
    dead = finished("t.work", Job.State.DEAD, timedelta(days=300))
    a_round = finished("jobs.sweep", Job.State.DONE, timedelta(days=4))
    services.worker_seen("host:1")
    Worker.objects.update(seen_at=clock.now() - timedelta(days=2))
    services.enqueue("jobs.sweep", {})
    services.run_all()

    left = set(Job.objects.filter(kind__in=["t.work", "jobs.sweep"]).values_list("pk", flat=True))
    assert {recent.pk, dead.pk} <= left
    assert not {old.pk, a_round.pk} & left
    assert not Worker.objects.exists()


def _stored(text: str, *, days_ago: float) -> str:
    store = files()
    assert isinstance(store, DiskStore)
    key = store.store(io.BytesIO(text.encode())).key
    moment = clock.now().timestamp() - days_ago * 86_400
    os.utime(store.path(key), (moment, moment))
    return key


def test_files_that_no_row_names_are_deleted_after_a_day(db, monkeypatch, settings):
    settings.MIDLINE_ROOMS_WITH_FILES = ("records",)
    named, orphan, young = _stored("named", days_ago=9), _stored("orphan", days_ago=9), _stored("young", days_ago=0.5)
    monkeypatch.setattr(orphans, "_NAMED", {"records": lambda keys: [key for key in keys if key == named]})
    job = services.enqueue("jobs.orphans", {})
    services.run_all()

    assert Job.objects.get(pk=job.pk).progress == {"deleted": 1}
    assert [files().exists(key) for key in (named, orphan, young)] == [True, False, True]


def test_nothing_is_deleted_while_a_room_that_keeps_files_has_not_spoken(monkeypatch, settings):
    settings.MIDLINE_ROOMS_WITH_FILES = ("records", "setups")
    orphan = _stored("orphan", days_ago=9)
    monkeypatch.setattr(orphans, "_NAMED", {"setups": lambda keys: []})

    assert orphans.sweep() == 0
    assert files().exists(orphan)


def test_bytes_stored_again_while_the_sweep_looks_are_kept(monkeypatch, settings):
    settings.MIDLINE_ROOMS_WITH_FILES = ("records",)
    key = _stored("again", days_ago=9)

    def named(keys):
        files().store(io.BytesIO(b"again"))
        return []

    monkeypatch.setattr(orphans, "_NAMED", {"records": named})

    assert orphans.sweep() == 0
    assert files().exists(key)


def test_every_round_of_the_product_has_somebody_who_does_it():
    assert {"jobs.sweep", "jobs.orphans", "notify.daily", "notify.ends_soon"} <= schedule.ROUNDS.keys() <= services.HANDLERS.keys()


def test_every_room_that_keeps_files_has_said_which():
    assert orphans.silent_rooms() == set()


@pytest.mark.django_db
def test_sqlite_is_told_how_its_tables_look():
    services.enqueue("jobs.statistics", {})

    assert services.run_one(["jobs.statistics"])

    assert Job.objects.get(kind="jobs.statistics").state == Job.State.DONE
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_stat1")
            assert cursor.fetchone()[0] > 0
