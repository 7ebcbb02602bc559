"""Runs the reading of one file in a child process and says what came out: copies to store, or a sentence of refusal."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from meshes.child import ChildFailed, ChildKilled, run_child
from midline.records.contents.magic import kind_of
from midline.records.models import Slot
from midline.records.reasons import sentence

CPU_SECONDS: Final = 120
TIMEOUT_SECONDS: Final = 240
_SCANS: Final = {"stl", "ply", "obj", "zip"}
_SUFFIXES: Final = {"stl": ".stl", "ply": ".ply", "obj": ".obj", "zip": ".zip"}


@dataclass
class Checked:
    """What a file turned out to be. `copies` maps a role (shown, thumb, model, scrubbed) to the file made for it.

    `refused` is the sentence that says why it is not taken; then nothing else is set.
    """

    content_type: str = "application/octet-stream"
    copies: dict[str, Path] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    refused: str = ""


def check(path: Path, slot: Slot, name: str, out: Path, beat: Callable[[], None]) -> Checked:
    """Reads `path` as a file for `slot`. Raises ChildFailed when the reading itself is at fault (worth another try)."""
    try:
        if slot.family == "scan":
            return _check_scan(path, name, out, beat)
        return _check_picture(path, slot.family, name, out, beat)
    except ChildKilled:
        return Checked(refused=sentence("too_slow", {}, name=name, family=slot.family))


def _run(arguments: list[str | Path], out: Path, beat: Callable[[], None], *, module: str) -> dict[str, Any]:
    out.mkdir(parents=True, exist_ok=True)
    run_child(arguments, cwd=out, cpu_seconds=CPU_SECONDS, timeout=TIMEOUT_SECONDS, on_progress=lambda _line: beat(), module=module)
    report: dict[str, Any] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return report


def _check_scan(path: Path, name: str, out: Path, beat: Callable[[], None]) -> Checked:
    kind = kind_of(path)
    if kind not in _SCANS:
        if path.suffix.lower() not in _SUFFIXES.values() and Path(name).suffix.lower() not in _SUFFIXES.values():
            return Checked(refused=sentence("wrong_kind", {"kind": kind}, name=name, family="scan"))
        # Its name claims a model: the strict reader of that kind knows the most useful sentence (cut off, false count, a web page, …).
        kind = Path(name).suffix.lower().lstrip(".")
    shown_as = name if Path(name).suffix.lower() == _SUFFIXES[kind] else f"{name}{_SUFFIXES[kind]}"
    report = _run(["scan", path, out / "scan", "--name", shown_as], out / "scan", beat, module="meshes")
    if refused := report["refused"]:
        reason = {"reason": _about(refused, shown_as), "remedy": refused["remedy"]}
        return Checked(refused=sentence("mesh", reason, name=name, family="scan"))
    scrubbed = _run(["scan", path, out / "copy", "--name", shown_as], out / "copy", beat, module="midline.records.contents")
    if refused := scrubbed["refused"]:
        return Checked(refused=sentence(refused["code"], refused["values"], name=name, family="scan"))
    copies = {"thumb": out / "scan" / "thumb.webp", "model": out / "scan" / "preview.glb", "scrubbed": out / "copy" / "scrubbed.stl"}
    meta = {key: report[key] for key in ("format", "triangles", "box_mm", "unit_warning")}
    return Checked(content_type=f"model/{kind}" if kind != "zip" else "application/zip", copies=copies, meta=meta)


def _about(refused: dict[str, str], shown_as: str) -> str:
    """A refusal inside a ZIP names the entry too."""
    return refused["reason"] if refused["file"] == shown_as else f"{refused['file']}: {refused['reason']}"


def _check_picture(path: Path, family: str, name: str, out: Path, beat: Callable[[], None]) -> Checked:
    report = _run([family, path, out / "read", "--name", name], out / "read", beat, module="midline.records.contents")
    if refused := report["refused"]:
        return Checked(refused=sentence(refused["code"], refused["values"], name=name, family=family))
    made = out / "read"
    copies = {}
    if "shown" in report:
        copies = {"shown": made / report["shown"], "thumb": made / "thumb.webp"}
    if "scrubbed" in report:
        copies["scrubbed"] = made / report["scrubbed"]
    meta: dict[str, Any] = {key: report[key] for key in ("kind", "width", "height", "shown_type") if key in report}
    return Checked(content_type=report["content_type"], copies=copies, meta=meta)


__all__ = ["CPU_SECONDS", "Checked", "ChildFailed", "check"]
