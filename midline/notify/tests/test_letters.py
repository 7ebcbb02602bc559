"""What every message says: all kinds, in all languages, by mail and bell, and never a patient's name."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import translation
from django.utils.html import escape

from midline.cases.tests.factories import move
from midline.collaboration.models import Invitation
from midline.core import clock
from midline.jobs import services as jobs
from midline.notify import queries
from midline.notify.kinds import KINDS, Page
from midline.notify.letters import compose, mail_of
from midline.notify.models import Delivery
from midline.notify.rows import ROWS, row_of
from midline.notify.summary import summary_make
from midline.notify.tests.factories import PATIENT, commented, declined, invited, name_patient, published, whole
from midline.notify.tests.factories import html as html_of_mail

CONTEXT: dict[str, Any] = {
    "by": "Ida Ek",
    "provider": "Maren Østby",
    "collaborator": "Priya Nair",
    "version": 3,
    "count": 24,
    "until": "2026-12-06",
    "stages_upper": 22,
    "stages_lower": 18,
    "items": [["lower_scan", "missing"], ["profile", "unusable"]],
    "carrier": "Posten",
    "tracking": "NO 4711",
}


@pytest.fixture
def every_kind(cast) -> list[Delivery]:
    """One message of each kind for each workspace it goes to, on a case whose patient has a name of their own."""
    case = move(cast.case, "take", "publish", technician=cast.technician.user)
    name_patient(case)
    invited(cast.owner.actor, "new@example.org", message=f"About {' '.join(PATIENT)}")
    invitation = Invitation.objects.get()
    rows = []
    for name, kind in KINDS.items():
        for workspace in kind.to:
            to_guest = workspace == "collaborator"
            person = cast.with_every_grant if to_guest else cast.owner
            rows.append(
                Delivery(
                    person=person.user,
                    address=person.user.email,
                    workspace=workspace,
                    channel=Delivery.Channel.MAIL,
                    kind=name,
                    case_id=case.pk if kind.action else None,
                    collaboration_id=invitation.collaboration_id
                    if kind.page is Page.INVITATION
                    else cast.with_every_grant.collaboration.pk,
                    action=kind.action or "",
                    context=CONTEXT | {"case": case.number, "invitation": invitation.pk},
                    message_id=f"<test-{name}-{workspace}@example.org>",
                )
            )
    return Delivery.objects.bulk_create(rows)


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
def test_every_message_can_be_written_in_every_language(every_kind, language):
    for delivery in every_kind:
        assert delivery.person is not None
        delivery.person.language = language
        message = mail_of(delivery)
        text = whole(message)

        assert "%(" not in text
        assert message.subject
        assert "\n" not in message.subject
        assert delivery.message_id in text


def test_no_message_holds_a_patients_name(every_kind):
    for delivery in every_kind:
        text = whole(mail_of(delivery))
        assert not any(name in text for name in PATIENT), delivery.kind


def test_no_name_of_a_patient_reaches_a_mail_or_the_bell_by_any_event(cast, mailoutbox):
    name_patient(cast.case)
    published(cast.case, cast.technician.actor)
    declined(cast.case, cast.with_every_grant.actor)
    commented(cast.case, cast.with_no_grant.actor, body=f"{' '.join(PATIENT)} was here.")
    summary_make(person_id=cast.owner.user.pk, day=clock.now().date())
    jobs.run_all()

    assert len(mail.outbox) == 6
    assert not any(name in whole(message) for message in mail.outbox for name in PATIENT)
    for context in Delivery.objects.values_list("context", flat=True):
        assert not any(name in str(context) for name in PATIENT)


def test_every_message_has_one_button_and_its_address_in_full(every_kind):
    for delivery in every_kind:
        letter = compose(delivery)
        html = html_of_mail(mail_of(delivery))

        assert html.count("button-cell") >= 1
        assert html.count(f'class="button" href="{escape(letter.address)}"') == 1
        assert f">{escape(letter.address)}</a>" in html
        assert letter.address.startswith("http://localhost") or letter.address.startswith("http://127.0.0.1")
        assert letter.button in html


def test_every_link_stands_in_the_workspace_of_its_reader(every_kind):
    for delivery in every_kind:
        if KINDS[delivery.kind].page is not Page.INVITATION:
            assert f"/{delivery.workspace}/" in compose(delivery).address, delivery.kind


def test_the_html_loads_nothing_and_carries_a_dark_form(every_kind):
    for delivery in every_kind:
        html = html_of_mail(mail_of(delivery))

        assert "prefers-color-scheme: dark" in html
        assert "<img" not in html
        assert "<script" not in html
        assert "url(" not in html
        assert 'style="' in html


def test_every_switchable_message_says_why_it_came_and_the_others_cannot_be_switched(every_kind):
    for delivery in every_kind:
        letter = compose(delivery)
        row = row_of(delivery.kind, delivery.workspace)
        assert bool(letter.why) is (row is not None)
        assert row is None or row in ROWS
        assert ("List-Unsubscribe" in mail_of(delivery).message()) is (row is not None)


def test_every_row_of_email_notifications_switches_something():
    switched = {row_of(name, workspace) for name, kind in KINDS.items() for workspace in kind.to}

    assert switched - {None} == set(ROWS)


def test_the_bell_says_the_title_in_the_readers_language(cast):
    published(cast.case, cast.technician.actor)
    with translation.override("en"):
        [entry], _next = queries.bell_entries(cast.owner.user)

    assert entry.title == f"Version 1 of case {cast.case.number} is ready for review"


def test_the_number_of_evaluating_collaborators_is_told_to_the_provider_alone(cast, every_kind):
    texts = {d.workspace: whole(mail_of(d)) for d in every_kind if d.kind == "setup.ready_for_review"}

    assert "2 evaluate this setup" in texts["provider"]
    assert "evaluate this setup" not in texts["collaborator"]
    assert "22 upper, 18 lower" in texts["collaborator"]


def test_your_turn_stands_where_it_is_the_readers(cast, every_kind):
    tags = {d.workspace: compose(d).tag for d in every_kind if d.kind == "setup.ready_for_review"}

    assert tags == {"provider": "", "collaborator": "Your turn"}


def test_a_changed_grant_is_told_as_it_stands_when_the_mail_is_sent(cast, every_kind):
    [delivery] = [d for d in every_kind if d.kind == "access.changed"]

    assert "Decline a treatment setup" in whole(mail_of(delivery))
    collaboration = cast.with_every_grant.collaboration
    collaboration.decline_setups = False
    collaboration.ends_on = (clock.now() + timedelta(days=9)).date()
    collaboration.save()
    assert "Decline a treatment setup" not in whole(mail_of(delivery))
