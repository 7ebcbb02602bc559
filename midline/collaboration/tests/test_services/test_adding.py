"""Consent and adding, each rule by its sentence."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from midline.activity.models import Event
from midline.collaboration import queries, services
from midline.collaboration.models import Collaboration, ConsentRecord, ConsentText, Grant, Invitation
from midline.collaboration.tests.factories import CollaborationFactory
from midline.collaboration.tests.test_services.steps import accept, acting, add, kinds, move
from midline.core import clock
from midline.core.errors import Refused
from midline.core.workspace import Workspace
from midline.jobs.models import Job
from midline.people.policies import Actor
from midline.people.tests.factories import UserFactory
from midline.practices.services import practice_add, practice_save
from midline.practices.tests.factories import PracticeFactory, ProviderFactory

pytestmark = pytest.mark.django_db


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
