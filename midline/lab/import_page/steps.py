"""How far an import is: four steps in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from midline.core import clock
from midline.core.sizes import file_size
from midline.lab.import_page.files import is_doubtful
from midline.setups.models import SetupImport
from midline.setups.queries import ImportStanding, accuracy_um

State = SetupImport.State


@dataclass(frozen=True)
class Step:
    """state: done, warn, doing, failed or todo; percent while it is doing."""

    name: str
    label: str
    state: str
    words: str
    percent: int | None = None


def steps(item: SetupImport, standing: ImportStanding) -> list[Step]:
    """Read, match, pack, check: how far the import is, in words."""
    return [_read_step(item, standing), _match_step(item, standing), _pack_step(item, standing), _check_step(item, standing)]


def _doing(item: SetupImport, step: str) -> tuple[int, str]:
    said = item.progress if item.progress.get("step") == step else {}
    of, done = int(said.get("of") or 0), int(said.get("done") or 0)
    words = _("Waiting for a worker") if not item.progress else _("Working")
    if of and said.get("part") == "read":
        words = _("%(done)s of %(of)s files") % {"done": done, "of": of}
    elif said:
        parts = {"parts": _("Telling teeth apart"), "poses": _("Following the teeth"), "pack": _("Making the files small")}
        parts["check"] = _("Drawing the pictures")
        words = parts.get(str(said.get("part")), words)
    percent = said.get("percent", round(100 * done / of) if of else 0)
    return percent, " · ".join(filter(None, [_left(said), words]))


def _left(said: Mapping[str, Any]) -> str:
    """ "6 s left": what was worked out with the newest line, less what has passed since; empty while nothing can be said."""
    if said.get("left_s") is None:
        return ""
    left = int(said["left_s"]) - round(clock.now().timestamp() - float(said["at"]))
    if left >= 90:
        return _("%(n)s min left") % {"n": round(left / 60)}
    if left > 20:
        left = 5 * round(left / 5)
    return _("%(n)s s left") % {"n": left} if left > 0 else _("nearly done")


def _read_step(item: SetupImport, standing: ImportStanding) -> Step:
    label = _("Read")
    if standing.state is State.READING:
        percent, words = _doing(item, "read")
        return Step("read", label, "doing", words, percent)
    if standing.state is State.FAILED and standing.failure.get("step") in {"read", "match"} and not item.report.get("files"):
        said = item.progress
        whole = int(standing.failure.get("whole") or 0)
        words = _("%(done)s of %(of)s files, then it broke off") % said if said.get("of") else _("The ZIP was refused")
        if whole:
            words = ngettext("%(n)s file, then it broke off", "%(n)s files, then it broke off", whole) % {"n": whole}
        return Step("read", label, "failed", words)
    rows = item.report.get("files", [])
    refused = sum(1 for row in rows if row["refused"])
    words = ngettext("%(n)s file", "%(n)s files", len(rows)) % {"n": len(rows)}
    if refused:
        words += ", " + _("%(n)s refused") % {"n": refused}
    if seconds := item.report.get("seconds"):
        words += f" · {formats.number_format(seconds, 1)} s"
    return Step("read", label, "warn" if refused else "done", words)


def _match_step(item: SetupImport, standing: ImportStanding) -> Step:
    label, rows = _("Match"), item.report.get("files", [])
    if not rows:
        return Step("match", label, "todo", _("Not begun"))
    if item.report.get("layout_refusal"):
        return Step("match", label, "failed", _("This kind of export is not read yet"))
    if item.mapping:
        return Step("match", label, "done", _("%(n)s files matched") % {"n": len(item.mapping)})
    doubtful = sum(1 for row in rows if is_doubtful(row, item.report))
    sure = sum(1 for row in rows if not row["refused"]) - doubtful
    if doubtful:
        return Step("match", label, "warn", _("%(sure)s sure, %(n)s to confirm") % {"sure": sure, "n": doubtful})
    if not sure:
        return Step("match", label, "failed", _("No file can be used"))
    return Step("match", label, "warn", _("%(sure)s sure, save to go on") % {"sure": sure})


def _pack_step(item: SetupImport, standing: ImportStanding) -> Step:
    label = _("Pack")
    if standing.state is State.BUILDING:
        if item.progress.get("step") == "check":
            return Step("pack", label, "done", _("Packed"))
        percent, words = _doing(item, "pack")
        return Step("pack", label, "doing", words, percent)
    if standing.state is State.FAILED and standing.failure.get("step") == "pack":
        return Step("pack", label, "failed", _("It broke off"))
    if item.version is None:
        return Step("pack", label, "todo", _("Not begun"))
    served = item.version.files["full"]["br_size"]
    words = _("%(before)s → %(after)s") % {"before": file_size(item.version.original_size), "after": file_size(served)}
    return Step("pack", label, "done", words)


def _check_step(item: SetupImport, standing: ImportStanding) -> Step:
    label = _("Check")
    if standing.state is State.BUILDING and item.progress.get("step") == "check":
        percent, words = _doing(item, "check")
        return Step("check", label, "doing", words, percent)
    if standing.state is State.FAILED and standing.failure.get("step") == "check":
        return Step("check", label, "failed", _("It broke off"))
    within = accuracy_um(item.version) if item.version else None
    if within is None or standing.state is State.BUILDING:
        return Step("check", label, "todo", _("Not begun"))
    return Step("check", label, "done", _("Models shown within %(um)s µm") % {"um": formats.number_format(round(within["teeth"], 1), 1)})
