"""Events are written with their cause and told in a fixed order; what was shown is written down."""

from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import RequestFactory

from midline.activity import services
from midline.activity.events import Happening
from midline.activity.models import Access, Event
from midline.activity.queries import case_events


class Knocked(Happening):
    KIND: ClassVar[str] = "test.knocked"
    READER: ClassVar[str] = "view"


class Whispered(Happening):
    KIND: ClassVar[str] = "test.whispered"
    READER: ClassVar[str] = "read_conversation"


@pytest.fixture
def subscribers(monkeypatch):
    monkeypatch.setattr(services, "SUBSCRIBERS", [])
    return services.SUBSCRIBERS


def knock(cast, **data) -> Event:
    return services.record(
        Knocked(
            by_id=cast.owner.user.pk,
            workspace="provider",
            provider_id=1,
            case_id=cast.case.pk,
            subject_kind="door",
            subject_id=7,
            data=data,
        )
    )


def test_an_event_keeps_who_where_what_and_who_reads_it(cast, subscribers):
    event = Event.objects.get(pk=knock(cast, times=3).pk)

    assert (event.kind, event.reader, event.workspace, event.data) == ("test.knocked", "view", "provider", {"times": 3})
    assert (event.person, event.case_id, event.subject_kind, event.subject_id) == (cast.owner.user, cast.case.pk, "door", 7)


def test_subscribers_hear_of_it_once_each_in_the_order_in_which_they_came(cast, subscribers):
    heard = []

    def first(event, happening):
        heard.append(("first", event.kind, happening.data))

    def second(event, happening):
        heard.append(("second", event.kind, happening.data))

    for subscriber in (first, second, first):
        services.subscribe(subscriber)
    knock(cast, n=1)

    assert heard == [("first", "test.knocked", {"n": 1}), ("second", "test.knocked", {"n": 1})]


def test_a_subscriber_that_fails_takes_the_event_and_its_cause_with_it(cast, subscribers):
    def refuses(event, happening):
        raise RuntimeError("The outbox is full.")

    services.subscribe(refuses)
    with pytest.raises(RuntimeError), transaction.atomic():
        knock(cast)

    assert not Event.objects.filter(kind="test.knocked").exists()


def test_what_a_subscriber_writes_is_gone_with_the_transaction(cast, subscribers):
    def whispers(event, happening):
        if happening.KIND == "test.knocked":
            services.record(Whispered(by_id=None))

    services.subscribe(whispers)
    with transaction.atomic():
        knock(cast)
        assert Event.objects.filter(kind="test.whispered").exists()
        transaction.set_rollback(True)

    assert not Event.objects.filter(kind__startswith="test.").exists()


def test_a_history_holds_only_what_its_reader_may_read_from_where_they_stopped(cast, subscribers):
    first = knock(cast)
    services.record(Whispered(by_id=None, case_id=cast.case.pk))
    third = knock(cast)

    assert list(case_events(cast.case.pk, {"view"}, after=first.pk - 1)) == [first, third]
    assert list(case_events(cast.case.pk, {"view"}, after=first.pk)) == [third]


def test_rooms_above_hear_of_events_in_the_order_of_the_imports():
    rooms = [subscriber.__module__.split(".")[1] for subscriber in services.SUBSCRIBERS]

    assert rooms.index("cases") < rooms.index("notify")


def test_a_request_that_shows_patients_data_is_one_row_with_the_cases_shown(cast):
    request: Any = RequestFactory().get("/provider/orders/", REMOTE_ADDR="192.0.2.7")
    request.user, request.actor = cast.owner.user, cast.owner.actor
    services.record_access(request, "manage_orders", (case for case in [3, 5]))

    row = Access.objects.get()
    assert (row.person, row.workspace, row.view, row.case_ids, row.address) == (
        cast.owner.user,
        "provider",
        "manage_orders",
        [3, 5],
        "192.0.2.7",
    )


def test_nothing_is_shown_to_nobody(db):
    request = RequestFactory().get("/provider/orders/")
    request.user = AnonymousUser()

    with pytest.raises(AttributeError):
        services.record_access(request, "manage_orders", [3])
    assert not Access.objects.exists()
