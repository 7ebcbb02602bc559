"""The queue: leases, fencing, pauses, giving up, keys, and two workers at one table."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from structlog.testing import capture_logs

from midline.core import clock
from midline.jobs import services
from midline.jobs.models import Job, Worker
from midline.jobs.services import LEASE, GiveUp, LeaseLost
from midline.jobs.tests.databases import real_database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def does(monkeypatch):
    """Registers a handler for the time of one test."""

    def register(kind, function):
        monkeypatch.setitem(services.HANDLERS, kind, function)

    return register


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def test_a_job_is_done_once(db, does):
    seen = []
    does("t.work", lambda claim: seen.append(claim.payload))
    job = services.enqueue("t.work", {"n": 1})

    assert services.run_all() == 1
    assert services.run_one() is False
    assert seen == [{"n": 1}]
    assert fresh(job).state == Job.State.DONE


def test_a_job_is_gone_with_the_transaction_that_caused_it(db):
    with transaction.atomic():
        services.enqueue("t.work", {})
        transaction.set_rollback(True)

    assert not Job.objects.exists()


def test_a_job_waits_for_its_time(db, at_noon):
    services.enqueue("t.work", {}, delay=timedelta(minutes=5))

    assert services.claim() is None
    at_noon.shift(timedelta(minutes=5))
    assert services.claim() is not None


def test_a_claimed_job_is_nobody_elses_until_its_lease_has_passed(db, at_noon):
    services.enqueue("t.work", {})
    first = services.claim()
    assert first is not None

    assert services.claim() is None
    at_noon.shift(LEASE)
    second = services.claim()

    assert second is not None
    assert (second.id, second.attempt) == (first.id, 2)


def test_a_beat_keeps_the_lease_and_shows_progress(db, at_noon):
    job = services.enqueue("t.work", {})
    claim = services.claim()
    assert claim is not None
    claim.worker = "host:1"
    at_noon.shift(LEASE - timedelta(seconds=1))

    claim.beat({"files": 12})
    at_noon.shift(LEASE - timedelta(seconds=1))

    assert services.claim() is None
    assert fresh(job).progress == {"files": 12}
    assert Worker.objects.get(name="host:1").seen_at == NOON + LEASE - timedelta(seconds=1)


def test_a_late_worker_can_neither_finish_nor_fail_nor_beat(db, at_noon):
    job = services.enqueue("t.work", {})
    late = services.claim()
    at_noon.shift(LEASE)
    present = services.claim()
    assert late is not None
    assert present is not None

    late.finish()
    late.fail("too late")
    with pytest.raises(LeaseLost):
        late.beat()
    with pytest.raises(LeaseLost), transaction.atomic():
        late.hold()

    assert late.holds() is False
    assert present.holds() is True
    assert (fresh(job).state, fresh(job).error) == (Job.State.RUNNING, "")
    present.finish()
    assert fresh(job).state == Job.State.DONE


def test_a_job_that_loses_its_lease_while_it_works_leaves_the_result_to_the_other(db, does, at_noon):
    def work(claim):
        at_noon.shift(LEASE)
        services.claim()
        claim.beat()

    does("t.work", work)
    job = services.enqueue("t.work", {})

    assert services.run_one() is True
    assert (fresh(job).state, fresh(job).attempts) == (Job.State.RUNNING, 2)


def test_pauses_double_and_end_at_a_quarter_of_an_hour(db, does, at_noon):
    def work(claim):
        raise ConnectionError("The mail server is away.")

    does("t.work", work)
    job = services.enqueue("t.work", {}, max_attempts=100)
    pauses = []
    for _attempt in range(13):
        assert services.run_one() is True
        pauses.append((fresh(job).run_after - clock.now()).total_seconds())
        at_noon.move_to(fresh(job).run_after)

    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-2:] == [900, 900]
    assert fresh(job).error == "ConnectionError: The mail server is away."


def test_after_its_last_attempt_a_job_is_dead_and_can_be_tried_again(db, does, at_noon):
    fails = [True]

    def work(claim):
        if fails[0]:
            raise OSError("no space")

    does("t.work", work)
    job = services.enqueue("t.work", {}, max_attempts=2)
    services.run_one()
    at_noon.shift(timedelta(minutes=1))
    services.run_one()
    assert (fresh(job).state, fresh(job).error) == (Job.State.DEAD, "OSError: no space")
    assert services.run_one() is False

    fails[0] = False
    assert services.retry(fresh(job)) is True
    services.run_one()

    assert (fresh(job).state, fresh(job).error) == (Job.State.DONE, "")


def test_work_that_cannot_succeed_is_given_up_at_once(db, does):
    def work(claim):
        raise GiveUp("This file is no ZIP.")

    does("t.work", work)
    job = services.enqueue("t.work", {})
    services.run_one()

    assert (fresh(job).state, fresh(job).error) == (Job.State.DEAD, "This file is no ZIP.")


def test_a_kind_that_nobody_does_is_given_up_and_says_so(db):
    job = services.enqueue("t.unknown", {})
    services.run_one()

    assert fresh(job).state == Job.State.DEAD
    assert "t.unknown" in fresh(job).error


def test_a_job_whose_worker_died_in_its_last_attempt_is_dead_and_hides_no_other(db, does, at_noon):
    does("t.work", lambda claim: None)
    lost = services.enqueue("t.lost", {}, max_attempts=1)
    services.claim()
    at_noon.shift(LEASE)
    waiting = services.enqueue("t.work", {})

    assert services.run_one() is True

    assert fresh(lost).state == Job.State.DEAD
    assert fresh(lost).lease_until is None
    assert fresh(waiting).state == Job.State.DONE


def test_one_open_job_for_each_key(db, does):
    does("t.work", lambda claim: None)
    first = services.enqueue("t.work", {}, key="once")
    assert services.enqueue("t.work", {}, key="once").pk == first.pk

    services.run_all()

    assert services.enqueue("t.work", {}, key="once").pk != first.pk
    assert Job.objects.count() == 2


def test_a_dead_job_is_not_tried_again_while_an_open_one_of_its_key_does_the_work(db):
    dead = services.enqueue("t.unknown", {}, key="once")
    services.run_one()
    services.enqueue("t.unknown", {}, key="once")

    assert services.retry(fresh(dead)) is False
    assert fresh(dead).state == Job.State.DEAD


def test_an_open_job_is_not_restarted(db):
    job = services.enqueue("t.work", {})
    assert services.retry(job) is False


def test_an_idle_worker_writes_nothing(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert services.claim() is None


@pytest.fixture
def threads_share_a_real_database(tmp_path, transactional_db):
    with real_database(tmp_path):
        yield


def in_threads(count, work):
    """Runs `work` in `count` threads, each with its own connection, and hands on what one of them raised."""

    def run():
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(run) for _n in range(count)]]


def test_two_workers_never_do_the_same_job(does, threads_share_a_real_database):
    done: list[int] = []
    does("t.work", lambda claim: done.append(claim.payload["n"]))
    in_threads(1, lambda: [services.enqueue("t.work", {"n": n}) for n in range(40)])

    in_threads(3, lambda: services.run_all())

    assert sorted(done) == list(range(40))
    [left] = in_threads(1, lambda: list(Job.objects.exclude(state=Job.State.DONE, attempts=1)))
    assert left == []


def test_many_who_enqueue_one_key_at_once_make_one_job(threads_share_a_real_database):
    in_threads(8, lambda: services.enqueue("t.work", {}, key="once"))

    [count] = in_threads(1, lambda: Job.objects.count())
    assert count == 1


def test_the_log_names_the_fault_and_its_place_but_not_what_the_message_holds(db, does):
    def read(claim):
        raise ValueError(claim.payload["file"])

    does("t.work", read)
    job = services.enqueue("t.work", {"file": "wisniewski-lukasz.stl"})

    with capture_logs() as logs:
        services.run_one()

    assert [(line["event"], line["error"]) for line in logs] == [("job_failed", "ValueError")]
    assert "in read" in logs[0]["where"]
    assert "wisniewski" not in str(logs)
    assert "wisniewski" in fresh(job).error
