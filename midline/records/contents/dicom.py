"""DICOM X-rays: the header read strictly, a copy without the patient, and a picture where the pixels are stored plainly."""

from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from midline.records.contents.pictures import MAX_PIXELS, write_copies
from midline.records.contents.refusal import NotTaken

# Deflated files may unfold a thousandfold while the header is read, so they are not opened at all.
_PLAIN: Final = {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian}
# What the scrubbed copy keeps; everything else may name the patient, the clinic or the day. An allow-list, because names hide in
# private and retired elements too (DICOM PS3.15 Annex E names more than four hundred).
_KEPT: Final = (
    "SOPClassUID", "Modality", "ImageType", "BodyPartExamined", "PatientOrientation", "PatientSex", "PatientAge",
    "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio",
    "WindowCenter", "WindowWidth", "RescaleIntercept", "RescaleSlope", "RescaleType", "VOILUTFunction",
    "LossyImageCompression", "LossyImageCompressionRatio", "SmallestImagePixelValue", "LargestImagePixelValue", "PixelData",
)  # fmt: skip


def read_dicom(path: Path, out: Path) -> dict[str, Any]:
    """Checks the header, writes scrubbed.dcm, and shown.png with thumb.webp where one uncompressed frame can be drawn."""
    data = _read(path)
    syntax = data.file_meta.TransferSyntaxUID
    rows, columns = int(data.get("Rows", 0) or 0), int(data.get("Columns", 0) or 0)
    if rows * columns > MAX_PIXELS:
        raise NotTaken("too_many_pixels", limit=MAX_PIXELS // 1_000_000)
    _write_scrubbed(data, out / "scrubbed.dcm")
    report: dict[str, Any] = {
        "kind": "dicom",
        "content_type": "application/dicom",
        "scrubbed": "scrubbed.dcm",
        "width": columns,
        "height": rows,
    }
    if syntax in _PLAIN and "PixelData" in data and int(data.get("NumberOfFrames", 1) or 1) == 1:
        write_copies(_drawn(data), out, shown="shown.png")
        report |= {"shown": "shown.png", "shown_type": "image/png"}
    return report


def _read(path: Path) -> Dataset:
    try:
        data = dcmread(path, force=False)
        syntax = data.file_meta.TransferSyntaxUID
        list(data)
    except Exception as error:  # pydicom raises whatever the bytes lead it to
        raise NotTaken("broken_dicom") from error
    if syntax == DeflatedExplicitVRLittleEndian:
        raise NotTaken("deflated_dicom")
    return data


def _write_scrubbed(data: Dataset, target: Path) -> None:
    copy = Dataset()
    for name in _KEPT:
        if name in data:
            copy[name] = data[name]
    copy.PatientName = copy.PatientID = copy.PatientBirthDate = ""
    copy.PatientIdentityRemoved = "YES"
    copy.file_meta = type(data.file_meta)()
    copy.file_meta.TransferSyntaxUID = data.file_meta.TransferSyntaxUID
    copy.file_meta.MediaStorageSOPClassUID = UID(data.get("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7"))
    # The original's identifiers lead back to the clinic's archive; a fixed one under the UUID root says nothing.
    copy.file_meta.MediaStorageSOPInstanceUID = copy.SOPInstanceUID = UID("2.25.1")
    copy.SOPClassUID = copy.file_meta.MediaStorageSOPClassUID
    try:
        copy.save_as(target, enforce_file_format=True)
    except Exception as error:  # a header that reads but cannot be written is no sound file
        raise NotTaken("broken_dicom") from error


def _drawn(data: Dataset) -> Image.Image:
    """The frame as people see it: stretched between its 0.5th and 99.5th percentile, MONOCHROME1 turned round."""
    try:
        pixels = np.asarray(data.pixel_array)
    except Exception as error:
        raise NotTaken("broken_dicom") from error
    if pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8:
        return Image.fromarray(pixels)
    if pixels.ndim != 2:
        raise NotTaken("broken_dicom")
    values = pixels.astype(np.float32)
    low, high = np.percentile(values, [0.5, 99.5])
    grey = np.clip((values - low) / max(float(high - low), 1e-6), 0, 1)
    if data.get("PhotometricInterpretation") == "MONOCHROME1":
        grey = 1 - grey
    return Image.fromarray((grey * 255).astype(np.uint8))
