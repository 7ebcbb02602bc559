"""Files, uploads and records for tests: made in memory, sound or hostile."""

import base64
import io
import struct
import zipfile
import zlib
from uuid import uuid4

import numpy as np
from django.test import Client
from PIL import Image

from midline.cases import services as cases
from midline.cases.models import Case, CaseType, Order
from midline.cases.tests.factories import provider_actor
from midline.jobs.services import run_all
from midline.people.policies import Actor
from midline.practices.models import Practice
from midline.records import services
from midline.records.models import Record, Slot, Upload


def draft(practice: Practice, *, by: Actor | None = None, kind: CaseType = CaseType.ALIGNER, **answers) -> Order:
    """A draft with a named patient."""
    actor = by or provider_actor(practice)
    order = cases.case_begin(practice=practice, kind=kind, by=actor, key=uuid4(), values={"arches": "both", **answers})
    case = Case.objects.get(pk=order.case_id)
    cases.patient_save(case=case, by=actor, first_name="Siobhán", last_name="O’Súilleabháin")
    return Order.objects.select_related("case").get(pk=order.pk)


def arch(*, columns: int = 48, rows: int = 12, lower: bool = False) -> np.ndarray:
    """Triangles (n, 3, 3) of a closed horseshoe, 60 mm wide, in mm."""
    angle = np.linspace(0.1, np.pi - 0.1, columns)
    turn = np.linspace(0, 2 * np.pi, rows, endpoint=False)
    centre = np.stack([30 * np.cos(angle), 40 * np.sin(angle), np.zeros(columns)], axis=1)
    outward = np.stack([np.cos(angle), np.sin(angle), np.zeros(columns)], axis=1)
    ring = centre[:, None] + 5 * (np.cos(turn)[None, :, None] * outward[:, None] + np.sin(turn)[None, :, None] * np.array([0, 0, 1.0]))
    if lower:
        ring[..., 2] *= -1
    faces = []
    for c in range(columns - 1):
        for r in range(rows):
            a, b = ring[c, r], ring[c, (r + 1) % rows]
            d, e = ring[c + 1, r], ring[c + 1, (r + 1) % rows]
            faces += [(a, d, b), (b, d, e)]
    for end, flip in ((0, False), (columns - 1, True)):
        for r in range(1, rows - 1):
            fan = (ring[end, 0], ring[end, r], ring[end, r + 1])
            faces.append(fan[::-1] if flip else fan)
    return np.array(faces, dtype=np.float32)


def stl(triangles: np.ndarray | None = None, *, header: bytes = b"Siobhan O'Suilleabhain 1987-03-04", count: int | None = None) -> bytes:
    """A binary STL; `count` lies about the number of triangles."""
    triangles = arch() if triangles is None else triangles
    record = np.zeros(len(triangles), dtype=[("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")])
    record["c"] = triangles
    return header.ljust(80, b"\0") + struct.pack("<I", len(triangles) if count is None else count) + record.tobytes()


def picture(width: int = 1600, height: int = 1200, kind: str = "JPEG", *, gps: bool = False, orientation: int = 1) -> bytes:
    """A photo with a gradient, so that it is neither empty nor alike at every turn."""
    across = np.linspace(0, 255, width, dtype=np.uint8)
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[..., 0] = across
    pixels[..., 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    image = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera of Siobhan"
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 55.0, 30.0), 3: "E", 4: (10.0, 45.0, 0.0)})
    out = io.BytesIO()
    image.save(out, kind, **({"exif": exif, "comment": b"made for Siobhan"} if kind == "JPEG" else {}))
    return out.getvalue()


def flood_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """A few hundred bytes that claim 3.6 thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def zipped(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def dicom(*, patient: str = "O'Suilleabhain^Siobhan") -> bytes:
    """An uncompressed grey X-ray with a patient's name in its header, a private element and a preamble that is a program's."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.1")
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", Dataset(), file_meta=meta, preamble=b"MZ" + b"\0" * 126)
    data.SOPClassUID, data.SOPInstanceUID = str(meta.MediaStorageSOPClassUID), str(meta.MediaStorageSOPInstanceUID)
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = patient, "SIOBHAN-1", "19870304", "F"
    data.InstitutionName, data.Modality = "Siobhan's clinic", "PX"
    data.private_block(0x0011, "Siobhan Inc", create=True).add_new(1, "LO", "Siobhan")
    data.Rows, data.Columns, data.SamplesPerPixel, data.PhotometricInterpretation = 60, 100, 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    data.PixelData = np.tile(np.arange(100, dtype=np.uint16) * 40, (60, 1)).tobytes()
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def upload(
    order: Order | None, by: Actor, slot: Slot | str, content: bytes, filename: str = "file.bin", *, purpose: str = "record"
) -> Upload:
    """A whole upload, checked by the job that people's uploads go through."""
    assert order
    begun = services.upload_begin(order=order, by=by, filename=filename, size=len(content), slot=str(slot), purpose=purpose)
    services.upload_write(upload=begun, by=by, offset=0, source=io.BytesIO(content))
    run_all()
    return Upload.objects.get(pk=begun.pk)


def add_record(order: Order | None, by: Actor, slot: Slot | str, content: bytes | None = None, filename: str = "") -> Record:
    """A record that passed the real check. Scans and photos come with content of their own."""
    assert order
    family = Slot(str(slot)).family
    content = content or (stl() if family == "scan" else picture())
    done = upload(order, by, slot, content, filename or ("scan.stl" if family == "scan" else "photo.jpg"))
    assert done.record, done.reason
    return done.record


def place_record(order: Order, by: Actor, slot: Slot | str, filename: str = "scan.stl") -> Record:
    """A record as a row alone, with no check and no picture: for tests of what stands above the files."""
    record = Record.objects.create(
        case_id=order.case_id, order=order, slot=str(slot), filename=filename, content_type="model/stl", key="aa/bb/none", size=84,
        sha256="0" * 64, added_by=by.user,
    )  # fmt: skip
    order.records_present = {**order.records_present, str(slot): record.pk}
    order.save(update_fields=["records_present"])
    return record


def tus_metadata(**values: object) -> str:
    return ",".join(f"{key} {base64.b64encode(str(value).encode()).decode()}" for key, value in values.items())


def tus_begin(client: Client, workspace: str, order: Order | None, slot: str, size: int, filename: str = "scan.stl", **about: object):
    """The POST with which the script begins an upload."""
    return client.post(
        f"/{workspace}/uploads/",
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(size),
            "Upload-Metadata": tus_metadata(order=order.pk if order else 0, slot=slot, filename=filename, **about),
        },
    )


def tus_piece(client: Client, address: str, offset: int, data: bytes):
    """One PATCH of an upload."""
    return client.patch(
        address, data, content_type="application/offset+octet-stream", headers={"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset)}
    )
