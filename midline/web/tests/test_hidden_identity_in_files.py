"""The patient's name in every place of a file where software writes one: nothing that is handed out under hidden identity holds it.

Everything here went through the real check and the real import, and is looked at as bytes, unpacked, and as its own reader reads it.
"""

import gzip
import io
import re
import zipfile
from uuid import uuid4

import brotli
import pytest
from django.urls import reverse
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydicom import dcmread

from midline.cases.models import Case, Order
from midline.cases.services import order_move
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.jobs.services import run_all
from midline.records.models import Record, Slot
from midline.records.tests.factories import add_record, dicom, picture, stl, zipped
from midline.setups.models import SetupImport, SetupVersion
from midline.setups.services import import_begin, import_map
from midline.setups.tests.zips import staged_files
from midline.setups.tests.zips import zipped as zipped_setup

pytestmark = [pytest.mark.slow, pytest.mark.once]

NAME = "Quirinia Zyxwvutowska"
PARTS = [part.encode(code) for part in (*NAME.split(), NAME.split()[1].upper()) for code in ("ascii", "utf-16-le", "utf-16-be")]
BORN = "19610203"
KINDS = ("thumb", "shown", "model", "scrubbed")


def holds_name(content: bytes) -> bool:
    return any(part in content for part in [*PARTS, BORN.encode()])


def jpeg() -> bytes:
    """A photo as a practice's software exports it: the name in EXIF, in XMP, in an IPTC block, in a comment."""
    image = Image.open(io.BytesIO(picture()))
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x8298] = NAME, NAME, NAME
    exif[0x9C9F] = NAME.encode("utf-16-le")
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + NAME.encode()
    out = io.BytesIO()
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:title>{NAME}</dc:title></x:xmpmeta>'.encode()
    image.save(out, "JPEG", exif=exif, comment=NAME.encode(), xmp=xmp)
    photoshop = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + len(NAME).to_bytes(4, "big") + NAME.encode()
    whole = out.getvalue()
    return whole[:2] + b"\xff\xed" + (len(photoshop) + 2).to_bytes(2, "big") + photoshop + whole[2:]


def png() -> bytes:
    about = PngInfo()
    about.add_text("Title", NAME)
    about.add_itxt("Author", NAME)
    about.add_text("Comment", NAME, zip=True)
    out = io.BytesIO()
    Image.open(io.BytesIO(picture(kind="PNG"))).save(out, "PNG", pnginfo=about)
    return out.getvalue() + NAME.encode()


def named_dicom() -> bytes:
    """Beside the usual elements: a private one, a sequence, a retired comment."""
    content = dcmread(io.BytesIO(dicom(patient=f"{NAME.split()[1]}^{NAME.split()[0]}")))
    content.PatientBirthDate, content.PatientComments, content.OtherPatientNames = BORN, NAME, NAME
    content.private_block(0x0013, NAME, create=True).add_new(2, "UT", NAME)
    content.ImageComments = NAME
    out = io.BytesIO()
    content.save_as(out, enforce_file_format=True)
    return out.getvalue()


def pdf() -> bytes:
    info = f"2 0 obj<</Title({NAME})/Author({NAME})>>endobj\n".encode()
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n" + info + b"trailer<</Root 1 0 R/Info 2 0 R>>\n%%EOF\n"


def ascii_stl() -> bytes:
    faces = "".join(
        f"facet normal 0 0 1\nouter loop\nvertex {n} 0 0\nvertex {n + 1} 0 0\nvertex {n} 1 {n % 7}\nendloop\nendfacet\n" for n in range(400)
    )
    return f"solid {NAME}\n{faces}endsolid {NAME}\n".encode()


FILES = {
    Slot.UPPER_SCAN: (stl(header=NAME.encode()), f"{NAME} upper.stl"),
    Slot.LOWER_SCAN: (zipped((f"{NAME}/lower {NAME}.stl", stl(header=NAME.encode()))), f"{NAME}.zip"),
    Slot.BITE: (ascii_stl(), f"{NAME} bite.stl"),
    Slot.FACE_REST: (jpeg(), f"{NAME} {BORN}.jpg"),
    Slot.PROFILE: (png(), f"{NAME}.png"),
    Slot.PANORAMIC: (named_dicom(), f"{NAME}.dcm"),
    Slot.LATERAL_CEPH: (jpeg(), f"{NAME} ceph.jpg"),
    Slot.FULL_SET: (pdf(), f"{NAME}.pdf"),
}


def answer(client, address: str, **headers: str) -> tuple[int, bytes]:
    """Status, headers and the body, unpacked where it came packed."""
    response = client.get(address, headers=headers)
    body = b"".join(response)
    match response.get("Content-Encoding"):
        case "br":
            body = brotli.decompress(body)
        case "gzip":
            body = gzip.decompress(body)
    return response.status_code, "\n".join(f"{key}: {value}" for key, value in response.items()).encode() + b"\n" + body


def hide(cast) -> None:
    Collaboration.objects.filter(provider=cast.practice.provider).update(hides_identity=True)


def test_every_file_they_may_fetch_is_clean_and_every_original_is_closed(cast):
    for slot, (content, filename) in FILES.items():
        assert holds_name(content) or filename.endswith(".zip"), slot
        add_record(cast.case.current_order, cast.owner.actor, slot, content, filename)
    hide(cast)
    client = cast.with_every_grant.client
    got: dict[tuple[str, str], int] = {}
    for record in Record.objects.all():
        for what in (*KINDS, "original"):
            address = reverse("records:file", args=["collaborator", cast.case.number, record.pk, what])
            status, found = answer(client, address)
            got[record.slot, what] = status
            assert not holds_name(found), (record.slot, what)

    assert {what: status for (_slot, what), status in got.items() if what == "original"} == {"original": 403}
    assert {slot for slot, what in got if what == "original"} == {slot.value for slot in FILES}
    assert (
        got["panoramic", "scrubbed"]
        == got["face_rest", "scrubbed"]
        == got["upper_scan", "scrubbed"]
        == got["lower_scan", "scrubbed"]
        == 200
    )
    assert got["full_set", "shown"] == got["full_set", "scrubbed"] == 403 or got["full_set", "scrubbed"] == 404, "a PDF cannot be scrubbed"
    for page in ("", "records/", "prescription/", "orders/", "history/"):
        status, found = answer(client, f"/collaborator/cases/{cast.case.number}/{page}")
        assert status == 200
        assert not holds_name(found), page
    first = Record.objects.order_by("pk").values_list("pk", flat=True)[0]
    assert holds_name(answer(cast.owner.client, reverse("records:file", args=["provider", cast.case.number, first, "original"]))[1])


def test_the_scrubbed_copies_keep_what_a_clinician_needs(cast):
    for slot in (Slot.PANORAMIC, Slot.UPPER_SCAN):
        add_record(cast.case.current_order, cast.owner.actor, slot, *FILES[slot])
    hide(cast)

    def scrubbed(slot: Slot) -> bytes:
        record = Record.objects.get(slot=slot)
        response = cast.with_every_grant.client.get(reverse("records:file", args=["collaborator", cast.case.number, record.pk, "scrubbed"]))
        assert re.search(rf'filename="{cast.case.number}_{slot}\.(dcm|stl)"', response["Content-Disposition"])
        return b"".join(response)

    xray = dcmread(io.BytesIO(scrubbed(Slot.PANORAMIC)))
    assert (xray.PatientName, xray.PatientID, xray.PatientBirthDate) == ("", "", "")
    assert (xray.PatientSex, xray.PatientIdentityRemoved, xray.Rows, xray.Columns) == ("F", "YES", 60, 100)
    assert not [element for element in xray.iterall() if element.tag.is_private]
    scan = scrubbed(Slot.UPPER_SCAN)
    assert (int.from_bytes(scan[80:84], "little"), len(scan)) == ((len(stl()) - 84) // 50, len(stl()))


def test_a_setup_made_from_named_files_carries_no_name(cast):
    """ZIP, folders, file names and STL headers: models, pictures, review page and plan show none of it; the ZIP itself is closed."""
    upper, lower = f"{NAME}/{NAME} upper {{:02d}}.stl", f"{NAME}/{NAME} lower {{:02d}}.stl"
    files = {name: NAME.encode().ljust(80, b"\0") + body[80:] for name, body in staged_files(2, upper=upper, lower=lower).items()}
    order = order_move(order=cast.case.current_order, event="take", by=cast.technician.actor)
    import_begin(order=order, by=cast.technician.actor, source=zipped_setup(files), filename=f"{NAME}.zip", replaces=False)
    run_all()
    item = SetupImport.objects.get()
    mapping = [{"name": row["name"], "arch": row["arch"], "stage": row["stage"]} for row in item.report["files"]]
    import_map(item=item, mapping=mapping, by=cast.technician.actor)
    run_all()
    SetupVersion.objects.update(published_at=clock.now(), published_by=cast.technician.user, content_hash="0" * 64)
    order_move(order=Order.objects.get(pk=order.pk), event="publish", by=cast.technician.actor, version=1)
    hide(cast)
    client, number = cast.with_every_grant.client, Case.objects.get(pk=cast.case.pk).number

    seen = 0
    for what in ("preview", "full"):
        for code in ("", "br", "gzip"):
            status, found = answer(client, reverse("setups:model", args=["collaborator", number, 1, what]), **{"Accept-Encoding": code})
            seen += status == 200
            assert not holds_name(found), (what, code)
    for what in ("front", "start"):
        status, found = answer(client, reverse("setups:picture", args=["collaborator", number, 1, what]))
        seen += status == 200
        assert not holds_name(found), what
    assert seen == 8
    status, page = answer(client, reverse("setups:review", args=["collaborator", number, 1]))
    assert status == 200
    assert not holds_name(page)
    assert answer(client, reverse("setups:original", args=["collaborator", number, 1]))[0] == 403
    original = answer(cast.owner.client, reverse("setups:original", args=["provider", number, 1]))[1]
    assert holds_name(original) or NAME in zipfile.ZipFile(io.BytesIO(original[original.index(b"PK") :])).namelist()[0]


def test_a_refused_upload_tells_only_its_uploader_its_name(cast):
    from midline.records.tests.factories import upload

    order = cast.case.current_order
    refused = upload(order, cast.owner.actor, Slot.FACE_SMILE, b"nothing of a picture", f"{NAME}.jpg")
    assert NAME in refused.reason
    hide(cast)
    client = cast.with_every_grant.client
    for address in (
        reverse("records:place", args=["collaborator", cast.case.number, order.pk, Slot.FACE_SMILE]),
        reverse("records:upload", args=["collaborator", refused.pk]),
        reverse("records:upload", args=["collaborator", uuid4()]),
        f"/collaborator/cases/{cast.case.number}/records/",
    ):
        assert not holds_name(answer(client, address)[1]), address
