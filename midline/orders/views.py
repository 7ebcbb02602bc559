"""The order forms. Each step saves field by field as it is filled, and as a whole without scripts."""

import json
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from midline.activity.services import record_access
from midline.cases.actions import Action
from midline.cases.models import CaseType, Order
from midline.cases.policies import get_case_or_404, providers_for
from midline.cases.services import Clash, draft_discard
from midline.core.errors import NotAllowedNow
from midline.core.http import PortalRequest, back_to
from midline.core.ids import new_key
from midline.core.text import norm
from midline.core.workspace import Workspace
from midline.orders import queries, services
from midline.orders.forms import Draft, steps_of
from midline.orders.pages import Page, form_for, note_of, said, step_page
from midline.practices.models import Provider

# Up to so many providers stand in one list.
FEW: Final = 50
CASES_PAGE: Final = {Workspace.PROVIDER: "cases:manage_orders", Workspace.COLLABORATOR: "cases:collaborator_cases"}


@require_http_methods(["GET", "POST"])
def add(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    """A new aligner order: for which provider (a collaborator's choice), in which practice."""
    return _begin(request, workspace, CaseType.ALIGNER)


@require_http_methods(["GET", "POST"])
def add_retainer(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    """A new retainer order: the same, or for a patient who has a case already."""
    return _begin(request, workspace, CaseType.RETAINER)


def _begin(request: PortalRequest, workspace: Workspace, kind: CaseType) -> HttpResponse:
    offered = list(providers_for(request.actor, Action.ADD_ORDER))
    if not offered:
        raise Http404
    asked = request.POST.get("provider") or request.GET.get("provider")
    if request.method == "POST" and "named" in request.POST:
        return _providers_found(request, workspace, kind, offered, request.POST["named"][:80])
    provider = queries.provider_or_404(request.actor, asked) if asked else offered[0] if len(offered) == 1 else None
    if request.method == "POST" and provider and "find" not in request.POST:
        return _started(request, workspace, kind, provider)
    context: dict[str, Any] = {"kind": kind, "providers": offered, "provider": provider, "key": new_key(), "workspace": workspace}
    context |= {"many": len(offered) > FEW, "hides": provider and queries.hides_identity(request.actor, provider)}
    if provider:
        context["practices"] = list(provider.practices.all())
        if "find" in request.POST:
            words = request.POST.get("words", "")
            context |= {"words": words, "found": queries.cases_found(request.actor, provider, words)}
            record_access(request, "orders:add_retainer", [found.case.pk for found in context["found"]])
    return render(request, "orders/add.html", context)


def _providers_found(request: PortalRequest, workspace: Workspace, kind: CaseType, offered: list[Provider], words: str) -> HttpResponse:
    """Where too many providers grant orders to stand in one list: those whose name holds every word."""
    parts = norm(words).split()
    found = [provider for provider in offered if all(part in norm(provider.name) for part in parts)] if parts else []
    context = {"kind": kind, "workspace": workspace, "many": True, "named": words, "providers_found": found[:FEW], "more": len(found) - FEW}
    return render(request, "orders/add.html", context)


def _started(request: PortalRequest, workspace: Workspace, kind: CaseType, provider: Provider) -> HttpResponse:
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        key = new_key()
    try:
        if number := request.POST.get("case", ""):
            case = queries.case_to_continue(request.actor, provider, number)
            order = services.retainer_start(case=case, by=request.actor, key=key)
        else:
            practice = get_object_or_404(provider.practices, pk=request.POST.get("practice") or 0)
            order = services.order_start(practice=practice, kind=kind, by=request.actor, key=key)
            case = order.case
    except NotAllowedNow as reason:
        return render(request, "web/409.html", {"reason": reason.reason}, status=409)
    return redirect("orders:step", workspace, case.number, order.pk, 1)


@require_POST
def add_revision(request: PortalRequest, workspace: Workspace, number: str) -> HttpResponse:
    """A revision of this case, as a draft; 409 while its state takes none."""
    return _further(request, workspace, number, CaseType.REVISION)


@require_POST
def add_replacement(request: PortalRequest, workspace: Workspace, number: str) -> HttpResponse:
    """What was made for this case, once more; 409 while nothing was."""
    return _further(request, workspace, number, CaseType.REPLACEMENT)


def _further(request: PortalRequest, workspace: Workspace, number: str, kind: CaseType) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.ADD_ORDER)
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        key = new_key()
    try:
        order = services.further_start(case=case, kind=kind, by=request.actor, key=key)
    except NotAllowedNow as reason:
        return render(request, "web/409.html", {"reason": reason.reason}, status=409)
    if order.case_id != case.pk:
        raise Http404
    return redirect("orders:step", workspace, number, order.pk, 1)


@require_http_methods(["GET", "POST"])
def step(request: PortalRequest, workspace: Workspace, number: str, order_id: int, step: int) -> HttpResponse:
    """One step of the form. POST saves all of it, for browsers without scripts and for the buttons that leave the step."""
    order = queries.draft_or_404(request.actor, number, order_id)
    if not queries.is_draft(order):
        return redirect("web:case", workspace, number)
    if not 1 <= step <= len(steps_of(order.type)):
        raise Http404
    page = step_page(order, request.actor, step, data=request.POST if request.method == "POST" else None)
    if request.method == "GET":
        return _shown(request, page)
    return _kept(request, page) or _left(request, page)


def _kept(request: PortalRequest, page: Page) -> HttpResponse | None:
    """Saves what the step's form holds. None when it is saved, else the answer that says why not."""
    if page.form is None:
        return None
    if not page.form.is_valid():
        return _shown(request, page, status=422)
    before = _before(request, page.form)
    try:
        services.answers_save(order=page.order, by=request.actor, values=page.form.values(), before=before, step=page.step)
    except Clash as clash:
        page.clashes = clash.fields
        return _shown(request, page, status=409)
    except NotAllowedNow as reason:
        return render(request, "web/409.html", {"reason": reason.reason}, status=409)
    return None


def _shown(request: PortalRequest, page: Page, status: int = 200) -> HttpResponse:
    record_access(request, "orders:step", [page.order.case_id])
    return render(request, f"orders/{page.template}.html", page.context(), status=status)


def _left(request: PortalRequest, page: Page) -> HttpResponse:
    """Where the pressed button leads: to a step, on, or away with the draft kept."""
    workspace, number = request.actor.workspace, page.order.case.number
    match request.POST.get("go"):
        case "leave":
            messages.success(request, _("Case %(number)s is saved as a draft.") % {"number": number})
            return redirect(CASES_PAGE[workspace])
        case chosen if chosen and chosen.isascii() and chosen.isdigit():
            return redirect("orders:step", workspace, number, page.order.pk, max(1, min(len(page.names), int(chosen))))
    return redirect("orders:step", workspace, number, page.order.pk, min(len(page.names), page.step + 1))


def _before(request: PortalRequest, form: Draft) -> dict[str, Any]:
    """The value that each field replaces, as the page got it."""
    found: dict[str, Any] = {}
    for name in form.fields:
        try:
            found[name] = json.loads(request.POST.get(f"before_{name}", ""))
        except ValueError:
            continue
    return found


@require_POST
def autosave(request: PortalRequest, workspace: Workspace, number: str, order_id: int, step: int) -> HttpResponse:
    """Saves the one field that was changed. Answers with its note: what it replaces from now on, an error, or both values of a clash."""
    order = queries.draft_or_404(request.actor, number, order_id)
    form, name = form_for(order, request.actor, step, request.POST), request.POST.get("field", "")
    if form is None or name not in form.fields:
        raise Http404
    field = form.one(name)
    if not form.is_valid():
        return _note(request, order, step, note_of(field, before=request.POST.get(f"before_{name}", "null"), error=said(field)), 422)
    values, before = form.values(), _before(request, form)
    try:
        services.answers_save(order=order, by=request.actor, values=values, before=before, step=step)
    except Clash as clash:
        theirs, mine = clash.fields[name]
        return _note(request, order, step, note_of(field, before=json.dumps(theirs), theirs=theirs, mine=mine, clash=True), 409)
    except NotAllowedNow as reason:
        return _note(request, order, step, note_of(field, before="null", error=reason.reason), 409)
    saved = queries.draft_or_404(request.actor, number, order_id)
    return _note(request, saved, step, note_of(field, before=json.dumps(values[name])), 200)


def _note(request: PortalRequest, order: Order, step: int, note: dict[str, Any], status: int) -> HttpResponse:
    record_access(request, "orders:step", [order.case_id])
    page = step_page(order, request.actor, step)
    context = {**page.context(), "note": note, "saved_at": timezone.now() if status == 200 else None}
    return render(request, "orders/_saved.html", context, status=status)


@require_GET
def field(request: PortalRequest, workspace: Workspace, number: str, order_id: int, step: int) -> HttpResponse:
    """One field as it stands now: "Keep theirs" puts it in place of what was typed."""
    order = queries.draft_or_404(request.actor, number, order_id)
    page, name = step_page(order, request.actor, step), request.GET.get("name", "")
    if page.form is None or name not in page.form.fields:
        raise Http404
    record_access(request, "orders:field", [order.case_id])
    return render(request, "orders/_field.html", {**page.context(), "entry": page.entry(name)})


@require_GET
def needed(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    """What is still needed, and how many records are there: asked again whenever a file came or went."""
    order = queries.draft_or_404(request.actor, number, order_id)
    return render(request, "orders/_needed.html", step_page(order, request.actor, 2).context())


@require_POST
def prefer(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    """Fills the treatment step from one of the provider's preference sets."""
    order = queries.draft_or_404(request.actor, number, order_id)
    if "treatment" not in steps_of(order.type):
        raise Http404
    chosen = request.POST.get("set", "")
    preferences = get_object_or_404(queries.preference_sets(order), pk=int(chosen) if chosen.isascii() and chosen.isdigit() else 0)
    try:
        services.preferences_use(order=order, preferences=preferences, by=request.actor)
    except NotAllowedNow as reason:
        return render(request, "web/409.html", {"reason": reason.reason}, status=409)
    messages.success(request, _("Filled in from “%(name)s”.") % {"name": preferences.name})
    return back_to(request, "orders:step", workspace, number, order.pk, 3)


@require_POST
def submit(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    """Sends the order to the lab. What is missing is listed with links; nothing is sent then."""
    order = queries.draft_or_404(request.actor, number, order_id)
    page = step_page(order, request.actor, len(steps_of(order.type)), data=request.POST)
    if queries.is_draft(order) and (refused := _kept(request, page)):
        return refused
    try:
        key = UUID(request.POST.get("key", ""))
        services.order_submit(order=order, by=request.actor, key=key, share_with=page.ticked(request.POST))
    except ValueError:
        return render(request, "web/400.html", status=400)
    except services.Incomplete as reason:
        page.refused = reason.items
        return _shown(request, page, status=422)
    except NotAllowedNow as reason:
        return render(request, "web/409.html", {"reason": reason.reason}, status=409)
    messages.success(request, _("Case %(number)s was submitted.") % {"number": number})
    return back_to(request, "web:case", workspace, number)


@require_POST
def discard(request: PortalRequest, workspace: Workspace, number: str, order_id: int) -> HttpResponse:
    """Takes the draft away, with its records. Asked in a dialog before."""
    order = queries.draft_or_404(request.actor, number, order_id)
    try:
        draft_discard(order=order, by=request.actor)
    except NotAllowedNow as reason:
        return render(request, "web/409.html", {"reason": reason.reason}, status=409)
    messages.success(request, _("The draft %(number)s was discarded.") % {"number": number})
    return back_to(request, CASES_PAGE[workspace])
