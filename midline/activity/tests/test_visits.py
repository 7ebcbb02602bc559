"""A visit ends after 30 minutes without a page; until then its dashboard tells what happened since the visit before."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model

from midline.activity.models import Access, Event, Visit
from midline.activity.services import visit_go_on
from midline.core import clock

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
People = get_user_model()


def somebody():
    return People.objects.create(email=f"p{People.objects.count()}@midline.example")


def look(person, moment: datetime, workspace: str = "provider") -> Visit:
    with clock.at(moment):
        return visit_go_on(person_id=person.pk, workspace=workspace)


def page(person, moment: datetime, workspace: str = "provider") -> None:
    Access.objects.create(at=moment, person=person, workspace=workspace, view="case", case_ids=[])


def test_the_first_visit_has_none_before_it(db):
    assert look(somebody(), FRIDAY).since_at is None


def test_looking_again_within_the_sitting_keeps_what_is_new(db):
    person, monday = somebody(), FRIDAY + timedelta(days=3)
    look(person, FRIDAY)

    assert [look(person, monday + n * 29 * MINUTE).since_at for n in range(4)] == [FRIDAY] * 4


def test_after_half_an_hour_without_a_page_it_is_another_visit(db):
    person = somebody()
    look(person, FRIDAY)

    assert look(person, FRIDAY + 30 * MINUTE).since_at is None
    assert look(person, FRIDAY + 61 * MINUTE).since_at == FRIDAY + 30 * MINUTE


def test_work_on_other_pages_belongs_to_the_visit(db):
    person, monday = somebody(), FRIDAY + timedelta(days=3)
    look(person, FRIDAY)
    for n in range(1, 9):
        page(person, FRIDAY + n * 20 * MINUTE)
    for n in range(20):
        page(person, monday + n * 25 * MINUTE)

    assert look(person, monday + 490 * MINUTE).since_at == FRIDAY + 160 * MINUTE


def test_a_long_sitting_that_never_paused_is_one_visit(db):
    person = somebody()
    look(person, FRIDAY)
    for n in range(1, 60):
        page(person, FRIDAY + n * 10 * MINUTE)

    assert look(person, FRIDAY + 600 * MINUTE).since_at is None


def test_workspaces_and_people_are_told_apart(db):
    person, other, monday = somebody(), somebody(), FRIDAY + timedelta(days=3)
    look(person, FRIDAY)
    look(person, FRIDAY, "lab")
    page(person, monday, "lab")
    page(other, monday)

    assert look(person, monday + MINUTE).since_at == FRIDAY
    assert look(person, monday + MINUTE, "lab").since_at == FRIDAY
    assert look(other, monday + MINUTE).since_at is None


def test_a_clock_that_goes_back_ends_no_visit(db):
    person = somebody()
    look(person, FRIDAY)

    assert look(person, FRIDAY - timedelta(days=1)).since_at is None


def test_nothing_older_than_the_dashboard_before_is_looked_through(db):
    person = somebody()
    old = Event.objects.create(kind="x", at=FRIDAY)
    look(person, FRIDAY)
    Event.objects.create(kind="x", at=FRIDAY + MINUTE)

    assert look(person, FRIDAY + timedelta(days=1)).since_event == old.pk
