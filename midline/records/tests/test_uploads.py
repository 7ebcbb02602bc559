"""The tus protocol, who may use it, and what a broken connection leaves."""

import hashlib
import io
import shutil

import pytest
from django.http import UnreadablePostError
from django.test import Client

from midline.cases.tests.factories import provider_actor, share
from midline.collaboration.models import Collaboration
from midline.collaboration.tests.factories import CollaborationFactory
from midline.core import clock
from midline.core.orphans import unnamed
from midline.core.storage import files
from midline.jobs.models import Job
from midline.jobs.services import run_all
from midline.records import incoming, services
from midline.records.models import Record, Upload
from midline.records.tests.factories import add_record, draft, stl, tus_begin, tus_piece, upload


@pytest.fixture
def order(cast):
    return draft(cast.practice)


def test_an_upload_arrives_in_pieces_and_becomes_the_record_of_its_slot(cast, order):
    content = stl()
    address = tus_begin(cast.owner.client, "provider", order, "upper_scan", len(content)).headers["Location"]

    first = tus_piece(cast.owner.client, address, 0, content[:1000])
    standing = cast.owner.client.head(address, headers={"Tus-Resumable": "1.0.0"})
    second = tus_piece(cast.owner.client, address, 1000, content[1000:])
    run_all()

    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "1000")
    assert (standing.headers["Upload-Offset"], standing.headers["Upload-Length"]) == ("1000", str(len(content)))
    assert standing.headers["Cache-Control"] == "no-store"
    assert second.headers["Upload-Offset"] == str(len(content))
    record = Record.objects.get()
    assert record.sha256 == hashlib.sha256(content).hexdigest()
    assert files().open(record.key).read() == content
    order.refresh_from_db()
    assert order.records_present == {"upper_scan": record.pk}
    assert cast.owner.client.get(address).json()["state"] == "taken"


def test_a_wrong_offset_is_409_and_changes_nothing(cast, order):
    content = stl()
    address = tus_begin(cast.owner.client, "provider", order, "upper_scan", len(content)).headers["Location"]
    tus_piece(cast.owner.client, address, 0, content[:1000])

    for offset in (0, 999, 1001):
        assert tus_piece(cast.owner.client, address, offset, content[1000:]).status_code == 409

    assert Upload.objects.get().offset == 1000


def test_what_had_come_before_the_connection_broke_is_kept_and_continued(cast, order):
    content = stl()
    begun = services.upload_begin(order=order, by=cast.owner.actor, filename="a.stl", size=len(content), slot="upper_scan")

    class Breaking(io.BytesIO):
        def read(self, size=-1):
            if self.tell() >= 500:
                raise UnreadablePostError("the line is dead")
            return super().read(500)

    services.upload_write(upload=begun, by=cast.owner.actor, offset=0, source=Breaking(content))
    assert Upload.objects.get().offset == 500

    services.upload_write(upload=begun, by=cast.owner.actor, offset=500, source=io.BytesIO(content[500:]))
    run_all()
    assert Record.objects.get().sha256 == hashlib.sha256(content).hexdigest()


def test_bytes_that_were_written_but_never_acknowledged_are_dropped(cast, order):
    content = stl()
    begun = services.upload_begin(order=order, by=cast.owner.actor, filename="a.stl", size=len(content), slot="upper_scan")
    incoming.path_of(begun.pk).write_bytes(b"x" * 5000)

    services.upload_write(upload=begun, by=cast.owner.actor, offset=0, source=io.BytesIO(content))

    assert incoming.path_of(begun.pk).read_bytes() == content


def test_more_bytes_than_announced_are_refused_and_the_announced_ones_kept(cast, order):
    address = tus_begin(cast.owner.client, "provider", order, "upper_scan", 100).headers["Location"]

    assert tus_piece(cast.owner.client, address, 0, b"x" * 101).status_code == 413
    assert Upload.objects.get().offset == 100


def test_two_connections_do_not_write_into_each_other(cast, order):
    begun = services.upload_begin(order=order, by=cast.owner.actor, filename="a.stl", size=100, slot="upper_scan")
    address = f"/provider/uploads/{begun.pk}/"

    with incoming.held(begun.pk):
        assert tus_piece(cast.owner.client, address, 0, b"x" * 10).status_code == 409

    assert Upload.objects.get().offset == 0


def test_the_protocol_is_told_and_another_version_is_412(cast, order):
    options = cast.owner.client.options("/provider/uploads/")
    other = cast.owner.client.post("/provider/uploads/", headers={"Tus-Resumable": "0.2.2"})

    assert options.headers["Tus-Version"] == "1.0.0"
    assert "creation" in options.headers["Tus-Extension"]
    assert (other.status_code, other.headers["Tus-Version"]) == (412, "1.0.0")


def test_a_piece_of_another_type_is_415(cast, order):
    address = tus_begin(cast.owner.client, "provider", order, "upper_scan", 100).headers["Location"]

    assert cast.owner.client.patch(address, b"x", content_type="text/html", headers={"Upload-Offset": "0"}).status_code == 415


def test_an_upload_without_the_csrf_token_is_refused(cast, order):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.owner.user)

    assert tus_begin(strict, "provider", order, "upper_scan", 100).status_code == 403


@pytest.mark.parametrize("size", [120_000_001, 0, -5])
def test_a_scan_beyond_the_limit_or_without_size_is_413_with_the_reason(cast, order, size):
    answer = tus_begin(cast.owner.client, "provider", order, "upper_scan", size, "huge.stl")

    assert answer.status_code == 413
    assert "huge.stl" in answer.json()["reason"]
    assert not Upload.objects.exists()


def test_a_place_that_does_not_exist_is_422(cast, order):
    assert tus_begin(cast.owner.client, "provider", order, "passport", 100).status_code == 422


def test_when_storage_is_short_uploads_get_507_and_everything_else_works(cast, order, settings):
    settings.MIDLINE_RESERVED_BYTES = shutil.disk_usage("/").free * 10

    answer = tus_begin(cast.owner.client, "provider", order, "upper_scan", 100)

    assert answer.status_code == 507
    assert answer.json()["reason"]
    settings.MIDLINE_RESERVED_BYTES = 0
    assert tus_begin(cast.owner.client, "provider", order, "upper_scan", 100).status_code == 201


def test_anyone_but_the_uploader_gets_what_an_unknown_upload_gets(cast, order):
    share(order.case, cast.with_every_grant.collaboration)
    address = tus_begin(cast.owner.client, "provider", order, "upper_scan", 100).headers["Location"]
    number = address.split("/")[3]

    for person, workspace in (
        (cast.with_every_grant, "collaborator"), (cast.other_provider, "provider"), (cast.technician, "lab"),
    ):  # fmt: skip
        theirs = f"/{workspace}/uploads/{number}/"
        assert tus_piece(person.client, theirs, 0, b"x").status_code == 404
        assert person.client.head(theirs).status_code == 404
        assert person.client.delete(theirs).status_code == 404
    assert Upload.objects.get().offset == 0


def test_an_upload_belongs_to_the_workspace_in_which_it_began(cast, order):
    CollaborationFactory(provider=cast.other_provider.user.provider, person=cast.owner.user)
    address = tus_begin(cast.owner.client, "provider", order, "upper_scan", 100).headers["Location"]

    assert cast.owner.client.head(address.replace("/provider/", "/collaborator/")).status_code == 404


def test_after_access_has_ended_the_upload_is_404_at_the_next_piece(cast, order):
    share(order.case, cast.with_every_grant.collaboration)
    client = cast.with_every_grant.client
    address = tus_begin(client, "collaborator", order, "upper_scan", 100).headers["Location"]
    assert tus_piece(client, address, 0, b"x" * 10).status_code == 204

    Collaboration.objects.filter(pk=cast.with_every_grant.collaboration.pk).update(
        state=Collaboration.State.ENDED, ended=Collaboration.Ended.REVOKED, ended_at=clock.now()
    )

    assert tus_piece(client, address, 10, b"x" * 10).status_code == 404
    assert client.head(address).status_code == 404


def test_what_arrived_whole_before_access_ended_becomes_no_record(cast, order):
    share(order.case, cast.with_every_grant.collaboration)
    content = stl()
    begun = services.upload_begin(order=order, by=cast.with_every_grant.actor, filename="a.stl", size=len(content), slot="upper_scan")
    services.upload_write(upload=begun, by=cast.with_every_grant.actor, offset=0, source=io.BytesIO(content))
    Collaboration.objects.filter(pk=cast.with_every_grant.collaboration.pk).update(state=Collaboration.State.ENDED)

    run_all()

    assert not Record.objects.exists()
    assert Upload.objects.get().state == Upload.State.REFUSED


def test_without_the_grant_a_visible_case_takes_no_upload(cast):
    order = cast.case.current_order

    assert tus_begin(cast.with_no_grant.client, "collaborator", order, "upper_scan", 100).status_code == 403
    assert tus_begin(cast.stranger.client, "collaborator", order, "upper_scan", 100).status_code == 404
    assert tus_begin(cast.technician.client, "lab", order, "upper_scan", 100).status_code == 403
    assert not Upload.objects.exists()


def test_who_may_only_add_orders_uploads_to_a_draft_and_not_to_a_submitted_order(cast):
    beginner = CollaborationFactory(provider=cast.practice.provider, add_orders=True)
    from midline.cases.tests.factories import collaborator_actor

    actor = collaborator_actor(beginner)
    own = draft(cast.practice, by=actor)
    share(cast.case, beginner)
    client = Client()
    client.force_login(beginner.person)

    assert tus_begin(client, "collaborator", own, "upper_scan", 100).status_code == 201
    assert tus_begin(client, "collaborator", cast.case.current_order, "upper_scan", 100).status_code == 403


def test_giving_up_removes_row_and_bytes(cast, order, django_capture_on_commit_callbacks):
    address = tus_begin(cast.owner.client, "provider", order, "upper_scan", 100).headers["Location"]
    path = incoming.path_of(Upload.objects.get().pk)
    assert path.exists()

    with django_capture_on_commit_callbacks(execute=True):
        assert cast.owner.client.delete(address).status_code == 204

    assert not Upload.objects.exists()
    assert not path.exists()


def test_uploads_untouched_for_seven_days_are_swept_and_younger_ones_stay(cast, order):
    old = services.upload_begin(order=order, by=cast.owner.actor, filename="old.stl", size=100, slot="upper_scan")
    young = services.upload_begin(order=order, by=cast.owner.actor, filename="young.stl", size=100, slot="lower_scan")
    Upload.objects.filter(pk=old.pk).update(touched_at=clock.now() - services.KEPT_UNTOUCHED - services.KEPT_UNTOUCHED / 100)

    assert services.uploads_sweep() == 1

    assert list(Upload.objects.all()) == [young]
    assert not incoming.path_of(old.pk).exists()
    assert incoming.path_of(young.pk).exists()


def test_the_same_bytes_again_are_the_record_that_is_there(cast, order):
    first = upload(order, cast.owner.actor, "upper_scan", stl(), "a.stl")
    again = upload(order, cast.owner.actor, "upper_scan", stl(), "b.stl")

    assert first.record_id == again.record_id
    assert Record.objects.count() == 1


def test_two_uploads_for_one_slot_leave_the_later_one_shown_and_keep_the_earlier(cast, order):
    first = add_record(order, cast.owner.actor, "upper_scan", stl(), "first.stl")
    second = add_record(order, cast.owner.actor, "upper_scan", stl(header=b"another"), "second.stl")

    first.refresh_from_db()
    order.refresh_from_db()
    assert first.removed_at
    assert order.records_present == {"upper_scan": second.pk}


def test_the_check_of_a_taken_upload_runs_again_without_effect(cast, order):
    done = upload(order, cast.owner.actor, "upper_scan", stl())
    Job.objects.update(state=Job.State.WAITING, attempts=0)

    run_all()

    assert Record.objects.count() == 1
    assert Upload.objects.get().record_id == done.record_id


def test_a_setup_is_uploaded_by_its_planner_alone_and_handed_to_the_room_that_receives_it(cast, monkeypatch):
    from midline.cases.tests.factories import move
    from midline.records.tests.factories import zipped

    case = move(cast.case, "take", technician=cast.technician.user)
    taken = []
    monkeypatch.setitem(services.RECEIVERS, "setup", lambda upload, stored, by: taken.append((upload.order_id, stored.size, by.user_id)))
    content = zipped(("stage_00_upper.stl", stl()))

    assert tus_begin(cast.owner.client, "provider", case.current_order, "", len(content), purpose="setup").status_code == 403
    answer = tus_begin(cast.technician.client, "lab", case.current_order, "", len(content), "plan.zip", purpose="setup")
    tus_piece(cast.technician.client, answer.headers["Location"], 0, content)
    run_all()

    assert taken == [(case.current_order_id, len(content), cast.technician.user.pk)]
    assert cast.technician.client.get(answer.headers["Location"]).json()["state"] == "taken"


def test_a_draft_of_the_owner_is_not_the_labs_to_upload_to(cast, order):
    assert provider_actor(cast.practice) == cast.owner.actor
    assert tus_begin(cast.technician.client, "lab", order, "upper_scan", 100).status_code == 404


def test_the_sweep_of_the_store_is_told_every_file_of_a_record(cast, order):
    record = add_record(order, cast.owner.actor, "upper_scan")
    keys = [record.key, record.thumb_key, record.model_key, record.meta["scrubbed_key"]]

    assert unnamed([*keys, "aa/bb/nobody"]) == {"aa/bb/nobody"}


def test_what_was_begun_and_left_is_forgotten_when_its_place_is_filled(cast, order, django_capture_on_commit_callbacks):
    left = services.upload_begin(order=order, by=cast.owner.actor, filename="a.stl", size=100, slot="upper_scan")

    with django_capture_on_commit_callbacks(execute=True):
        add_record(order, cast.owner.actor, "upper_scan")

    assert not Upload.objects.filter(pk=left.pk).exists()
    assert not incoming.path_of(left.pk).exists()


def test_submitting_while_the_last_scan_is_checked_does_not_lose_it(cast, order):
    """Who may only add orders submits between the last byte and the end of the check: what had wholly come counts."""
    from midline.cases.services import order_move
    from midline.cases.tests.factories import collaborator_actor

    actor = collaborator_actor(CollaborationFactory(provider=cast.practice.provider, add_orders=True))
    own = draft(cast.practice, by=actor)
    begun = services.upload_begin(order=own, by=actor, filename="a.stl", size=len(stl()), slot="bite")
    services.upload_write(upload=begun, by=actor, offset=0, source=io.BytesIO(stl()))
    order_move(order=own, event="submit", by=actor)

    run_all()

    assert Upload.objects.get(pk=begun.pk).state == Upload.State.TAKEN
    assert tus_begin(cast.owner.client, "provider", own, "bite", 100).status_code == 201
