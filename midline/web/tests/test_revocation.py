"""When access ends, everything that was ever reachable is gone at the next request, whatever ended it."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from midline.cases.models import Order, Status
from midline.cases.services import case_shares_set, share_withhold
from midline.cases.tests.test_account_collaborators import change
from midline.collaboration.models import Collaboration, Grant
from midline.collaboration.services.endings import lapse_at
from midline.core import clock
from midline.jobs import services as jobs
from midline.notify.models import Delivery
from midline.notify.tests.factories import published
from midline.web.tests.below_a_case import held_case

TUS = {"Tus-Resumable": "1.0.0"}
# What the collaborator must have got before, so that finding nothing afterwards says something.
GOT = {
    "web:case", "web:case_prescription", "web:case_records", "web:case_setups", "web:case_discussion", "web:case_orders", "web:updates",
    "web:case_history", "conversation:conversation", "records:upload", "records:file", "records:place", "setups:review", "setups:model",
    "setups:picture", "setups:original", "lab:changes", "lab:import", "lab:import_add",
}  # fmt: skip
LISTS = ("/collaborator/cases/", "/collaborator/cases/export.csv", "/account/bell/", "/account/bell/list/")


def revoke(cast) -> None:
    cast.owner.client.post(reverse("cases:account_remove", args=[cast.with_every_grant.collaboration.pk]))


def unshare(cast) -> None:
    case_shares_set(case=cast.case, wanted=set(), by=cast.owner.actor)


def pass_the_end_date(cast) -> None:
    row = cast.with_every_grant.collaboration
    Collaboration.objects.filter(pk=row.pk).update(ends_at=clock.now() - timedelta(seconds=1))


def of(client, path: str, method: str) -> int:
    answer = getattr(client, method)(path, headers=TUS)
    if answer.streaming:
        # Read to its end: the client then closes it without closing the connection of this test's transaction.
        b"".join(answer)
    return int(answer.status_code)


def names_it(cast, path: str) -> bool:
    """Whether this list of the collaborator's holds the case."""
    return cast.case.number.encode() in b"".join(cast.with_every_grant.client.get(path))


@pytest.mark.parametrize("end", [revoke, unshare, pass_the_end_date])
def test_every_address_that_answered_is_404_once_access_has_ended(cast, end):
    held = held_case(cast)
    client, paths = cast.with_every_grant.client, held.paths("collaborator")
    before = {path: of(client, path, "get") for path in paths}
    assert {paths[path] for path, status in before.items() if status == 200} >= GOT
    assert [of(client, path, "head") for path in held.uploads] == [200, 200]
    assert all(names_it(cast, path) for path in LISTS[:2])

    end(cast)

    still = {(method, path): of(client, path, method) for path in paths for method in ("get", "post", "head", "patch", "delete")}
    # What takes no such method at all says so to everybody, before it looks at the address.
    assert {place: status for place, status in still.items() if status not in {404, 405}} == {}
    assert all(still["get", path] == 404 for path, status in before.items() if status == 200)
    assert [path for path in LISTS if names_it(cast, path)] == []


@pytest.mark.parametrize("end", [revoke, unshare, pass_the_end_date])
def test_what_was_queued_for_them_is_dropped(cast, end):
    jobs.run_all()
    mail.outbox.clear()
    for n in range(10):
        published(cast.case, cast.technician.actor, version=n + 1)
    waiting = Delivery.objects.filter(address=cast.with_every_grant.user.email, channel=Delivery.Channel.MAIL, state="queued")
    assert waiting.count() == 10

    end(cast)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        jobs.run_all()

    letters = [letter for letter in mail.outbox if cast.with_every_grant.user.email in letter.to]
    assert not [letter for letter in letters if cast.case.number in f"{letter.body} {letter.subject}"]
    assert not waiting.exists()


def end_of_the_collaboration(cast) -> None:
    pass_the_end_date(cast)
    lapse_at(Collaboration.objects.get(pk=cast.with_every_grant.collaboration.pk))
    jobs.run_all()


def withhold(cast) -> None:
    share_withhold(case=cast.case, collaboration=cast.with_every_grant.collaboration, withheld={Grant.PUBLISH_SETUPS}, by=cast.owner.actor)


def no_longer_grant(cast) -> None:
    row = cast.with_every_grant.collaboration
    change(cast.owner.client, row, download="on")


@pytest.mark.parametrize("end", [revoke, unshare, end_of_the_collaboration, withhold, no_longer_grant])
def test_an_order_that_its_planner_may_not_plan_any_more_returns_to_the_queue(cast, end):
    held = held_case(cast)
    order = Order.objects.get(pk=held.ids["order_id"])
    assert (order.planner, order.status) == (cast.with_every_grant.user, Status.IN_PRODUCTION)

    end(cast)

    order.refresh_from_db()
    assert (order.planner, order.planner_workspace, order.status) == (None, "", Status.SUBMITTED)
    assert cast.technician.client.post(reverse("lab:take", args=["lab", cast.case.number, order.pk])).status_code == 302
    order.refresh_from_db()
    assert order.planner == cast.technician.user


def test_an_order_stays_with_its_planner_while_others_come_and_go(cast):
    held = held_case(cast)
    case_shares_set(case=cast.case, wanted={cast.with_every_grant.collaboration.pk}, by=cast.owner.actor)

    assert Order.objects.get(pk=held.ids["order_id"]).planner == cast.with_every_grant.user
