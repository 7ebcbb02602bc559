"""An import: upload the ZIP, watch it being read, try again, discard."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from midline.activity.services import record_access
from midline.cases.actions import Action
from midline.cases.models import Order
from midline.core.errors import NotAllowedNow, Refused
from midline.core.http import PortalRequest
from midline.core.storage import StorageFull
from midline.core.workspace import Workspace
from midline.lab.forms import PublishForm, UploadForm
from midline.lab.import_page import (
    Names,
    PlanRows,
    Posted,
    answers_posted,
    ends_words,
    file_groups,
    file_rows,
    grids,
    kind_words,
    missing_words,
    movement_names,
    numbering_of,
    spans,
    steps,
    strips,
    tooth_arches,
)
from midline.lab.import_page.offers import ended_words, offers_of
from midline.lab.import_page.trouble import report_text, supplied_posted, trouble_of
from midline.lab.import_page.units import scaled_words, unit_question
from midline.lab.policies import import_of, order_or_404, plans
from midline.lab.queries import unfinished_upload
from midline.lab.views.answers import acted, home_of, shell, stale, to
from midline.people.policies import Actor
from midline.records.mesh_words import in_words
from midline.setups import services
from midline.setups.models import SetupImport
from midline.setups.queries import accuracy_um, import_standing, open_import
from midline.setups.services import versions
from midline.setups.words import point_in_words, source_in_words

State = SetupImport.State


@require_http_methods(["GET", "POST"])
def add(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    order = order_or_404(request.actor, number, order_id, Action.TAKE)
    form = UploadForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        file, replaces = form.cleaned_data["file"], form.cleaned_data["replaces"]
        try:
            item = services.import_begin(order=order, by=request.actor, source=file, filename=file.name or "", replaces=replaces)
            return to("lab:import", workspace, number, item.pk)
        except Refused as refused:
            form.add_error("file", refused.reason)
        except NotAllowedNow as late:
            return stale(request, _of_earlier(order, request.actor, late.reason), home_of(workspace, number))
        except StorageFull:
            form.add_error("file", _("The server has no room for this ZIP now. Tell the administrator; nothing was lost."))
    return render(request, "lab/import_add.html", _upload_page(order, request.actor, form), status=422 if form.errors else 200)


def _upload_page(order: Order, actor: Actor, form: UploadForm) -> dict[str, Any]:
    earlier = open_import(order)
    return {
        "order": order,
        "case": order.case,
        "form": form,
        "earlier": earlier,
        "earlier_name": Names(earlier, actor).of_zip if earlier else "",
        "unfinished": unfinished_upload(order, actor),
        "next_version": order.case.newest_version + 1,
    }


def _of_earlier(order: Order, actor: Actor, reason: str) -> str:
    """The sentence about an import that is in the way, with the names that this reader may read."""
    earlier = open_import(order)
    return Names(earlier, actor).said(reason) if earlier else reason


@require_safe
def current(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    """Where a finished upload leads: to the import of this order that is on its way."""
    order = order_or_404(request.actor, number, order_id, Action.TAKE)
    item = open_import(order)
    return to("lab:import", workspace, number, item.pk) if item else to("lab:import_add", workspace, number, order_id)


@require_safe
def show(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    item = import_of(request.actor, number, import_id)
    return import_page(request, item)


@require_safe
def progress(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    """The steps alone, asked every second while a job runs; when it is done, the whole page is asked for."""
    item = import_of(request.actor, number, import_id)
    standing = import_standing(item)
    if not standing.running:
        return HttpResponse(status=200, headers={"HX-Refresh": "true"})
    return render(request, "lab/_steps.html", {"item": item, "case": item.case, "standing": standing, "steps": steps(item, standing)})


@require_POST
def retry(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    item = import_of(request.actor, number, import_id, writes=True)
    back = reverse("lab:import", args=[workspace, number, item.pk])
    return acted(request, lambda: services.import_retry(item=item, by=request.actor), said=_("The import is tried again."), back=back)


@require_http_methods(["GET", "POST"])
def discard(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    item = import_of(request.actor, number, import_id, writes=True)
    if request.method == "GET":
        title = _("Discard version %(n)s?") % {"n": item.number}
        return shell(request, title, "lab/_discard.html", {"item": item, "case": item.case, "zip_name": Names(item, request.actor).of_zip})
    said = _("Version %(n)s of %(number)s was discarded.") % {"n": item.number, "number": number}
    return acted(request, lambda: services.import_discard(item=item, by=request.actor), said=said, back=home_of(workspace, number))


@require_POST
def supply(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    """A model that was refused or missing comes by itself; what stands in the form of the match comes along and is kept."""
    item = import_of(request.actor, number, import_id, writes=True)
    answers = answers_posted(item, request.POST)
    try:
        services.import_supply(item=item, by=request.actor, supplied=supplied_posted(item, request.FILES), answers=answers)
        return to("lab:import", workspace, number, item.pk)
    except Refused as refused:
        errors = {"": refused.reason}
    except NotAllowedNow as late:
        return stale(request, late.reason, reverse("lab:import", args=[workspace, number, item.pk]))
    except StorageFull:
        errors = {"": _("The server has no room for this file now. Tell the administrator; nothing was lost.")}
    return import_page(request, item, files_posted=request.POST, errors=errors, status=422)


@require_POST
def go_on(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    item = import_of(request.actor, number, import_id, writes=True)
    back = reverse("lab:import", args=[workspace, number, item.pk])
    return acted(request, lambda: services.import_go_on(item=item, by=request.actor), said=_("The import goes on."), back=back)


@require_safe
def report(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    """What happened to an import, as a text to send to whoever made the export."""
    item = import_of(request.actor, number, import_id)
    record_access(request, "lab:import_report", [item.case_id])
    named = {"Content-Disposition": f'attachment; filename="{number}_import_{item.pk}.txt"', "Cache-Control": "private, no-store"}
    return HttpResponse(report_text(item, Names(item, request.actor)), content_type="text/plain; charset=utf-8", headers=named)


def import_page(
    request: PortalRequest,
    item: SetupImport,
    *,
    files_posted: Posted | None = None,
    teeth_posted: Posted | None = None,
    plan: PlanRows | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of an import in whatever state it is, with what was just typed and what is wrong with it."""
    record_access(request, "lab:import", [item.case_id])
    names = Names(item, request.actor)
    standing, wrong = names.standing(import_standing(item)), names.sentences(errors or {})
    version = item.version if standing.state in {State.BUILT, State.PUBLISHED} else None
    context: dict[str, Any] = {
        "item": item,
        "case": item.case,
        "order": item.order,
        "standing": standing,
        "steps": steps(item, standing),
        "plans": plans(request.actor, item),
        "zip_name": names.of_zip,
        "refusal": item.report.get("layout_refusal") and names.said(in_words(str(item.report["layout_refusal"]))),
        "errors": wrong,
        "general": wrong.get("", ""),
        "files_wrong": files_posted is not None,
        "version": version,
        "publish_form": PublishForm(),
        "trouble": trouble_of(item, standing, names),
    }
    context |= _files(item, names, files_posted, wrong, request.actor.user.numbering)
    if version:
        rows, offers = plan or PlanRows.of(version), offers_of(item, version)
        if plan is None and standing.state == State.BUILT:
            rows.errors = services.plan_errors(version, **rows.typed())
        context |= {
            "within": accuracy_um(version),
            "arches": tooth_arches(version, teeth_posted, wrong if teeth_posted is not None else None),
            "confirmed": bool(version.plan.get("teeth_confirmed")) or not version.parts.filter(kind="tooth").exists(),
            "teeth_wrong": teeth_posted is not None,
            "scaled": scaled_words(version.plan),
            "notes": [in_words(str(note)) for note in version.plan.get("notes", [])],
            "beside": [kind_words(row["kind"]) for row in version.plan.get("beside", [])],
            "plan": rows,
            "plan_stands": plan is None,
            "movements_shown": rows.movements_shown(version),
            "source_words": source_in_words(str(version.plan.get("movement_source", ""))),
            "movements_lab": version.plan.get("movement_source") == "lab",
            "reference_point": point_in_words(rows.reference_point or str(version.plan.get("reference_point", ""))),
            "movements_wrong": rows.errors.get("movements-csv", ""),
            "movement_columns": movement_names(),
            "offers": offers,
            "ended_words": ended_words(offers, request.actor.user.numbering),
        }
    return render(request, "lab/import.html", context, status=status)


def _files(item: SetupImport, names: Names, posted: Posted | None, wrong: dict[str, str], numbering: str) -> dict[str, Any]:
    """What the page says of the files: rows that ask, strips of stages, the grid of teeth, the banner, what is no model."""
    chosen = (posted or {}).get("numbering", "")
    rows = names.rows(spans(file_rows(item, posted, wrong, chosen)))
    single_teeth = any(row.part == "tooth" for row in rows)
    found = strips(rows)
    changing = frozenset(int(n) for n in (posted or {}).get("changing", "").split(",")[:200] if n.isdecimal() and len(n) < 6)
    return {
        "rows": rows,
        "groups": file_groups(rows, answered=bool(item.mapping), single_teeth=single_teeth, changing=changing),
        "strips": found,
        "missing_words": missing_words(found),
        "usable": any(not row.reason for row in rows),
        "grids": grids(rows, numbering) if single_teeth else [],
        "ends_words": ends_words(rows, numbering) if single_teeth else "",
        "permanent": sorted(versions.PERMANENT),
        "primary": sorted(versions.PRIMARY),
        "changing": ",".join(map(str, sorted(changing))),
        "numbering": numbering_of(item.report, chosen),
        "unit": unit_question(item, posted, wrong),
        "numbering_typed": chosen,
        "package": bool(item.report.get("package")),
        "ignored": [names.said(name) for name in item.report.get("ignored", [])] if names.are_open else [],
        "ignored_count": len(item.report.get("ignored", [])),
        "carried": sum(1 for row in rows if row.carried),
        "to_confirm": sum(row.members for row in rows if row.doubtful and not row.answer),
    }


def back_to_import(request: PortalRequest, item: SetupImport, said: str) -> HttpResponse:
    messages.success(request, said)
    return to("lab:import", request.actor.workspace, item.case.number, item.pk)
