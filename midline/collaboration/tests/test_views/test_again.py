"""Asking for an invitation again, the texts, and who shares with me."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from midline.collaboration import services
from midline.collaboration.models import Collaboration, ConsentRecord, ConsentText
from midline.collaboration.tests.factories import CollaborationFactory
from midline.collaboration.tests.test_views.steps import address, bytes_of, invite
from midline.jobs.models import Job
from midline.jobs.services import run_all
from midline.people.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_asking_again_answers_and_queues_the_same_for_everybody(provider):
    invite(provider)
    answers, jobs = set(), []
    for email in ("yuki@example.org", "nobody@example.org"):
        before = Job.objects.count()
        answers.add(bytes_of(Client().post("/invitation/again/", {"email": email})))
        jobs.append(Job.objects.count() - before)
    assert len(answers) == 1
    assert jobs == [1, 1]


def test_asking_again_sends_a_link_that_replaces_the_earlier_one(client, provider):
    row = invite(provider)
    earlier = address(row)
    client.post("/invitation/again/", {"email": "yuki@example.org"})
    run_all()

    assert client.get(earlier).status_code == 404
    assert client.get(address(row)).status_code == 302


def test_asking_again_is_limited(settings):
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "2/m/key"}
    statuses = [Client().post("/invitation/again/", {"email": "yuki@example.org"}).status_code for _n in range(3)]
    assert statuses == [200, 200, 429]


def test_the_texts_in_force_can_be_read_by_everybody(client):
    ConsentText.objects.create(kind="terms", version=2, body="Second terms.")

    assert b"Second terms." in client.get("/terms/").content
    assert b"What patients are told" in client.get("/terms/patients/").content


TEXTS = "/administration/collaboration/consenttext/"


def test_an_administrator_who_edits_a_text_writes_a_new_version_and_changes_none(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    first = ConsentText.objects.get(kind="terms")
    words = first.body

    response = client.post(f"{TEXTS}{first.pk}/change/", {"kind": "consent", "version": "9", "body": "Newer."})

    assert response.status_code == 302
    first.refresh_from_db()
    assert (first.version, first.body) == (1, words)
    second = ConsentText.objects.get(kind="terms", version=2)
    assert second.body.strip() == "Newer."
    assert LogEntry.objects.get().object_id == str(second.pk)
    assert b"Newer." in client.get("/terms/").content


def test_an_earlier_version_can_be_read_and_neither_edited_nor_deleted(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    first = ConsentText.objects.get(kind="terms")
    services.text_write(kind="terms", body="Newer.")

    page = client.get(f"{TEXTS}{first.pk}/change/")
    assert page.status_code == 200
    assert b"<textarea" not in page.content
    assert client.post(f"{TEXTS}{first.pk}/change/", {"body": "Changed."}).status_code == 403
    for text in ConsentText.objects.all():
        assert client.post(f"{TEXTS}{text.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ConsentText.objects.filter(kind="terms").count() == 2


def test_saving_the_same_words_makes_no_version(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    first = ConsentText.objects.get(kind="terms")
    client.post(f"{TEXTS}{first.pk}/change/", {"body": first.body.replace("\n", "\r\n")})

    assert ConsentText.objects.filter(kind="terms").count() == 1


def test_only_an_administrator_edits_the_texts(client, provider):
    first = ConsentText.objects.get(kind="terms")
    for user in (provider.person, UserFactory(is_technician=True), UserFactory(is_staff=True)):
        client.force_login(user)
        client.post(f"{TEXTS}{first.pk}/change/", {"body": "Mine."})
    assert ConsentText.objects.filter(kind="terms").count() == 1


def test_a_collaborator_sees_who_shares_and_what_is_granted(client, provider):
    row = CollaborationFactory(provider=provider, download=True)
    client.force_login(row.person)

    page = client.get("/account/collaborations/").content.decode()

    assert "Maren Østby" in page
    assert "download records and models" in page


def test_an_open_invitation_waits_on_the_page_of_its_person(client, provider):
    user = UserFactory(email="yuki@example.org")
    row = invite(provider)
    client.force_login(user)

    assert address(row) in client.get("/account/collaborations/").content.decode()


def test_leaving_ends_it_at_once(client, provider):
    row = CollaborationFactory(provider=provider)
    client.force_login(row.person)

    client.post(f"/account/collaborations/{row.pk}/leave/")

    row.refresh_from_db()
    assert row.ended == "left"
    assert client.post(f"/account/collaborations/{row.pk}/leave/").status_code == 404


def test_leaving_asks_first_on_a_page_of_its_own(client, provider):
    row = CollaborationFactory(provider=provider)
    client.force_login(row.person)

    assert "You see none of their cases from now on" in client.get(f"/account/collaborations/{row.pk}/leave/").content.decode()
    row.refresh_from_db()
    assert row.state == "active"


def test_nobody_leaves_for_somebody_else(client, provider):
    row = CollaborationFactory(provider=provider)
    for user in (UserFactory(), provider.person):
        client.force_login(user)
        assert client.get(f"/account/collaborations/{row.pk}/leave/").status_code == 404
        assert client.post(f"/account/collaborations/{row.pk}/leave/").status_code == 404
    assert Collaboration.objects.get().state == "active"


def test_nobody_but_the_provider_makes_consent_records(client, provider):
    assert set(ConsentRecord.objects.values_list("person", flat=True)) == {provider.person_id}
