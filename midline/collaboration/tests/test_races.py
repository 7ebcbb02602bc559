"""Many at once: exactly one answer of an invitation wins. Real threads, real connections, a database of its own on disk."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from midline.collaboration import queries, services
from midline.collaboration.models import Collaboration, Invitation
from midline.core.errors import NotAllowedNow
from midline.core.workspace import Workspace
from midline.people.models import User
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import PracticeFactory

ANSWERS = 50
REGISTRATIONS = 12


@pytest.fixture
def at_once(transactional_db, tmp_path):
    """(run, look): `run` calls functions at the same moment, each on a connection of its own, and gives their results or the class of what
    they raised; `look` reads what is left. The test's SQLite database lives in memory, so the threads work on a copy on disk."""
    path = tmp_path / "race.sqlite3"

    def own_connection() -> None:
        if connection.vendor == "sqlite":
            mine = connections.create_connection("default")
            mine.settings_dict = {**mine.settings_dict, "NAME": str(path)}
            connections["default"] = mine

    def in_thread(work: Callable[[], object]) -> object:
        own_connection()
        try:
            return work()
        except Exception as raised:
            return type(raised)
        finally:
            connection.close()

    def run(works: list[Callable[[], object]]) -> list[object]:
        if connection.vendor == "sqlite":
            with closing(sqlite3.connect(path)) as copy:
                connection.connection.backup(copy)
        start = Barrier(len(works))

        def one(work: Callable[[], object]) -> object:
            start.wait()
            return in_thread(work)

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(one, works))

    def look(read: Callable[[], object]) -> object:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(in_thread, read).result()

    return run, look


def _invited(email="yuki@example.org") -> tuple[Collaboration, str, Actor]:
    provider = PracticeFactory().provider
    by = Actor(provider.person, Workspace.ACCOUNT, provider.pk)
    services.consent_give(by=by, address=None)
    row = services.collaborator_add(by=by, email=email, first_name="Yuki", last_name="Ōtani")
    return row, queries.token_of(Invitation.objects.get(collaboration=row)), by


def test_of_many_parallel_acceptances_exactly_one_wins(at_once):
    run, look = at_once
    _row, token, _by = _invited()
    user = UserFactory(email="yuki@example.org")

    results = run([lambda: services.invitation_accept(token=token, by=user, seen_revision=1, accepts_terms=True).state] * ANSWERS)

    assert Counter(results) == {"active": 1, services.InvitationClosed: ANSWERS - 1}
    assert look(lambda: Invitation.objects.filter(used_at__isnull=False).count()) == 1
    assert look(lambda: Collaboration.objects.get().person_id) == user.pk


def test_of_many_parallel_registrations_exactly_one_makes_the_account(at_once):
    run, look = at_once
    _row, token, _by = _invited()
    given: Any = {"first_name": "Yuki", "last_name": "Ōtani", "language": "en", "numbering": "fdi"}

    def register(n: int) -> Callable[[], object]:
        def work() -> object:
            services.invitation_register(token=token, password=f"password number {n}", seen_revision=1, accepts_terms=True, **given)
            return "made"

        return work

    results = run([register(n) for n in range(REGISTRATIONS)])

    assert results.count("made") == 1
    assert set(results) <= {"made", services.InvitationClosed, NotAllowedNow}
    assert look(lambda: User.objects.filter(email="yuki@example.org").count()) == 1


def test_accepting_and_withdrawing_at_once_leaves_one_of_the_two(at_once):
    run, look = at_once
    row, token, by = _invited()
    user = UserFactory(email="yuki@example.org")

    results = run(
        [
            lambda: services.invitation_accept(token=token, by=user, seen_revision=1, accepts_terms=True).state,
            lambda: services.invitation_withdraw(collaboration=row, by=by).ended,
        ]
    )

    state = look(lambda: Collaboration.objects.get().state)
    assert (state, results) in [("active", ["active", NotAllowedNow]), ("ended", [services.InvitationClosed, "withdrawn"])]


def test_accepting_and_removing_at_once_never_leaves_access(at_once):
    run, look = at_once
    row, token, by = _invited()
    user = UserFactory(email="yuki@example.org")

    results = run(
        [
            lambda: services.invitation_accept(token=token, by=user, seen_revision=1, accepts_terms=True).state,
            lambda: services.collaboration_revoke(collaboration=row, by=by).ended,
        ]
    )

    assert results in [["active", "revoked"], [services.InvitationClosed, "withdrawn"]]
    assert not look(lambda: Collaboration.objects.live().exists())


def test_accepting_and_changing_the_grants_at_once_accepts_only_what_was_shown(at_once):
    run, look = at_once
    row, token, by = _invited()
    user = UserFactory(email="yuki@example.org")

    def change() -> object:
        services.collaboration_change(
            collaboration=row, by=by, relation="mentor", grants=["publish_setups"], evaluates=True, hides_identity=False
        )
        return "changed"

    accepted, changed = run(
        [lambda: services.invitation_accept(token=token, by=user, seen_revision=1, accepts_terms=True).publish_setups, change]
    )

    assert changed == "changed"
    assert accepted in (False, NotAllowedNow)
    assert look(lambda: Collaboration.objects.get().state) == ("invited" if accepted is NotAllowedNow else "active")


def test_the_same_form_sent_many_times_at_once_mails_one_link(at_once):
    run, look = at_once
    _row, _token, by = _invited("somebody@example.org")
    key = uuid4()

    run([lambda: services.collaborator_add(by=by, email="new@example.org", first_name="N", last_name="N", key=key).pk] * 6)

    assert look(lambda: Invitation.objects.filter(email="new@example.org").count()) == 1


def test_inviting_the_same_person_many_times_at_once_makes_one_collaboration(at_once):
    run, look = at_once
    _row, _token, by = _invited("somebody@example.org")

    run([lambda: services.collaborator_add(by=by, email="new@example.org", first_name="N", last_name="N").pk] * 6)

    assert look(lambda: Collaboration.objects.filter(email="new@example.org").count()) == 1


def test_parallel_look_ups_never_pass_thirty(at_once):
    run, _look = at_once
    _row, _token, by = _invited()
    for n in range(26):
        services.person_look_up(by=by, email=f"p{n}@example.org")

    results = run([lambda: services.person_look_up(by=by, email="q@example.org")] * 10)

    assert Counter(results) == {None: 4, services.TooMany: 6}
