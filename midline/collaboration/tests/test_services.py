"""Adding, changing, inviting, accepting, declining, ending: each rule by its sentence."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from midline.activity.models import Event
from midline.collaboration import queries, services
from midline.collaboration.models import Collaboration, ConsentRecord, ConsentText, Grant, Invitation
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.core.errors import NotAllowedNow, Refused
from midline.core.workspace import Workspace
from midline.jobs.models import Job
from midline.jobs.services import run_all
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.services import practice_add, practice_save
from midline.practices.tests.factories import PracticeFactory, ProviderFactory

pytestmark = pytest.mark.django_db


def acting(provider) -> Actor:
    return Actor(provider.person, Workspace.ACCOUNT, provider.pk)


@pytest.fixture
def provider():
    """Confirmed, in Oslo, both texts ticked."""
    provider = PracticeFactory().provider
    services.consent_give(by=acting(provider), address="192.0.2.7")
    return provider


def add(provider, email="yuki.otani@example.org", **terms):
    return services.collaborator_add(by=acting(provider), **({"email": email, "first_name": "Yuki", "last_name": "Ōtani"} | terms))


def link(collaboration) -> str:
    """The token of the newest link, as the mail carries it."""
    invitation = Invitation.objects.filter(collaboration=collaboration).latest("pk")
    return queries.invitation_link(invitation).rstrip("/").rpartition("/")[2]


def accept(collaboration, user, **changes):
    given = {"token": link(collaboration), "by": user, "seen_revision": collaboration.revision, "accepts_terms": True}
    return services.invitation_accept(**(given | changes))


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


# --- consent


def test_a_fresh_database_has_version_1_of_both_texts():
    assert {kind: text.version for kind, text in queries.consent_texts_in_force().items()} == {"consent": 1, "terms": 1}


def test_what_was_ticked_is_kept_with_person_version_time_and_address(provider):
    records = ConsentRecord.objects.filter(provider=provider)

    assert {(r.person_id, r.text.version, r.address) for r in records} == {(provider.person_id, 1, "192.0.2.7")}
    assert records.count() == 2


def test_nobody_is_added_before_both_boxes_are_ticked():
    provider = PracticeFactory().provider

    with pytest.raises(Refused) as refused:
        add(provider)

    assert refused.value.field == "consent"
    assert not Collaboration.objects.exists()


def test_a_new_version_of_a_text_asks_again_before_the_next_addition(provider):
    ConsentText.objects.create(kind="terms", version=2, body="New terms.")
    with pytest.raises(Refused):
        add(provider)

    services.consent_give(by=acting(provider), address=None)

    assert add(provider).state == "invited"
    assert ConsentRecord.objects.filter(provider=provider).count() == 3


def test_ticking_twice_keeps_one_record(provider):
    assert services.consent_give(by=acting(provider), address=None) == []


def test_what_was_written_once_is_never_changed(provider):
    for row in (*ConsentText.objects.all(), *ConsentRecord.objects.all()):
        with pytest.raises(TypeError):
            row.save()


def test_a_collaborator_who_is_there_stays_and_is_marked_when_a_new_version_comes(provider):
    row = accept(add(provider), UserFactory(email="yuki.otani@example.org"))
    assert (row.consent_version, row.terms_version) == (1, 1)
    assert queries.earlier_texts(row, queries.consent_texts_in_force()) == []

    services.text_write(kind="terms", body="Second terms.")

    row.refresh_from_db()
    assert row.is_live()
    marks = queries.earlier_texts(row, queries.consent_texts_in_force())
    assert [(mark.label, mark.version, mark.in_force) for mark in marks] == [("Terms & Conditions", 1, 2)]


def test_adding_somebody_again_under_the_version_in_force_takes_the_mark_away(provider):
    row = accept(add(provider), UserFactory(email="yuki.otani@example.org"))
    services.text_write(kind="consent", body="Second.")
    services.consent_give(by=acting(provider), address=None)

    add(provider)

    row.refresh_from_db()
    assert (row.state, row.consent_version, row.terms_version) == ("active", 2, 1)
    assert queries.earlier_texts(row, queries.consent_texts_in_force()) == []


def test_permissions_of_who_is_there_can_be_changed_before_the_new_version_is_ticked(provider):
    row = add(provider)
    services.text_write(kind="terms", body="Second terms.")

    services.collaboration_change(
        collaboration=row, by=acting(provider), relation="mentor", grants=["download"], evaluates=True, hides_identity=False
    )

    row.refresh_from_db()
    assert (row.download, row.terms_version) == (True, 1)


def test_texts_that_stand_are_not_written_again():
    ConsentText.objects.filter(kind="terms").update(body="Ours.")

    services.texts_ensure()

    assert ConsentText.objects.get(kind="terms").body == "Ours."


# --- adding


def test_a_person_without_an_account_is_invited_by_address(provider):
    row = add(provider, grants=["add_orders", "decline_setups"])

    event = Event.objects.get(kind="collaboration.added")
    assert (row.state, row.person_id, row.granted) == ("invited", None, {Grant.ADD_ORDERS, Grant.DECLINE_SETUPS})
    assert event.data["registered"] is False
    assert event.data["invitation"] == Invitation.objects.get().pk


def test_the_token_is_not_in_the_database_and_the_link_can_be_made_again(provider):
    invitation = Invitation.objects.get(collaboration=add(provider))
    token = queries.invitation_link(invitation).rstrip("/").rpartition("/")[2]

    assert queries.open_invitation(token) == invitation
    assert token not in invitation.token_digest
    assert token not in str(list(Event.objects.values())) + str(list(Job.objects.values()))


def test_links_go_on_working_after_the_secret_key_moved_to_the_fallbacks(provider, settings):
    invitation = Invitation.objects.get(collaboration=add(provider))
    before = queries.invitation_link(invitation)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key of this installation"

    assert queries.invitation_link(invitation) == before


def test_links_come_from_the_public_address(provider, settings):
    settings.PUBLIC_URL = "https://portal.example"

    assert queries.invitation_link(Invitation.objects.get(collaboration=add(provider))).startswith("https://portal.example/invitation/")


def test_a_person_with_an_account_is_bound_when_the_invitation_is_sent(provider):
    person = UserFactory(email="h@example.org")

    row = add(provider, "H@Example.org")

    assert row.person == person
    assert Invitation.objects.get().person == person
    assert Event.objects.get(kind="collaboration.added").data["registered"] is True


def test_inviting_twice_changes_the_grant_and_never_doubles_it(provider):
    add(provider, grants=["download"])

    row = add(provider, grants=["add_orders"], first_name="Yuki Maria")

    assert Collaboration.objects.count() == 1
    assert (row.granted, row.first_name, row.revision) == ({Grant.ADD_ORDERS}, "Yuki Maria", 2)
    assert kinds()[-2:] == ["collaboration.changed", "collaboration.invitation_sent"]


def test_adding_an_active_collaborator_again_changes_the_grant_without_a_new_invitation(provider):
    active = CollaborationFactory(provider=provider, download=True)

    row = add(provider, active.email, grants=["add_orders"])

    assert (row.pk, row.state, row.granted) == (active.pk, "active", {Grant.ADD_ORDERS})
    assert not Invitation.objects.exists()


def test_one_person_under_a_second_address_is_the_same_collaborator(provider):
    person = UserFactory(email="new@example.org")
    CollaborationFactory(provider=provider, person=person, email="old@example.org")

    add(provider, "new@example.org", grants=["download"])

    assert Collaboration.objects.count() == 1


def test_a_provider_may_invite_another_provider(provider):
    other = ProviderFactory()

    assert add(provider, other.person.email).person == other.person


@pytest.mark.parametrize("spelling", ["{}", " {} "])
def test_inviting_oneself_is_refused(provider, spelling):
    with pytest.raises(Refused, match="your own address") as refused:
        add(provider, spelling.format(provider.person.email.upper()))
    assert refused.value.field == "email"


@pytest.mark.parametrize(
    ("own", "typed"),
    [
        ("maren@example.org", "maren+staff@example.org"),
        ("maren+portal@example.org", "maren@example.org"),
        ("maren@example.org", "MAREN+@example.org"),
    ],
)
def test_inviting_oneself_is_refused_under_the_plus_forms_of_the_own_mailbox(provider, own, typed):
    move(provider.person, own)
    with pytest.raises(Refused, match="your own address"):
        add(provider, typed)


def test_inviting_oneself_is_refused_under_an_own_address_that_waits_for_its_proof(provider):
    provider.person.emailaddress_set.create(email="maren.new@example.org", verified=False, primary=False)
    with pytest.raises(Refused, match="your own address"):
        add(provider, "maren.new@example.org")


@pytest.mark.parametrize("typed", ["practice+jonas@example.org", "marena@example.org", "maren@elsewhere.example"])
def test_people_with_a_similar_address_can_be_invited(provider, typed):
    move(provider.person, "practice+maren@example.org")
    assert add(provider, typed).state == "invited"


def test_the_same_form_sent_twice_mails_one_link(provider):
    key = uuid4()
    first = add(provider, key=key)
    again = add(provider, key=key, grants=["download"])

    again.refresh_from_db()
    assert (again.pk, again.download) == (first.pk, True)
    assert Invitation.objects.count() == 1
    add(provider, key=uuid4())
    assert Invitation.objects.count() == 2


def test_going_back_and_typing_somebody_else_into_the_same_form_invites_them(provider):
    key = uuid4()
    rows = {add(provider, key=key).pk, add(provider, "else@example.org", key=key).pk}
    assert len(rows) == Invitation.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("email", {"email": "nobody"}),
        ("email", {"email": "a@example.org, b@example.org"}),
        ("email", {"email": "a@example.org\nBcc: b@example.org"}),
        ("email", {"email": "a@example.org\r\n"}),
        ("email", {"email": "mi\u212ae@example.org"}),
        ("email", {"email": "a@ex\u0430mple.org"}),
        ("email", {"email": "<a@example.org>"}),
        ("email", {"email": "a" * 250 + "@example.org"}),
        ("first_name", {"first_name": ""}),
        ("first_name", {"first_name": "Yuki\r\nBcc: b@example.org"}),
        ("last_name", {"last_name": "x" * 81}),
        ("last_name", {"last_name": "   "}),
        ("relation", {"relation": "owner"}),
        ("grants", {"grants": ["approve"]}),
        ("ends_on", {"ends_on": date(2020, 1, 1)}),
        ("ends_on", {"ends_on": date(2099, 1, 1)}),
        ("message", {"message": "x" * 1001}),
        ("message", {"message": "bell \x07"}),
    ],
)
def test_each_field_is_checked_and_a_refusal_names_it(provider, field, terms):
    with pytest.raises(Refused) as refused:
        add(provider, **terms)
    assert refused.value.field == field
    assert not Collaboration.objects.exists()


def test_staff_do_not_evaluate_unless_the_provider_says_so(provider):
    assert not add(provider, "a@example.org", relation="staff").evaluates
    assert add(provider, "b@example.org", relation="staff", evaluates=True).evaluates
    assert add(provider, "c@example.org", relation="mentor").evaluates


@time_machine.travel(datetime(2026, 6, 1, tzinfo=UTC))
def test_an_end_date_holds_through_that_day_in_the_time_zone_of_the_first_practice(provider):
    row = add(provider, ends_on=date(2026, 6, 30))

    assert row.ends_at == datetime(2026, 6, 30, 22, tzinfo=UTC)


@time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC))
def test_end_dates_move_with_the_time_zone_of_the_first_practice(provider):
    practice = provider.practices.get()
    row = add(provider, ends_on=date(2026, 6, 30))

    practice_save(practice=practice, by=acting(provider), name="Moved", time_zone="America/New_York")

    row.refresh_from_db()
    assert row.ends_at == datetime(2026, 7, 1, 4, tzinfo=UTC)
    practice_add(by=acting(provider), name="Second", time_zone="Asia/Tokyo")
    row.refresh_from_db()
    assert row.ends_at == datetime(2026, 7, 1, 4, tzinfo=UTC)


def test_what_is_over_does_not_come_back_when_the_practice_moves_west(provider):
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC)):
        row = add(provider, ends_on=date(2026, 6, 30))
    with time_machine.travel(datetime(2026, 6, 30, 23, tzinfo=UTC)):
        practice_save(practice=provider.practices.get(), by=acting(provider), name="Moved", time_zone="America/New_York")
        row.refresh_from_db()
        assert not Collaboration.objects.open().exists()


@time_machine.travel(datetime(2026, 6, 1, 21, 59, tzinfo=UTC))
def test_today_is_the_practices_day(provider):
    add(provider, "a@example.org", ends_on=date(2026, 6, 1))
    with time_machine.travel(datetime(2026, 6, 1, 22, 1, tzinfo=UTC)), pytest.raises(Refused):
        add(provider, "b@example.org", ends_on=date(2026, 6, 1))


def test_the_101st_invitation_within_a_day_is_too_many(provider):
    row = CollaborationFactory(provider=provider, state="invited", person=None)
    Invitation.objects.bulk_create(
        Invitation(collaboration=row, token_digest=f"{n:064}", email=row.email, expires_at=clock.now()) for n in range(100)
    )
    with pytest.raises(services.TooMany):
        add(provider)
    with pytest.raises(services.TooMany):
        services.invitation_resend(collaboration=row, by=acting(provider))


@pytest.mark.parametrize("workspace", [Workspace.COLLABORATOR, Workspace.LAB])
def test_only_the_provider_as_provider_adds(provider, workspace):
    with pytest.raises(PermissionDenied):
        services.collaborator_add(by=Actor(provider.person, workspace, provider.pk), email="a@example.org", first_name="A", last_name="B")


def test_nobody_adds_in_the_name_of_another_provider(provider):
    with pytest.raises(PermissionDenied):
        services.collaborator_add(
            by=Actor(UserFactory(), Workspace.ACCOUNT, provider.pk), email="a@example.org", first_name="A", last_name="B"
        )


def test_a_provider_who_waits_for_confirmation_adds_nobody(provider):
    provider.state = "pending"
    provider.save()
    with pytest.raises(PermissionDenied):
        add(provider)


# --- changing


def change(provider, row, **terms):
    given = {"relation": row.relation, "grants": [], "evaluates": row.evaluates, "hides_identity": row.hides_identity}
    return services.collaboration_change(collaboration=row, by=acting(provider), **(given | terms))


def test_a_change_raises_the_revision_and_tells_before_and_after(provider):
    row = CollaborationFactory(provider=provider, download=True)

    event = change(provider, row, grants=["add_orders"], hides_identity=True)

    row.refresh_from_db()
    assert (row.revision, row.granted, row.hides_identity) == (2, {Grant.ADD_ORDERS}, True)
    assert (event.data["before"]["download"], event.data["after"]["download"]) == (True, False)
    assert event.data["person_id"] == row.person_id


def test_a_change_that_changes_nothing_records_nothing(provider):
    row = CollaborationFactory(provider=provider)

    assert change(provider, row) is None
    assert Collaboration.objects.get(pk=row.pk).revision == 1


def test_a_change_from_a_stale_form_is_refused(provider):
    row = CollaborationFactory(provider=provider)
    change(provider, row, grants=["download"], seen_revision=1)

    with pytest.raises(NotAllowedNow):
        change(provider, row, grants=["publish_setups"], seen_revision=1)


def test_a_past_end_date_that_stands_does_not_block_other_changes_but_ends_the_row(provider):
    row = CollaborationFactory(provider=provider, ends_on=date(2020, 1, 1), ends_at=clock.now() - timedelta(days=1))
    with pytest.raises(NotAllowedNow):
        change(provider, row, grants=["download"])


def test_a_change_can_be_undone_once_and_soon(provider):
    row = CollaborationFactory(provider=provider, download=True)
    event = change(provider, row, grants=["add_orders"])

    services.collaboration_change_undo(event_id=event.pk, by=acting(provider))

    row.refresh_from_db()
    assert row.granted == {Grant.DOWNLOAD}
    with pytest.raises(NotAllowedNow):
        services.collaboration_change_undo(event_id=event.pk, by=acting(provider))


def test_a_change_cannot_be_undone_after_a_minute_nor_by_another_provider(provider):
    row = CollaborationFactory(provider=provider)
    event = change(provider, row, grants=["add_orders"])

    with pytest.raises(PermissionDenied):
        services.collaboration_change_undo(event_id=event.pk, by=acting(ProviderFactory()))
    with time_machine.travel(clock.now() + timedelta(seconds=61)), pytest.raises(NotAllowedNow):
        services.collaboration_change_undo(event_id=event.pk, by=acting(provider))


def test_a_provider_changes_only_their_own_collaborations(provider):
    row = CollaborationFactory()
    for act in (services.collaboration_revoke, services.invitation_withdraw, services.invitation_resend):
        with pytest.raises(PermissionDenied):
            act(collaboration=row, by=acting(provider))
    with pytest.raises(PermissionDenied):
        change(provider, row)


# --- accepting


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


def move(person, address) -> None:
    """The person changes their e-mail address: the old one is no longer theirs."""
    person.emailaddress_set.update(email=address)
    person.email = address
    person.save()


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


# --- declining and ending


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


# --- looking people up


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
