"""From the match to the published version: files matched, tooth numbers confirmed, the plan written, the version published."""

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from midline.core.errors import NotAllowedNow, Refused
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace
from midline.lab.forms import PublishForm
from midline.lab.import_page import PlanRows, looked_at, mapping_posted, numbers_posted
from midline.lab.import_page.offers import offers_of
from midline.lab.import_page.tables import COLUMNS, LARGEST_BYTES, template
from midline.lab.policies import import_of
from midline.lab.views.answers import acted, home_of, shell, stale, to
from midline.lab.views.imports import back_to_import, import_page
from midline.setups import services
from midline.setups.models import SetupImport, SetupVersion


@require_POST
def match(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    item = import_of(request.actor, number, import_id, writes=True)
    if request.POST.get("act", "save") != "save":
        return import_page(request, item, files_posted=looked_at(request.POST))
    mapping, errors = mapping_posted(item, request.POST)
    try:
        if not errors:
            said = {name: request.POST.get(name, "") for name in ("numbering", "unit")}
            services.import_map(item=item, mapping=mapping, by=request.actor, **said)
            return to("lab:import", workspace, number, item.pk)
    except services.MappingRefused as refused:
        errors = refused.errors
    except Refused as refused:
        errors = {"": refused.reason}
    except NotAllowedNow as late:
        return stale(request, late.reason, reverse("lab:import", args=[workspace, number, item.pk]))
    return import_page(request, item, files_posted=request.POST, errors=errors, status=422)


@require_POST
def teeth(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    item = import_of(request.actor, number, import_id, writes=True)
    version = _version(item)
    try:
        services.teeth_confirm(version=version, numbers=numbers_posted(version, request.POST), by=request.actor)
    except services.FieldsRefused as refused:
        return import_page(request, item, teeth_posted=request.POST, errors=refused.errors, status=422)
    except NotAllowedNow as late:
        return stale(request, late.reason, reverse("lab:import", args=[workspace, number, item.pk]))
    return back_to_import(request, item, _("Tooth numbers confirmed."))


@require_POST
def plan(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    item = import_of(request.actor, number, import_id, writes=True)
    version = _version(item)
    rows = PlanRows.posted(request.POST)
    if request.POST.get("act", "save") != "save":
        _act_on(rows, request, item, version)
        return import_page(request, item, plan=rows, status=422 if rows.refused else 200)
    typed = rows.typed()
    if not rows.errors and not rows.refused:
        try:
            words = {"wear_schedule": rows.wear_schedule, "notes": rows.notes}
            movements = rows.movements_wanted
            services.plan_write(version=version, by=request.actor, movements=movements, **typed, **words)
            return back_to_import(request, item, _("The plan is saved."))
        except services.FieldsRefused as refused:
            rows.errors = refused.errors
        except NotAllowedNow as late:
            return stale(request, late.reason, reverse("lab:import", args=[workspace, number, item.pk]))
    return import_page(request, item, plan=rows, errors=rows.errors, status=422)


def _act_on(rows: PlanRows, request: PortalRequest, item: SetupImport, version: SetupVersion) -> None:
    """A button of the plan that saves nothing: a CSV read into the form, rows offered taken over. Adding and removing is done already."""
    act = request.POST.get("act", "")
    kind = act.removeprefix("csv-")
    if act.startswith("csv-") and kind in COLUMNS:
        file = request.FILES.get(f"{kind}-file")
        content = file.read(LARGEST_BYTES + 1) if file else None
        rows.read_csv(kind, content, version, request.POST.get(f"{kind}-numbering", ""))
    elif act == "take-found":
        rows.take_found(offers_of(item, version))
    elif act == "take-ended":
        rows.take_ended(offers_of(item, version))
    elif act == "take-before":
        rows.take_before(offers_of(item, version))


@require_safe
def table(request: PortalRequest, workspace: Workspace, number: str, import_id: int, kind: str) -> HttpResponse:
    """The template of one table as a CSV, filled with what the plan has."""
    item = import_of(request.actor, number, import_id)
    version = _version(item)
    if kind not in COLUMNS:
        raise Http404
    name = f"{item.case.number}_{kind}.csv"
    return HttpResponse(
        template(kind, version),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"},
    )


@require_http_methods(["GET", "POST"])
def publish(request: PortalRequest, workspace: Workspace, number: str, import_id: int) -> HttpResponse:
    item = import_of(request.actor, number, import_id, writes=True)
    version = _version(item)
    form = PublishForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        title = _("Publish version %(n)s of %(number)s?") % {"n": item.number, "number": number}
        context = {"item": item, "case": item.case, "version": version, "publish_form": form}
        return shell(request, title, "lab/_publish.html", context, status=200 if request.method == "GET" else 422)
    said = _("Version %(n)s of %(number)s is published.") % {"n": item.number, "number": number}
    note = form.cleaned_data["note"]
    return acted(
        request,
        lambda: services.version_publish(version=version, by=request.actor, note=note),
        said=said,
        back=home_of(workspace, number),
    )


def _version(item: SetupImport) -> SetupVersion:
    """The version this import made; there is none to finish before it is built."""
    if item.version is None:
        raise Http404
    item.version.order, item.version.case = item.order, item.case
    return item.version
