"""Files of a case: who gets which copy under which name, and what the log keeps."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from midline.activity.models import Access, Event
from midline.cases.models import Case, Order, RecordNeed
from midline.cases.services import Ask, records_ask
from midline.cases.tests.factories import lab_actor, share
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.records.models import Record, Slot, Upload
from midline.records.queries import gallery
from midline.records.services import record_remove
from midline.records.tests.factories import PDF, add_record, dicom, draft, picture, place_record, stl, upload


@pytest.fixture
def photo(cast) -> Record:
    return add_record(cast.case.current_order, cast.owner.actor, Slot.FRONT_BITE, picture(), "Siobhán O’Súilleabháin.jpg")


def at(record: Record, what: str, workspace: str = "provider") -> str:
    return reverse("records:file", args=[workspace, record.case.number, record.pk, what])


@pytest.fixture
def hidden(cast) -> Client:
    """A collaborator who may download and from whom identity is hidden."""
    row = CollaborationFactory(provider=cast.practice.provider, hides_identity=True, download=True)
    share(cast.case, row)
    client = Client()
    client.force_login(row.person)
    return client


def test_who_sees_the_case_sees_pictures_and_only_who_may_downloads_the_original(cast, photo):
    answers = {
        who: [getattr(cast, who).client.get(at(photo, what, workspace)).status_code for what in ("thumb", "shown", "original")]
        for who, workspace in (
            ("owner", "provider"), ("with_every_grant", "collaborator"), ("with_no_grant", "collaborator"), ("technician", "lab"),
            ("stranger", "collaborator"), ("other_provider", "provider"),
        )
    }  # fmt: skip

    assert answers == {
        "owner": [200, 200, 200],
        "with_every_grant": [200, 200, 200],
        "with_no_grant": [200, 200, 403],
        "technician": [200, 200, 200],
        "stranger": [404, 404, 404],
        "other_provider": [404, 404, 404],
    }


def test_after_access_has_ended_every_file_is_404(cast, photo):
    client = cast.with_every_grant.client
    assert client.get(at(photo, "thumb", "collaborator")).status_code == 200

    Collaboration.objects.filter(pk=cast.with_every_grant.collaboration.pk).update(state=Collaboration.State.ENDED)

    for what in ("thumb", "shown", "original", "scrubbed", "model"):
        assert client.get(at(photo, what, "collaborator")).status_code == 404


def test_an_original_is_an_attachment_that_no_browser_runs(cast, photo):
    answer = cast.owner.client.get(at(photo, "original"))

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_browser_that_has_the_bytes_gets_304_only_while_it_may_see_them(cast, photo):
    etag = cast.with_no_grant.client.get(at(photo, "thumb", "collaborator")).headers["ETag"]
    again = {"If-None-Match": etag}

    assert cast.with_no_grant.client.get(at(photo, "thumb", "collaborator"), headers=again).status_code == 304
    assert cast.stranger.client.get(at(photo, "thumb", "collaborator"), headers=again).status_code == 404


def test_with_hidden_identity_names_are_neutral_and_originals_closed(cast, photo, hidden):
    for what in ("thumb", "shown", "scrubbed"):
        answer = hidden.get(at(photo, what, "collaborator"))
        assert answer.status_code == 200
        assert f"{cast.case.number}_front_bite" in answer.headers["Content-Disposition"]
        assert "Siobh" not in answer.headers["Content-Disposition"]
    assert hidden.get(at(photo, "original", "collaborator")).status_code == 403


def test_with_hidden_identity_a_pdf_is_closed_and_a_dicom_has_lost_its_patient(cast, hidden):
    order = cast.case.current_order
    pdf = add_record(order, cast.owner.actor, Slot.PANORAMIC, PDF, "opg.pdf")
    film = add_record(order, cast.owner.actor, Slot.LATERAL_CEPH, dicom(), "Siobhan.dcm")

    assert hidden.get(at(pdf, "shown", "collaborator")).status_code == 403
    assert cast.with_no_grant.client.get(at(pdf, "shown", "collaborator")).status_code == 200
    scrubbed = b"".join(hidden.get(at(film, "scrubbed", "collaborator")).streaming_content)
    assert b"iobhan" not in scrubbed
    assert cast.with_no_grant.client.get(at(film, "scrubbed", "collaborator")).status_code == 403


def test_repeats_within_a_minute_are_one_row_of_the_log_and_later_ones_another(cast, photo):
    with time_machine.travel("2026-11-22 10:00:00+00:00", tick=False) as travel:
        cast.owner.client.force_login(cast.owner.user)
        for what in ("thumb", "shown", "thumb"):
            cast.owner.client.get(at(photo, what))
        assert Access.objects.filter(view=f"records:file/{photo.pk}").count() == 1
        travel.shift(timedelta(seconds=61))
        cast.owner.client.get(at(photo, "shown"))

    rows = Access.objects.filter(view=f"records:file/{photo.pk}")
    assert rows.count() == 2
    assert rows[0].case_ids == [cast.case.pk]


def test_the_lab_sees_no_record_of_a_draft(cast):
    order = draft(cast.practice)
    record = place_record(order, cast.owner.actor, "upper_scan")

    assert cast.technician.client.get(at(record, "thumb", "lab")).status_code == 404


def test_a_record_of_another_case_is_404_under_this_ones_number(cast, photo):
    other = draft(cast.practice)

    assert cast.owner.client.get(reverse("records:file", args=["provider", other.case.number, photo.pk, "thumb"])).status_code == 404


def test_a_record_that_the_lab_asked_for_moves_the_order_on(cast):
    order = cast.case.current_order
    technician = lab_actor(cast.technician.user)
    records_ask(order=order, by=technician, asks=[Ask("upper_scan", RecordNeed.Kind.UNUSABLE, "It has a hole.")])

    add_record(Order.objects.get(pk=order.pk), cast.owner.actor, Slot.UPPER_SCAN)

    assert Order.objects.get(pk=order.pk).status == "submitted"
    assert not RecordNeed.objects.filter(answered_at=None).exists()


def test_one_event_tells_of_a_record_and_names_no_file(cast, photo):
    event = Event.objects.get(kind="records.added")

    assert (event.data["slot"], event.data["record_id"], event.reader) == ("front_bite", photo.pk, "view")
    assert "Siobh" not in str(event.data)


def test_a_drafts_record_moves_to_the_right_place_and_what_stood_there_comes_back(cast):
    order = draft(cast.practice)
    upper = place_record(order, cast.owner.actor, "upper_scan")
    lower = place_record(order, cast.owner.actor, "lower_scan")

    answer = cast.owner.client.post(reverse("records:move", args=["provider", order.case.number, upper.pk]), {"slot": "lower_scan"})

    order.refresh_from_db()
    assert answer.status_code == 302
    assert order.records_present == {"lower_scan": upper.pk, "upper_scan": lower.pk}
    photo_place = cast.owner.client.post(reverse("records:move", args=["provider", order.case.number, upper.pk]), {"slot": "profile"})
    assert photo_place.status_code == 422


def test_a_record_is_taken_out_of_a_draft_and_not_out_of_a_submitted_order(cast, photo):
    order = draft(cast.practice)
    record = place_record(order, cast.owner.actor, "upper_scan")

    record_remove(record=record, by=cast.owner.actor)
    order.refresh_from_db()
    assert order.records_present == {}
    answer = cast.owner.client.post(reverse("records:move", args=["provider", cast.case.number, photo.pk]), {"slot": ""})
    assert answer.status_code == 409


def test_the_gallery_shows_the_newest_of_each_slot_and_counts_the_replaced(cast, photo):
    newer = add_record(cast.case.current_order, cast.owner.actor, Slot.FRONT_BITE, picture(1700, 1300), "b.jpg")
    scan = add_record(cast.case.current_order, cast.owner.actor, Slot.UPPER_SCAN, stl())

    shown = gallery(Case.objects.get(pk=cast.case.pk), cast.owner.actor)

    assert [tile.record.pk for tile in shown.tiles] == [scan.pk, newer.pk]
    assert [tile.opens for tile in shown.tiles] == ["model", "picture"]
    assert shown.older == 1


def test_the_place_of_a_file_tells_its_state_and_asks_again_while_it_is_checked(cast):
    order = draft(cast.practice)
    address = reverse("records:place", args=["provider", order.case.number, order.pk, "upper_scan"])
    assert 'data-state="empty"' in cast.owner.client.get(address).content.decode()

    refused = upload(order, cast.owner.actor, "upper_scan", b"<html></html>", "page.stl")
    assert "page.stl" in cast.owner.client.get(address).content.decode()

    Upload.objects.filter(pk=refused.pk).update(state=Upload.State.CHECKING)
    text = cast.owner.client.get(address).content.decode()
    assert "Being checked" in text
    assert "load delay:1s" in text
    assert cast.technician.client.get(address.replace("/provider/", "/lab/")).status_code == 404


def test_files_sent_by_a_plain_form_become_records_too(cast):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from midline.jobs.services import run_all

    order = draft(cast.practice)
    address = reverse("records:send", args=["provider", order.case.number, order.pk])

    answer = cast.owner.client.post(address, {"upper_scan": SimpleUploadedFile("a.stl", stl()), "next": "/provider/"})
    run_all()

    assert (answer.status_code, answer["Location"]) == (302, "/provider/")
    order.refresh_from_db()
    assert list(order.records_present) == ["upper_scan"]
    assert cast.stranger.client.post(address.replace("provider", "collaborator", 1), {}).status_code == 404
