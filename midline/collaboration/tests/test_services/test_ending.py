"""Declining, ending and looking people up, each rule by its sentence."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from midline.activity.models import Event
from midline.collaboration import queries, services
from midline.collaboration.models import Collaboration, Invitation
from midline.collaboration.tests.factories import CollaborationFactory
from midline.collaboration.tests.test_services.steps import acting, add, kinds, link
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.jobs.services import run_all
from midline.people.tests.factories import UserFactory
from midline.practices.tests.factories import PracticeFactory

pytestmark = pytest.mark.django_db


def test_declining_ends_it_with_the_reason(provider):
    person = UserFactory(email="yuki.otani@example.org")
    row = add(provider)

    services.invitation_decline(token=link(row), by=person, reason="On leave\nuntil May")

    row.refresh_from_db()
    assert (row.state, row.ended, row.ended_reason) == ("ended", "declined", "On leave until May")
    assert kinds()[-2:] == ["collaboration.ended", "collaboration.declined"]


def test_the_link_alone_declines_only_while_the_address_has_no_account(provider):
    row = add(provider)
    services.invitation_decline(token=link(row), by=None)
    assert Collaboration.objects.get().ended == "declined"

    UserFactory(email="known@example.org")
    known = add(provider, "known@example.org")
    with pytest.raises(services.WrongPerson):
        services.invitation_decline(token=link(known), by=None)


def test_revoking_ends_it_for_good_and_closes_its_links(provider):
    row = CollaborationFactory(provider=provider)

    services.collaboration_revoke(collaboration=row, by=acting(provider))
    services.collaboration_revoke(collaboration=row, by=acting(provider))

    event = Event.objects.get(kind="collaboration.ended")
    assert (event.data["how"], event.data["was"], event.data["person_id"]) == ("revoked", "active", row.person_id)
    assert not Collaboration.objects.live().exists()


def test_removing_somebody_who_has_not_answered_withdraws_the_invitation(provider):
    row = add(provider)
    token = link(row)

    services.collaboration_revoke(collaboration=row, by=acting(provider))

    assert Collaboration.objects.get().ended == "withdrawn"
    assert queries.open_invitation(token) is None
    assert Invitation.objects.get().withdrawn_at is not None


def test_withdrawing_what_was_accepted_meanwhile_is_too_late(provider):
    with pytest.raises(NotAllowedNow):
        services.invitation_withdraw(collaboration=CollaborationFactory(provider=provider), by=acting(provider))


def test_a_collaborator_leaves_their_own_collaboration_only(provider):
    row = CollaborationFactory(provider=provider)

    with pytest.raises(PermissionDenied):
        services.collaboration_leave(collaboration=row, by=UserFactory())
    services.collaboration_leave(collaboration=row, by=row.person)

    assert Collaboration.objects.get().ended == "left"
    assert Event.objects.get(kind="collaboration.ended").data["how"] == "left"


def test_after_an_ending_an_invitation_begins_a_new_one(provider):
    earlier = CollaborationFactory(provider=provider, download=True)
    services.collaboration_revoke(collaboration=earlier, by=acting(provider))

    row = add(provider, earlier.email)

    assert row.pk != earlier.pk
    assert row.granted == set()
    assert row.state == "invited"


def test_what_has_run_out_is_ended_by_the_queue_and_by_inviting_again(provider):
    over = CollaborationFactory(provider=provider, ends_on=date(2026, 1, 1), ends_at=clock.now() - timedelta(hours=1))

    row = add(provider, over.email)

    over.refresh_from_db()
    assert (over.ended, row.state) == ("expired", "invited")
    with time_machine.travel(clock.now() + timedelta(days=15)):
        run_all()
    row.refresh_from_db()
    assert (row.state, row.ended) == ("ended", "expired")


def test_an_invitation_sent_again_does_not_lapse_with_the_first_link(provider):
    row = add(provider)
    with time_machine.travel(clock.now() + timedelta(days=10)):
        services.invitation_resend(collaboration=row, by=acting(provider))
    with time_machine.travel(clock.now() + timedelta(days=15)):
        run_all()

    assert Collaboration.objects.get().state == "invited"


def test_an_address_can_ask_for_its_open_invitations_again(provider):
    add(provider)
    CollaborationFactory(provider=PracticeFactory().provider, email="other@example.org")

    assert services.invitations_again(address="yuki.otani@example.org") == 1
    assert services.invitations_again(address="nobody@example.org") == 0
    assert kinds()[-1] == "collaboration.invitation_sent"


def test_a_whole_address_finds_a_person_who_allows_it_with_name_and_clinic(provider):
    clinic = PracticeFactory(name="Tannlege Nord", provider__person__first_name="Hrafnhildur", provider__person__last_name="B")

    found = services.person_look_up(by=acting(provider), email=clinic.provider.person.email.upper())

    assert found == queries.Found("Hrafnhildur", "B", "Tannlege Nord")


def test_unknown_hidden_and_own_address_find_nobody(provider):
    hidden = UserFactory(findable="nobody")
    closed = UserFactory(is_active=False)
    for address in (hidden.email, closed.email, "nobody@example.org", provider.person.email):
        assert services.person_look_up(by=acting(provider), email=address) is None


def test_hidden_and_unknown_cost_the_same_reads(provider):
    hidden = UserFactory(findable="nobody")
    costs = []
    for address in (hidden.email, "nobody@example.org"):
        with CaptureQueriesContext(connection) as reads:
            services.person_look_up(by=acting(provider), email=address)
        costs.append([query["sql"].partition("WHERE")[0] for query in reads if "SAVEPOINT" not in query["sql"]])
    assert [sql.split("VALUES")[0] for sql in costs[0]] == [sql.split("VALUES")[0] for sql in costs[1]]
    assert len(costs[0]) >= 4


def test_the_31st_look_up_within_an_hour_is_too_many(provider):
    for n in range(30):
        services.person_look_up(by=acting(provider), email=f"p{n}@example.org")
    with pytest.raises(services.TooMany):
        services.person_look_up(by=acting(provider), email="p30@example.org")
    services.person_look_up(by=acting(PracticeFactory().provider), email="p30@example.org")
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        services.person_look_up(by=acting(provider), email="p30@example.org")


def test_look_ups_are_kept_without_the_address_in_clear(provider):
    from midline.collaboration.models import Lookup

    services.person_look_up(by=acting(provider), email="secret@example.org")

    assert Lookup.objects.get().person == provider.person
    assert "secret" not in str(Lookup.objects.values())
