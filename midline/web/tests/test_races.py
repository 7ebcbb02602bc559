"""Two at once, on real connections: one wins, the other is told that somebody was first, and nothing is half done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from midline.activity.models import Event
from midline.cases.models import Case, Order, Share
from midline.cases.services import case_shares_set, order_move
from midline.cases.tests.factories import move
from midline.conversation.models import ChangeRequest
from midline.conversation.services import Wanted
from midline.core.errors import NotAllowedNow
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.jobs.tests.databases import real_database
from midline.jobs.tests.racing import at_once, look
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.setups.models import Decision
from midline.setups.services.decisions import setup_approve, setup_decline
from midline.setups.tests.factories import make_version

pytestmark = pytest.mark.django_db(transaction=True)


def told_at_once(*works: Callable[[], Any]) -> list[Any]:
    """Each work's result, or the class of what it raised."""
    return [type(answer) if isinstance(answer, Exception) else answer for answer in at_once(*works)]


@pytest.fixture
def awaiting(cast):
    case = move(cast.case, "take", technician=cast.technician.user)
    version = make_version(case, cast.technician.user)
    move(case, "publish", technician=cast.technician.user)
    version.refresh_from_db()
    return version


def approve(cast, version) -> Callable[[], Any]:
    return lambda: setup_approve(version=version, by=cast.owner.actor, seen_hash=version.content_hash, key=new_key()).kind


def decline(cast, version) -> Callable[[], Any]:
    line = [Wanted(21, "other", None, "Out")]
    asked = {"seen_hash": version.content_hash, "wanted": line, "words": "", "ticked": frozenset()}
    return lambda: setup_decline(version=version, by=cast.with_every_grant.actor, key=new_key(), **asked).kind


def test_of_two_approvals_one_wins(cast, awaiting, tmp_path: Path):
    with real_database(tmp_path):
        told = told_at_once(approve(cast, awaiting), approve(cast, awaiting))
        assert sorted(told, key=str) == sorted([NotAllowedNow, "approved"], key=str)
        assert look(lambda: list(Decision.objects.values_list("kind", flat=True))) == ["approved"]
        assert look(lambda: Event.objects.filter(kind="setup.approved").count()) == 1


def test_of_approving_and_declining_one_wins_and_the_other_leaves_nothing(cast, awaiting, tmp_path: Path):
    with real_database(tmp_path):
        told = told_at_once(approve(cast, awaiting), decline(cast, awaiting))
        assert told.count(NotAllowedNow) == 1, told
        won = next(word for word in told if word is not NotAllowedNow)
        status, requests = look(lambda: (Case.objects.get(pk=awaiting.case_id).status, ChangeRequest.objects.count()))
        assert (status, requests) == {"approved": ("approved", 0), "declined": ("in_production", 1)}[won]
        assert look(lambda: list(Decision.objects.values_list("kind", flat=True))) == [won]


def test_of_two_who_take_an_order_one_has_it(cast, tmp_path: Path):
    second = Actor(UserFactory(is_technician=True), Workspace.LAB)
    order = Order.objects.get(pk=cast.case.current_order_id)

    def take(by: Actor) -> Callable[[], Any]:
        return lambda: order_move(order=Order.objects.get(pk=order.pk), event="take", by=by).planner_id

    with real_database(tmp_path):
        told = told_at_once(take(cast.technician.actor), take(second))
        assert told.count(NotAllowedNow) == 1, told
        assert look(lambda: Order.objects.get(pk=order.pk).planner_id) in told
        assert look(lambda: Event.objects.filter(kind="order.moved", data__event="take").count()) == 1


def test_two_saves_of_the_popover_leave_each_collaborator_shared_once(cast, tmp_path: Path):
    full, bare = cast.with_every_grant.collaboration.pk, cast.with_no_grant.collaboration.pk

    def save(*wanted: int) -> Callable[[], Any]:
        return lambda: case_shares_set(case=cast.case, wanted=set(wanted), by=cast.owner.actor).count

    with real_database(tmp_path):
        at_once(save(), save())
        told = told_at_once(save(full, bare), save(full), save(full, bare), save(bare))
        assert all(isinstance(count, int) for count in told), told
        shared = look(lambda: list(Share.objects.filter(case=cast.case, ended_at=None).values_list("collaboration_id", flat=True)))
        assert sorted(shared) in [sorted([full, bare]), [full], [bare]]
