"""Accepting an invitation, each rule by its sentence."""

from datetime import timedelta

import pytest
import time_machine

from midline.activity.models import Event
from midline.collaboration import services
from midline.collaboration.models import Collaboration, Invitation
from midline.collaboration.tests.factories import CollaborationFactory
from midline.collaboration.tests.test_services.steps import accept, acting, add, change, link, move
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.people.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_accepting_makes_it_active_once(provider):
    person = UserFactory(email="yuki.otani@example.org")
    row = add(provider)

    token = link(row)
    done = accept(row, person, address="198.51.100.4")

    assert (done.state, done.person) == ("active", person)
    event = Event.objects.get(kind="collaboration.accepted")
    assert (event.data["terms"], event.data["address"]) == (1, "198.51.100.4")
    with pytest.raises(services.InvitationClosed):
        accept(row, person, token=token)
    assert Event.objects.filter(kind="collaboration.accepted").count() == 1


def test_an_invitation_to_an_address_is_accepted_by_whoever_has_verified_it(provider):
    row = add(provider)
    person = UserFactory(email="yuki.otani@example.org")

    assert accept(row, person).person == person


def test_an_address_that_is_not_verified_accepts_nothing(provider):
    row = add(provider)
    person = UserFactory(email="yuki.otani@example.org")
    person.emailaddress_set.update(verified=False)

    with pytest.raises(services.WrongPerson):
        accept(row, person)


def test_an_invitation_belongs_to_the_account_that_held_the_address_when_it_was_sent(provider):
    first = UserFactory(email="yuki.otani@example.org")
    row = add(provider)
    first.emailaddress_set.update(email="moved@example.org")
    first.email = "moved@example.org"
    first.save()
    second = UserFactory(email="yuki.otani@example.org")

    with pytest.raises(services.WrongPerson):
        accept(row, second)
    assert accept(row, first).person == first


def test_an_invitation_sent_again_follows_the_person_to_their_new_address(provider):
    person = UserFactory(email="yuki.otani@example.org")
    row = add(provider)
    move(person, "moved@example.org")

    invitation = services.invitation_resend(collaboration=row, by=acting(provider))

    assert (invitation.person, invitation.email) == (person, "moved@example.org")
    row.refresh_from_db()
    assert row.email == "yuki.otani@example.org"
    with pytest.raises(services.WrongPerson):
        accept(row, UserFactory(email="yuki.otani@example.org"))
    assert accept(row, person).person == person


def test_an_invitation_sent_again_belongs_to_the_account_that_holds_the_address_by_then(provider):
    first = UserFactory(email="yuki.otani@example.org")
    row = add(provider)
    move(first, "moved@example.org")
    second = UserFactory(email="yuki.otani@example.org")

    services.invitation_resend(collaboration=row, by=acting(provider))

    row.refresh_from_db()
    with pytest.raises(services.WrongPerson):
        accept(row, first)
    assert accept(row, second).person == second


def test_inviting_somebody_at_their_new_address_sends_it_there_and_never_doubles(provider):
    person = UserFactory(email="yuki.otani@example.org")
    row = add(provider)
    move(person, "moved@example.org")

    again = add(provider, "moved@example.org")

    assert again.pk == row.pk
    assert Invitation.objects.latest("pk").email == "moved@example.org"
    assert accept(again, person).email == "moved@example.org"


def test_two_invitations_that_turn_out_to_be_one_person_become_one(provider):
    """Invited at two addresses before either was theirs; then both are added again."""
    person = UserFactory(email="yuki.otani@example.org")
    first = accept(add(provider), person)
    second = add(provider, "moved@example.org")
    move(person, "moved@example.org")

    again = add(provider, "moved@example.org")

    second.refresh_from_db()
    assert (again.pk, again.state, second.ended) == (first.pk, "active", "withdrawn")


def test_registering_meanwhile_keeps_the_invitation(provider):
    row = add(provider)
    person = UserFactory(email="yuki.otani@example.org")

    services.invitation_resend(collaboration=row, by=acting(provider))

    row.refresh_from_db()
    assert row.person == person
    assert accept(row, person).state == "active"


def test_a_provider_who_took_the_invited_address_over_does_not_collaborate_with_themselves(provider):
    row = add(provider)
    move(provider.person, "yuki.otani@example.org")

    with pytest.raises(services.WrongPerson):
        accept(row, provider.person)
    with pytest.raises(NotAllowedNow):
        services.invitation_resend(collaboration=row, by=acting(provider))
    assert Collaboration.objects.get().state == "invited"


def test_the_version_of_the_terms_beside_the_box_is_the_one_that_is_accepted(provider):
    person = UserFactory(email="yuki.otani@example.org")
    row = add(provider)
    services.text_write(kind="terms", body="Second terms.")

    with pytest.raises(NotAllowedNow):
        accept(row, person, seen_terms=1)
    accept(row, person, seen_terms=2)
    assert Event.objects.get(kind="collaboration.accepted").data["terms"] == 2


def test_somebody_else_cannot_accept_or_decline(provider):
    row = add(provider)
    for answer in (
        lambda: accept(row, UserFactory()),
        lambda: services.invitation_decline(token=link(row), by=UserFactory()),
    ):
        with pytest.raises(services.WrongPerson):
            answer()
    assert Collaboration.objects.get().state == "invited"


def test_accepting_without_the_tick_is_refused(provider):
    person = UserFactory(email="yuki.otani@example.org")
    with pytest.raises(Refused) as refused:
        accept(add(provider), person, accepts_terms=False)
    assert refused.value.field == "accept"


def test_accepting_what_was_changed_since_the_page_was_shown_shows_it_again(provider):
    person = UserFactory(email="yuki.otani@example.org")
    row = add(provider)
    change(provider, row, grants=["download"])

    with pytest.raises(NotAllowedNow):
        accept(row, person, seen_revision=1)
    assert accept(row, person, seen_revision=2).state == "active"


def test_an_invitation_lives_14_days(provider):
    person = UserFactory(email="yuki.otani@example.org")
    row = add(provider)

    with time_machine.travel(clock.now() + timedelta(days=14, seconds=1)), pytest.raises(services.InvitationClosed):
        accept(row, person)
    with time_machine.travel(clock.now() + timedelta(days=13, hours=23)):
        assert accept(row, person).state == "active"


def test_a_withdrawn_invitation_is_closed(provider):
    person = UserFactory(email="yuki.otani@example.org")
    row = add(provider)
    token = link(row)
    services.invitation_withdraw(collaboration=row, by=acting(provider))

    with pytest.raises(services.InvitationClosed):
        accept(row, person, token=token)
    assert Collaboration.objects.get().ended == "withdrawn"


def test_sending_again_closes_the_earlier_link(provider):
    person = UserFactory(email="yuki.otani@example.org")
    row = add(provider)
    earlier = link(row)
    services.invitation_resend(collaboration=row, by=acting(provider))

    with pytest.raises(services.InvitationClosed):
        accept(row, person, token=earlier)
    assert accept(row, person).state == "active"


def test_a_guess_is_no_invitation(provider):
    with pytest.raises(services.InvitationClosed):
        accept(add(provider), UserFactory(), token="A" * 43)


def test_a_person_who_works_with_the_provider_already_is_not_doubled(provider):
    row = add(provider)
    person = UserFactory(email="yuki.otani@example.org")
    CollaborationFactory(provider=provider, person=person, email="other@example.org")

    with pytest.raises(NotAllowedNow, match="already"):
        accept(row, person)


def test_the_invitation_of_a_provider_who_was_refused_meanwhile_is_closed(provider):
    person = UserFactory(email="yuki.otani@example.org")
    row = add(provider)
    provider.state = "refused"
    provider.save()
    with pytest.raises(services.InvitationClosed):
        accept(row, person)


def test_nothing_is_live_before_acceptance(provider):
    UserFactory(email="yuki.otani@example.org")
    add(provider, every_case=True)

    assert not Collaboration.objects.live().exists()
