"""The health page: what it says when each part works and when it does not."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from midline.core import clock
from midline.jobs.models import Worker
from midline.jobs.services import worker_seen


@pytest.fixture
def working(db):
    worker_seen("worker-1")


def test_health_is_fine_when_database_storage_and_worker_work(client, working):
    response = client.get("/healthz")

    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["failing"], body["database"], body["storage"]) == ("ok", [], "ok", "ok")
    assert body["worker"]["status"] == "ok"
    assert 0 <= body["worker"]["age_s"] < 30


def test_health_fails_when_no_worker_was_ever_seen(client, db):
    response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json()["failing"] == ["worker"]
    assert response.json()["worker"] == {"status": "failing", "age_s": None}


def test_health_fails_when_the_latest_worker_is_silent_for_more_than_30_seconds(client, working):
    Worker.objects.update(seen_at=clock.now() - timedelta(seconds=31))

    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["failing"] == ["worker"]
    assert response.json()["worker"]["age_s"] >= 31


def test_one_living_worker_is_enough(client, working):
    worker_seen("worker-2")
    Worker.objects.filter(name="worker-1").update(seen_at=clock.now() - timedelta(hours=1))

    assert client.get("/healthz").status_code == 200


def test_health_fails_when_the_storage_cannot_be_written(client, working, settings, tmp_path):
    settings.MIDLINE_FILES = tmp_path / "a-file"
    settings.MIDLINE_FILES.write_text("not a folder")

    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["failing"] == ["storage"]


def test_health_fails_when_the_database_does_not_answer(client, db):
    def dead(*_arguments):
        raise DatabaseError

    with connection.execute_wrapper(dead):
        response = client.get("/healthz")

    assert response.status_code == 503
    assert response.json()["failing"] == ["database", "worker"]


def test_health_asks_for_no_sign_in_and_tells_nothing_about_people(client, cast):
    body = client.get("/healthz").content.decode()

    assert "Maren" not in body
    assert cast.case.number not in body
