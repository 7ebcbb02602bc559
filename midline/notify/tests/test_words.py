"""Names that people gave themselves, numbers, dates, and the language of the reader."""

from email import message_from_string
from email.header import decode_header, make_header

import pytest
from django.utils import translation

from midline.cases import services as cases
from midline.cases.models import Case
from midline.core.workspace import Workspace
from midline.notify.letters import mail_of
from midline.notify.models import Delivery
from midline.notify.tests.factories import html, invited, published, sent, whole
from midline.notify.words import NAME_SHOWN, Count, plain_name
from midline.people.models import User
from midline.people.policies import Actor

HOSTILE = {
    "a header": "Maren\r\nBcc: evil@example.org",
    "another header": "Maren\nSubject: You have won",
    "a link": "Win at https://evil.example/x now",
    "a place that mail programs make a link": "evil.example",
    "markup": "<img src=x onerror=alert(1)>",
    "a placeholder": "%(by)s %s {0} {{ x }}",
    "turned writing": "Maren \u202egro.live",
    "very long": "M" * 4000,
    "other scripts": "陳雅文 Κωνσταντίνος",
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_stays_a_name(cast, mailoutbox, name):
    User.objects.filter(pk=cast.owner.user.pk).update(first_name=name[:80], last_name="")
    owner = User.objects.get(pk=cast.owner.user.pk)
    invited(Actor(owner, Workspace.PROVIDER, cast.owner.actor.provider_id), "new@example.org")

    [message] = sent("new@example.org")
    parsed = message_from_string(message.message().as_string())
    subject = str(make_header(decode_header(parsed["Subject"])))

    assert parsed.keys().count("Subject") == parsed.keys().count("To") == parsed.keys().count("From") == 1
    assert parsed["Bcc"] is None
    assert parsed["To"] == "new@example.org"
    assert len(subject) < 160
    assert "\u202e" not in whole(message)
    for part in (html(message), str(message.body)):
        assert "evil.example" not in part
        assert "https://evil" not in part
    assert "<img" not in html(message)


def test_names_are_one_short_line_and_keep_what_writing_needs():
    assert plain_name("  Maren \t Østby\n") == "Maren Østby"
    assert plain_name("M" * 200) == "M" * (NAME_SHOWN - 1) + "…"
    assert plain_name("نی\u200cلوفر") == "نی\u200cلوفر"
    assert plain_name("Dr. J. R. Weiß-Müller") == "Dr. J. R. Weiß-Müller"


@pytest.mark.parametrize(("language", "number"), [("en", "12,345"), ("de", "12.345")])
def test_numbers_are_written_in_the_readers_way(language, number):
    with translation.override(language):
        assert str(Count(12345)) == number


@pytest.mark.parametrize(("count", "says"), [(1, "shared 1 case with you"), (12345, "shared 12,345 cases with you")])
def test_plurals_are_right(cast, count, says):
    delivery = Delivery(
        person=cast.with_no_grant.user, kind="cases.shared", workspace="collaborator", message_id="<a@b>",
        collaboration_id=cast.with_no_grant.collaboration.pk, context={"by": "Maren Østby", "count": count},
    )  # fmt: skip

    assert mail_of(delivery).subject == f"Maren Østby {says}"


def test_each_reader_gets_their_own_language_whatever_the_worker_speaks(cast, mailoutbox):
    User.objects.filter(pk=cast.owner.user.pk).update(language="de")
    published(cast.case, cast.technician.actor)
    with translation.override("de"):
        [english], [german] = sent(cast.with_no_grant.user.email), sent(cast.owner.user.email)

    assert english.subject == f"Case {cast.case.number}: version 1 is ready for review"
    assert german.subject == f"Fall {cast.case.number}: Version 1 kann geprüft werden"
    assert '<html lang="de"' in html(german)
    assert "Midline schreibt nie einen Patientennamen" in german.body
    assert "ready for review" not in whole(german)


def test_who_has_no_account_is_written_to_in_the_language_of_the_provider_who_invites(cast, mailoutbox):
    User.objects.filter(pk=cast.owner.user.pk).update(language="de")
    invited(cast.owner.actor, "new@example.org")

    [message] = sent("new@example.org")

    assert '<html lang="de"' in html(message)


@pytest.mark.parametrize(("typed", "shown"), [
    ("NO 4711", True), ("1Z999AA10123456784", True), ("00340434161094042557", True), ("RR123456785NO", True),
    ("For Quirinia Zyxwvutowska", False), ("Quirinia 12", False), ("ask ZYXWVUTOWSKA 4", False), ("ABCD", False), ("", False),
])  # fmt: skip
def test_a_tracking_number_is_told_and_anything_else_in_its_place_is_not(cast, typed, shown):
    delivery = Delivery(
        person=cast.owner.user, kind="order.shipped", workspace="provider", message_id="<a@b>", case_id=cast.case.pk,
        context={"by": "Lab", "case": cast.case.number, "tracking": typed, "carrier": "Quirinia"},
    )  # fmt: skip
    text = whole(mail_of(delivery))

    assert ("Tracking number" in text) is shown
    assert "Quirinia" not in text
    assert "ZYXW" not in text


def test_a_message_about_a_case_one_may_not_see_any_more_names_its_number_and_links_nowhere_near_it(cast, mailoutbox):
    cases.cases_unshare(collaboration=cast.with_no_grant.collaboration, cases=Case.objects.none(), by=cast.owner.actor)
    cases.case_shares_set(case=cast.case, wanted=set(), by=cast.owner.actor)
    delivery = Delivery.objects.get(kind="case.unshared", channel="mail", person=cast.with_no_grant.user)
    text = whole(mail_of(delivery))

    assert cast.case.number in text
    assert f"/cases/{cast.case.number}" not in text
    assert cast.practice.name not in text
    assert "/collaborator/cases/" in text
