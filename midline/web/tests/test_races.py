"""Two at once, on real connections: one wins, the other is told that somebody was first, and nothing is half done."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

import pytest
from django.db import connection, connections

from midline.activity.models import Event
from midline.cases.models import Case, CaseType, Order, Share
from midline.cases.services import case_shares_set, order_move
from midline.cases.tests.factories import move
from midline.conversation.models import ChangeRequest
from midline.conversation.services import Wanted
from midline.core.errors import NotAllowedNow
from midline.core.ids import new_key
from midline.core.workspace import Workspace
from midline.jobs.tests.databases import real_database
from midline.orders.services import answers_of, answers_save, order_start
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.setups.models import Decision
from midline.setups.services.decisions import setup_approve, setup_decline
from midline.setups.tests.factories import make_version

pytestmark = pytest.mark.django_db(transaction=True)


CONNECTING = Lock()


def in_a_thread(work: Callable[[], Any], *, ready: Callable[[], Any] = lambda: None) -> Any:
    """The work's result, or the class of what it raised, on a connection of its own.

    Connections are opened one after the other, before anybody is `ready`: what races is the work, not SQLite's first look at a new file.
    """
    with CONNECTING:
        mine = connections.create_connection("default")
        mine.settings_dict = dict(connection.settings_dict)
        connections["default"] = mine
        mine.ensure_connection()
    try:
        ready()
        return work()
    except Exception as raised:
        return type(raised)
    finally:
        mine.close()


def at_once(*works: Callable[[], Any]) -> list[Any]:
    start = Barrier(len(works))

    def one(work: Callable[[], Any]) -> Any:
        return in_a_thread(work, ready=start.wait)

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def look(read: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(in_a_thread, read).result()


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
        told = at_once(approve(cast, awaiting), approve(cast, awaiting))
        assert sorted(told, key=str) == sorted([NotAllowedNow, "approved"], key=str)
        assert look(lambda: list(Decision.objects.values_list("kind", flat=True))) == ["approved"]
        assert look(lambda: Event.objects.filter(kind="setup.approved").count()) == 1


def test_of_approving_and_declining_one_wins_and_the_other_leaves_nothing(cast, awaiting, tmp_path: Path):
    with real_database(tmp_path):
        told = at_once(approve(cast, awaiting), decline(cast, awaiting))
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
        told = at_once(take(cast.technician.actor), take(second))
        assert told.count(NotAllowedNow) == 1, told
        assert look(lambda: Order.objects.get(pk=order.pk).planner_id) in told
        assert look(lambda: Event.objects.filter(kind="order.moved", data__event="take").count()) == 1


def test_two_saves_of_the_popover_leave_each_collaborator_shared_once(cast, tmp_path: Path):
    full, bare = cast.with_every_grant.collaboration.pk, cast.with_no_grant.collaboration.pk

    def save(*wanted: int) -> Callable[[], Any]:
        return lambda: case_shares_set(case=cast.case, wanted=set(wanted), by=cast.owner.actor).count

    with real_database(tmp_path):
        at_once(save(), save())
        told = at_once(save(full, bare), save(full), save(full, bare), save(bare))
        assert all(isinstance(count, int) for count in told), told
        shared = look(lambda: list(Share.objects.filter(case=cast.case, ended_at=None).values_list("collaboration_id", flat=True)))
        assert sorted(shared) in [sorted([full, bare]), [full], [bare]]


def test_answers_of_one_draft_saved_at_once_all_stand(cast, tmp_path: Path):
    order = order_start(practice=cast.practice, kind=CaseType.ALIGNER, by=cast.owner.actor, key=new_key())
    answers = {"first_name": "Łukasz", "last_name": "Wiśniewski", "birth_on": "1991-04-17", "sex": "male", "complaint": "My teeth overlap."}

    def save(name: str) -> Callable[[], Any]:
        def work() -> None:
            fresh = Order.objects.get(pk=order.pk)
            answers_save(order=fresh, by=cast.owner.actor, values={name: answers[name]}, before={name: None}, step=1)

        return work

    with real_database(tmp_path):
        assert at_once(*(save(name) for name in answers)) == [None] * len(answers)
        kept = look(lambda: answers_of(Order.objects.get(pk=order.pk), Case.objects.get(pk=order.case_id)))
    assert {name: kept[name] for name in answers} == answers
