"""What went wrong with an import, and how it goes on: the page of a failed one, files supplied by themselves, the report to download."""

from dataclasses import dataclass
from typing import Any

from django.utils import formats, timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from midline.core.sizes import file_size
from midline.lab.import_page.names import Names
from midline.lab.import_page.steps import steps
from midline.records.mesh_words import in_words
from midline.setups.models import SetupImport
from midline.setups.queries import ImportStanding, import_standing
from midline.setups.services.supplying import Supplied, go_on_words, without_the_refused

State = SetupImport.State


@dataclass(frozen=True)
class Trouble:
    """A failed import. title, text: what happened; go_on: the words of the button, "" where it cannot; why_not: then why, if that is known.

    readable: how many models are whole, in words, "" where that says nothing.
    """

    title: str
    text: str
    remedy: str
    go_on: str
    why_not: str
    readable: str


def trouble_of(item: SetupImport, standing: ImportStanding, names: Names) -> Trouble | None:
    """None while nothing failed. standing: with the names that this reader may read."""
    if standing.state is not State.FAILED:
        return None
    failure = standing.failure
    count, _rows, why = without_the_refused(item, item.failure)
    title, text = failure.get("file") or _("The import broke off"), failure.get("reason", "")
    remedy = failure.get("remedy", "")
    whole = int(failure.get("whole") or 0)
    if whole and item.failure.get("file") == item.filename:
        title = ngettext("The ZIP is damaged after file %(n)s", "The ZIP is damaged after file %(n)s", whole) % {"n": whole}
        text = _("Its end is missing, and with it the list of its files. That happens when an export is copied before it is finished.")
        remedy = _("Export again, wait until the program says it is finished, and upload the new ZIP.")
    readable = ngettext("%(n)s file", "%(n)s files", whole) % {"n": whole} if whole else ""
    return Trouble(title, text, remedy, go_on_words(count) if count else "", names.said(why), readable)


def supplied_posted(item: SetupImport, posted: MultiValueDict[str, Any]) -> list[Supplied]:
    """The files that were chosen: "file-12" in the place of the refused file 12 of the report, "files" those that were missing."""
    found = []
    rows = item.report.get("files", [])
    for key in posted:
        kind, _sep, place = key.partition("-")
        at = int(place) if place.isdecimal() and len(place) < 6 else -1
        takes = str(rows[at]["name"]) if kind == "file" and 0 <= at < len(rows) and rows[at]["refused"] else ""
        if key == "files" or takes:
            found += [Supplied(file.name or "", file, takes) for file in posted.getlist(key)]
    return found


def report_text(item: SetupImport, names: Names) -> str:
    """Reference, file, checksum, steps, the failure and every refused file, as this reader may read them."""
    standing = names.standing(import_standing(item))
    when = formats.date_format(timezone.localtime(item.added_at), "DATETIME_FORMAT")
    lines = [_("Import of version %(n)s of %(number)s") % {"n": item.number, "number": item.case.number}]
    lines += [f"imp-{item.pk} · {when}", f"{names.of_zip} · {file_size(item.size)} · SHA-256 {item.sha256}", ""]
    lines += [f"{step.label}: {step.words}" for step in steps(item, standing)]
    if standing.failure:
        lines += ["", *(standing.failure[name] for name in ("file", "reason", "remedy") if standing.failure.get(name))]
    for row in item.report.get("files", []):
        if row["refused"]:
            lines += ["", names.said(str(row["name"]))]
            lines += [names.said(in_words(row["refused"][name])) for name in ("reason", "remedy")]
    return "\n".join(lines) + "\n"
