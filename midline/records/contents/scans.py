"""Scans: `meshes` reads them; this adds the full-size copy without header and names, for readers from whom identity is hidden."""

from pathlib import Path
from typing import Any

from meshes import scan, stl
from meshes.errors import BadFile
from midline.records.contents.refusal import NotTaken


def read_scan(path: Path, out: Path, name: str) -> dict[str, Any]:
    """Writes scrubbed.stl: every triangle, a neutral header. The report names what `meshes scan` does not need to know."""
    try:
        _kind, vertices, faces = scan.load(path, name)
    except BadFile as refused:
        raise NotTaken("mesh", reason=refused.reason, remedy=refused.remedy) from refused
    (out / "scrubbed.stl").write_bytes(stl.write(vertices[faces].astype("float32")))
    return {"scrubbed": "scrubbed.stl"}
