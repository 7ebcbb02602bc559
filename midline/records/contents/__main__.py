"""The command line of the child: FAMILY (photo, xray, document, scan), FILE, OUT, --name. Always exit 0 with a report for a refusal."""

import argparse
import json
from pathlib import Path
from typing import Any

from midline.records.contents import dicom, pictures, scans
from midline.records.contents.magic import kind_of
from midline.records.contents.refusal import NotTaken


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m midline.records.contents")
    parser.add_argument("family", choices=["photo", "xray", "document", "scan"])
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--name", required=True)
    chosen = parser.parse_args(arguments)
    try:
        report = read(chosen.family, chosen.file, chosen.out, chosen.name) | {"refused": None}
    except NotTaken as refused:
        report = {"refused": {"code": refused.code, "values": refused.values}}
    (chosen.out / "report.json").write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")


def read(family: str, path: Path, out: Path, name: str) -> dict[str, Any]:
    if family == "scan":
        return scans.read_scan(path, out, name)
    kind = kind_of(path)
    if kind in pictures.FORMATS:
        return pictures.read_picture(path, out, kind, photo=family == "photo")
    if family in {"xray", "document"} and kind == "pdf":
        return read_pdf(path)
    if family == "xray" and kind == "dicom":
        return dicom.read_dicom(path, out)
    raise NotTaken("wrong_kind", kind=kind)


def read_pdf(path: Path) -> dict[str, Any]:
    """A PDF is never opened here and never shown in the portal: it is handed on as an attachment. It must be whole."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, 2048), 2)
        if b"%%EOF" not in file.read():
            raise NotTaken("cut_off", kind="PDF")
    return {"kind": "pdf", "content_type": "application/pdf"}


if __name__ == "__main__":
    main()
