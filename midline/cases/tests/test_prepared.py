"""Statements that are composed once say what the same queryset says, whoever asks and whenever."""

from datetime import UTC, datetime, timedelta

import pytest

from midline.cases.models import Case
from midline.cases.tests.factories import make_case
from midline.core.prepared import MOST, SIZES, Slot, filled_up, is_one_of, prepared, stretches
from midline.practices.tests.factories import PracticeFactory

COLUMNS = ("pk", "status", "created_at", "submitted_at", "practice__name", "provider__person__is_active")


def of_ids(size):
    return Case.objects.filter(is_one_of("pk", "ids", size)).order_by("pk").values_list(*COLUMNS)


@pytest.mark.parametrize("micros", [0, 1, 999_999])
def test_values_are_those_of_the_queryset(db, micros):
    practice = PracticeFactory()
    cases = [make_case(practice) for _ in range(3)]
    moment = datetime(2026, 11, 23, 7, 5, 9, micros, tzinfo=UTC)
    Case.objects.filter(pk=cases[0].pk).update(submitted_at=moment)

    ids = [case.pk for case in cases]
    rows = prepared(("test values", 8), lambda: of_ids(8)).rows(ids=filled_up(ids))
    assert rows == list(Case.objects.filter(pk__in=ids).order_by("pk").values_list(*COLUMNS))
    assert rows[0][3] == moment
    assert [type(value) for value in rows[0]] == [int, str, datetime, datetime, str, bool]


def test_a_statement_takes_new_values_each_time(db):
    practice = PracticeFactory()
    first, second = make_case(practice), make_case(practice)

    def ids(value):
        return prepared("test one", lambda: Case.objects.filter(pk=Slot("pk")).values_list("pk")).rows(pk=value)

    assert (ids(first.pk), ids(second.pk), ids(0)) == ([(first.pk,)], [(second.pk,)], [])
    with pytest.raises(KeyError):
        prepared("test one", Case.objects.none).rows()


def test_what_can_match_nothing_has_no_rows(db):
    assert prepared("test nothing", lambda: Case.objects.none().values_list("pk")).rows() == []


def test_the_oldest_statements_go_first(db, monkeypatch):
    known: dict[tuple[str, int], object] = {}
    monkeypatch.setattr("midline.core.prepared._known", known)
    for number in range(MOST + 3):
        prepared(number, lambda: Case.objects.none().values_list("pk"))
    assert len(known) == MOST
    assert min(key for _vendor, key in known) == 3


@pytest.mark.parametrize("many", [0, 1, 2, 8, 9, 64, 65, 256, 257, 600])
def test_lists_of_ids_take_few_lengths_and_lose_none(many):
    ids = list(range(1, many + 1))
    parts = list(stretches(ids))
    assert [pk for part in parts for pk in part if pk] == ids
    assert {len(part) for part in parts} <= set(SIZES)
    assert [pk for pk in filled_up(ids) if pk] == ids


def test_a_moment_is_a_value_like_any_other(db):
    case = make_case(PracticeFactory())
    now = Case.objects.get(pk=case.pk).created_at

    def since(moment):
        rows = Case.objects.filter(created_at__gte=Slot("since", Case._meta.get_field("created_at"))).values_list("pk")
        return prepared("test since", lambda: rows).rows(since=moment)

    assert since(now) == [(case.pk,)]
    assert since(now + timedelta(microseconds=1)) == []
