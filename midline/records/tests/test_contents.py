"""Files are taken by what they are, never by what they are called; each refusal names the file, the reason and the remedy."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from midline.core.storage import files
from midline.records.models import Record, Upload
from midline.records.tests.factories import PDF, add_record, arch, dicom, draft, flood_png, picture, stl, upload, zipped

# What a file holds is judged before the database is asked; uploads have their tests on both engines.
pytestmark = pytest.mark.once

HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def order(cast):
    return draft(cast.practice)


def bytes_of(key: str) -> bytes:
    with files().open(key) as file:
        return file.read()


def not_a_number() -> bytes:
    triangles = arch()
    triangles[3, 1, 2] = np.nan
    return stl(triangles)


def bomb() -> bytes:
    """100 MB of zeros in 100 kB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("upper.stl", bytes(100_000_000))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("cut.stl", stl()[:-700], "Cut off"),
        ("lying.stl", stl(count=4_000_000_000), "4,000,000,000"),
        ("nan.stl", not_a_number(), "not a number"),
        ("page.stl", HTML, "web page"),
        ("page.obj", HTML, "page.obj"),
        ("photo.stl", picture(), "photo.stl"),
        ("bomb.zip", bomb(), "times its size"),
        ("climbing.zip", zipped(("../../etc/cron.d/upper.stl", stl())), ".."),
        ("two.zip", zipped(("a.stl", stl()), ("b.stl", stl())), "2 models"),
        ("page.bin", HTML, "web page"),
    ],
)
def test_a_hostile_scan_is_refused_by_name_and_reason_and_the_draft_and_other_files_stay(cast, order, name, content, says):
    kept = add_record(order, cast.owner.actor, "lower_scan", stl(), "lower.stl")

    done = upload(order, cast.owner.actor, "upper_scan", content, name)

    assert done.state == Upload.State.REFUSED
    assert name in done.reason
    assert says in done.reason
    order.refresh_from_db()
    assert order.status == "draft"
    assert order.records_present == {"lower_scan": kept.pk}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("flood.png", flood_png(), "60 million pixels"),
        ("drawing.jpg", SVG, "an SVG drawing"),
        ("page.jpg", HTML, "a web page"),
        ("cut.jpg", picture()[:20_000], "cut off or damaged"),
        ("small.jpg", picture(640, 480), "640 × 480"),
        ("scan.jpg", stl(), "an STL model"),
        ("phone.jpg", b"\0\0\0\x18ftypheic" + b"\0" * 40, "Export it as a JPEG"),
        ("doc.png", PDF, "a PDF"),
    ],
)
def test_a_hostile_photo_is_refused_with_the_reason(cast, order, name, content, says):
    done = upload(order, cast.owner.actor, "front_bite", content, name)

    assert done.state == Upload.State.REFUSED
    assert done.reason.startswith(name)
    assert says in done.reason
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("scan.bin", stl()), ("wrong.ply", stl()), ("solid.stl", stl(header=b"solid scan")), ("one.zip", zipped(("upper.stl", stl())))],
)
def test_a_sound_scan_is_taken_whatever_it_is_called(cast, order, name, content):
    record = add_record(order, cast.owner.actor, "upper_scan", content, name)

    assert record.meta["triangles"] == len(arch())
    assert bytes_of(record.model_key)[:4] == b"glTF"
    assert bytes_of(record.key) == content


def test_the_served_copy_of_a_scan_has_no_header(cast, order):
    record = add_record(order, cast.owner.actor, "upper_scan", stl(), "Siobhan.stl")

    assert b"Siobhan" in bytes_of(record.key)
    for key in (record.model_key, record.thumb_key, record.meta["scrubbed_key"]):
        assert b"Siobhan" not in bytes_of(key)
    assert len(bytes_of(record.meta["scrubbed_key"])) == len(stl())


def test_the_served_copies_of_a_photo_have_no_location_and_stand_upright(cast, order):
    record = add_record(order, cast.owner.actor, "face_rest", picture(1600, 1200, gps=True, orientation=6), "IMG_2231.jpg")

    assert Image.open(io.BytesIO(bytes_of(record.key))).getexif().get_ifd(0x8825)
    for key in (record.served_key, record.thumb_key):
        served = Image.open(io.BytesIO(bytes_of(key)))
        assert not dict(served.getexif())
        assert b"Siobhan" not in bytes_of(key)
        assert served.width < served.height
    assert max(Image.open(io.BytesIO(bytes_of(record.thumb_key))).size) == 480


def test_of_a_polyglot_photo_only_the_pixels_are_served(cast, order):
    record = add_record(order, cast.owner.actor, "front_bite", picture() + HTML + zipped(("evil.html", HTML)), "both.jpg")

    assert b"script" in bytes_of(record.key)
    assert b"script" not in bytes_of(record.served_key)
    assert b"PK\x03\x04" not in bytes_of(record.served_key)


def test_a_transparent_png_is_taken_as_a_photo(cast, order):
    out = io.BytesIO()
    Image.new("RGBA", (1300, 1000), (10, 20, 30, 0)).save(out, "PNG")

    record = add_record(order, cast.owner.actor, "profile", out.getvalue(), "p.png")

    assert record.meta["shown_type"] == "image/jpeg"


def test_a_dicom_gets_a_picture_and_a_copy_without_the_patient(cast, order):
    record = add_record(order, cast.owner.actor, "panoramic", dicom(), "IM0001")

    scrubbed = bytes_of(record.meta["scrubbed_key"])
    assert b"Siobhan" in bytes_of(record.key)
    assert b"iobhan" not in scrubbed
    assert b"SIOBHAN" not in scrubbed
    assert b"19870304" not in scrubbed
    assert scrubbed[:2] != b"MZ"
    read = dcmread(io.BytesIO(scrubbed))
    assert (read.Rows, read.Columns, read.PatientSex) == (60, 100, "F")
    assert Image.open(io.BytesIO(bytes_of(record.served_key))).size == (100, 60)


@pytest.mark.parametrize(("name", "content"), [("cut.dcm", dicom()[:200]), ("page.dcm", b"\0" * 128 + b"DICM" + HTML)])
def test_a_broken_dicom_is_refused(cast, order, name, content):
    done = upload(order, cast.owner.actor, "panoramic", content, name)

    assert done.state == Upload.State.REFUSED
    assert name in done.reason


def test_a_pdf_is_an_x_ray_and_a_cut_off_one_is_not(cast, order):
    assert upload(order, cast.owner.actor, "panoramic", PDF, "opg.pdf").record
    assert "cut off" in upload(order, cast.owner.actor, "panoramic", PDF[:30], "cut.pdf").reason


def test_a_refusal_goes_when_a_sound_file_fills_the_slot(cast, order):
    upload(order, cast.owner.actor, "upper_scan", HTML, "page.stl")
    upload(order, cast.owner.actor, "upper_scan", stl(), "scan.stl")

    assert not Upload.objects.filter(state=Upload.State.REFUSED).exists()
