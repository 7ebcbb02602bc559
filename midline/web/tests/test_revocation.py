"""When access ends, everything that was ever reachable is gone at the next request, whatever ended it."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from midline.cases.models import Order, Share, Status
from midline.cases.services import case_shares_set, share_withhold, standing_grant_begin, standing_grant_end, standing_grant_to_single
from midline.cases.tests.test_account_collaborators.test_changing import change
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
    "setups:picture", "setups:original", "setups:compare", "setups:overlay", "setups:summary", "conversation:file", "lab:changes",
    "lab:import", "lab:import_add", "lab:import_table",
}  # fmt: skip
LISTS = ("/collaborator/cases/", "/collaborator/cases/export.csv", "/account/bell/", "/account/bell/list/")


def revoke(cast) -> None:
    cast.owner.client.post(reverse("cases:account_remove", args=[cast.with_every_grant.collaboration.pk]))


def leave(cast) -> None:
    cast.with_every_grant.client.post(reverse("collaboration:leave", args=[cast.with_every_grant.collaboration.pk]))


def unshare(cast) -> None:
    case_shares_set(case=cast.case, wanted=set(), by=cast.owner.actor)


def pass_the_end_date(cast) -> None:
    row = cast.with_every_grant.collaboration
    Collaboration.objects.filter(pk=row.pk).update(ends_at=clock.now() - timedelta(seconds=1))


def end_the_standing_grant(cast) -> None:
    """The case was seen by the standing grant alone (see `by_standing_grant`)."""
    standing_grant_end(collaboration=cast.with_every_grant.collaboration, by=cast.owner.actor)


def take_out_of_the_standing_grant(cast) -> None:
    row = Collaboration.objects.get(pk=cast.with_every_grant.collaboration.pk)
    standing_grant_to_single(collaboration=row, except_case=cast.case, by=cast.owner.actor)


def by_standing_grant(cast, end) -> None:
    """Before: sees every case and has no share, where that is what ends."""
    if end in {end_the_standing_grant, take_out_of_the_standing_grant}:
        Share.objects.filter(collaboration=cast.with_every_grant.collaboration).delete()
        standing_grant_begin(collaboration=cast.with_every_grant.collaboration, by=cast.owner.actor)


ENDINGS = [revoke, leave, unshare, pass_the_end_date, end_the_standing_grant, take_out_of_the_standing_grant]


def of(client, path: str, method: str) -> int:
    answer = getattr(client, method)(path, headers=TUS)
    if answer.streaming:
        # Read to its end: the client then closes it without closing the connection of this test's transaction.
        b"".join(answer)
    return int(answer.status_code)


# That a case is not shared any more is told with its number, once; it leads to the list.
FAREWELL = re.compile(rb"[^<>]*no longer share[sd][^<>]*")


def names_it(cast, path: str) -> bool:
    """Whether this list of the collaborator's holds the case."""
    return cast.case.number.encode() in FAREWELL.sub(b"", b"".join(cast.with_every_grant.client.get(path)))


@pytest.mark.parametrize("end", ENDINGS)
@pytest.mark.once
def test_every_address_that_answered_is_404_once_access_has_ended(cast, end):
    by_standing_grant(cast, end)
    held = held_case(cast)
    client, paths = cast.with_every_grant.client, held.paths("collaborator")
    before = {path: of(client, path, "get") for path in paths}
    assert {paths[path] for path, status in before.items() if status == 200} >= GOT
    assert [of(client, path, "head") for path in held.uploads] == [200, 200]
    assert all(names_it(cast, path) for path in LISTS[:2])

    end(cast)

    methods = ("get", "post", "head", "patch", "delete") if end is revoke else ("get", "head")
    still = {(method, path): of(client, path, method) for path in paths for method in methods}
    # What takes no such method at all says so to everybody, before it looks at the address.
    assert {place: status for place, status in still.items() if status not in {404, 405}} == {}
    assert all(still["get", path] == 404 for path, status in before.items() if status == 200)
    assert [path for path in LISTS if names_it(cast, path)] == []


LINK = re.compile(r'"((?:/collaborator/|/account/bell/)[^"\\\\\s]*)"')


def crawled(client, *starts: str) -> dict[str, bytes]:
    """Everything that a client finds by following what it is given: address → what it answered with 200."""
    found: dict[str, bytes] = {}
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        response = client.get(path)
        body = b"".join(response)
        found[path] = body if response.status_code == 200 else b""
        if "Location" in response and response["Location"].startswith("/collaborator/"):
            waiting.append(response["Location"])
        if "text" in response["Content-Type"] and "export" not in path:
            waiting += [unescape(link).partition("#")[0] for link in LINK.findall(body.decode())]
    return {path: body for path, body in found.items() if body}


def mailed(cast) -> list[str]:
    """The paths that e-mails to this person led to."""
    bodies = [str(letter.body) for letter in mail.outbox if cast.with_every_grant.user.email in letter.to]
    return [path for body in bodies for path in re.findall(r"https?://[^/\s]+(/collaborator/\S+)", body)]


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("end", ENDINGS)
def test_what_a_client_found_by_following_links_mails_and_the_bell_is_gone(cast, end):
    by_standing_grant(cast, end)
    held_case(cast)
    jobs.run_all()
    client, number = cast.with_every_grant.client, cast.case.number
    before = crawled(client, "/collaborator/", "/collaborator/cases/export.csv", "/account/bell/", *mailed(cast))
    below = {path for path in before if f"/cases/{number}/" in path}
    assert mailed(cast), "an e-mail led to the case"
    assert any("/account/bell/" in path and path.count("/") > 3 for path in before), "and so did the bell"
    assert any(path.endswith(".glb") for path in below), "the viewer's models"
    assert any("/records/" in path for path in below), "pictures of records"
    assert any(f"/{number}/" in path or number.encode() in body for path, body in before.items())

    end(cast)

    assert {path: status for path in below if (status := of(client, path, "get")) != 404} == {}
    assert [path for path in before if path not in below and names_it(cast, path)] == []


@pytest.mark.slow
@pytest.mark.parametrize(("end", "mails"), [(revoke, 100), *((end, 10) for end in ENDINGS if end is not revoke)])
def test_what_was_queued_for_them_is_dropped(cast, end, mails):
    by_standing_grant(cast, end)
    jobs.run_all()
    mail.outbox.clear()
    for n in range(mails):
        published(cast.case, cast.technician.actor, version=n + 1)
    told = Delivery.objects.filter(address=cast.with_every_grant.user.email, kind="setup.ready_for_review")
    waiting = told.filter(channel=Delivery.Channel.MAIL, state="queued")
    assert waiting.count() == mails
    assert names_it(cast, "/account/bell/")

    end(cast)
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        jobs.run_all()

    letters = [letter for letter in mail.outbox if cast.with_every_grant.user.email in letter.to]
    assert not [letter.subject for letter in letters if cast.case.number in letter.subject and "no longer shared" not in letter.subject]
    assert not [letter.subject for letter in letters if f"/cases/{cast.case.number}/" in letter.body]
    assert not waiting.exists()
    assert not names_it(cast, "/account/bell/")


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
