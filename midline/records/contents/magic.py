"""What a file is by its first bytes. Its name and what the browser says about it are never asked."""

from pathlib import Path
from typing import Final

HEAD_BYTES: Final = 4096
_SIGNS: Final = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"ply\n", "ply"),
    (b"ply\r", "ply"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"glTF", "glb"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gzip"),
)
_PAGES: Final = (b"<!doctype", b"<html", b"<head", b"<body", b"<script")
_HEIC: Final = {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis", b"avif"}


def kind_of(path: Path) -> str:
    """jpeg, png, pdf, dicom, zip, ply, stl, obj, a kind that is named only to refuse it (heic, svg, html, …), or ""."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    # A DICOM's first 128 bytes are anybody's, so its own sign goes before the others.
    if head[128:132] == b"DICM":
        return "dicom"
    for sign, kind in _SIGNS:
        if head.startswith(sign):
            return kind
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return "heic"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    return _text_kind(head) or _model_kind(head, size)


def _text_kind(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(_PAGES):
        return "html"
    if text.startswith((b"<?xml", b"<svg")):
        return "svg" if b"<svg" in text else "xml"
    return ""


def _model_kind(head: bytes, size: int) -> str:
    """STL has no sign of its own: its size must fit its count (84 + 50 n), or it is the text form."""
    if size >= 84 and size == 84 + 50 * int.from_bytes(head[80:84], "little"):
        return "stl"
    if head[:5].lower() == b"solid":
        return "stl"
    if b"\0" not in head:
        words = {line.split(b" ", 1)[0].strip() for line in head.splitlines()}
        if words & {b"v", b"f"} and words <= {b"v", b"vn", b"vt", b"f", b"o", b"g", b"s", b"#", b"mtllib", b"usemtl", b"l", b"p", b""}:
            return "obj"
    return ""
