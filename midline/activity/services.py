"""Record what happened, in the transaction of its cause."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.http import HttpRequest

from midline.activity.events import Happening
from midline.activity.models import Access, Event, Visit
from midline.activity.queries import accessed_since, newest_event, pages_lately
from midline.core import clock
from midline.core.http import client_address

Subscriber = Callable[[Event, Happening], None]
SUBSCRIBERS: list[Subscriber] = []
# Ranges, thumbnails and repeats of one file by one person within this time are one row.
ONE_LOOK: Final = timedelta(minutes=1)
# A visit ends after so long without a page.
SITTING: Final = timedelta(minutes=30)


def subscribe(subscriber: Subscriber) -> None:
    """Calls `subscriber` at every event from now on, in the same transaction, in the order of subscription."""
    if subscriber not in SUBSCRIBERS:
        SUBSCRIBERS.append(subscriber)


def record(happening: Happening) -> Event:
    """Writes the event and lets the subscribers act, all inside the caller's transaction."""
    event = Event.objects.create(
        kind=happening.KIND,
        at=clock.now(),
        person_id=happening.by_id,
        workspace=happening.workspace,
        provider_id=happening.provider_id,
        case_id=happening.case_id,
        subject_kind=happening.subject_kind,
        subject_id=happening.subject_id,
        reader=happening.READER,
        data=happening.data,
    )
    for subscriber in SUBSCRIBERS:
        subscriber(event, happening)
    return event


def record_access(request: HttpRequest, view: str, case_ids: Iterable[int]) -> None:
    """One row for a request that shows patients' data, committed before the answer is sent."""
    Access.objects.create(
        at=clock.now(),
        person_id=request.actor.user_id,  # type: ignore[attr-defined]
        workspace=request.actor.workspace,  # type: ignore[attr-defined]
        view=view,
        case_ids=list(case_ids),
        address=client_address(request) or None,
    )


def record_file_access(request: HttpRequest, view: str, case_id: int) -> None:
    """One row for all requests of one file by one person within a minute. `view` names the file and not only its kind."""
    person_id, workspace = request.actor.user_id, request.actor.workspace  # type: ignore[attr-defined]
    if not accessed_since(person_id, workspace, view, clock.now() - ONE_LOOK):
        record_access(request, view, [case_id])


@transaction.atomic
def visit_go_on(*, person_id: int, workspace: str) -> Visit:
    """The person looks at the dashboard of this workspace now; `since_at` says until when the visit before lasted.

    A visit ends after 30 minutes without a page: looking again within the same sitting, or after half a day of steady work in it, leaves
    `since_at` as it is, and what was new stays new until the person has been away. Pages are those that showed patients (the access log),
    in this workspace, and its dashboard; of them the newest 200 since the dashboard before are looked at.
    """
    now = clock.now()
    visit, new = Visit.objects.select_for_update().get_or_create(person_id=person_id, workspace=workspace, defaults={"seen_at": now})
    if not new:
        last, since = visit.seen_at, visit.since_at
        for page in [*pages_lately(person_id, workspace, visit.seen_at), now]:
            since, last = last if page - last > SITTING else since, max(page, last)
        if since != visit.since_at:
            visit.since_at, visit.since_event = since, visit.seen_event
    visit.seen_at, visit.seen_event = now, newest_event()
    visit.save()
    return visit
