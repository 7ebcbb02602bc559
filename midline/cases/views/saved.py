"""Saved views: a list as it stands, kept under a name as a tab of its own; and their counts, fetched after the page."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from midline.cases import services
from midline.cases.forms.views import ViewForm
from midline.cases.models import SavedView
from midline.cases.queries import Asked, Reach, asked_of, matches, own_view, parts_of, views_of
from midline.cases.views.opening import list_reach, list_url
from midline.core.errors import NotAllowedNow
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace

# Beyond this a tab says "99+": who saved a view wants to know whether something waits, not how much.
COUNTED: int = 99


@require_POST
def view_save(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    reach = list_reach(request, workspace)
    asked, form = _sent(request, reach), ViewForm(request.POST)
    if not form.is_valid():
        return _asked_again(request, asked, form, "", status=422)
    try:
        view = services.view_save(query=parts_of(asked), term=asked.term, by=request.actor, **form.cleaned_data)
    except services.NameTaken as taken:
        return _asked_again(request, asked, form, taken.view.name, status=409)
    except NotAllowedNow as full:
        form.add_error(None, full.reason)
        return _asked_again(request, asked, form, "", status=422)
    messages.success(request, _("View “%(name)s” saved.") % {"name": view.name})
    return _to(request, workspace, asked_of(view))


def _sent(request: PortalRequest, reach: Reach) -> Asked:
    """The view that the form was sent from."""
    return own_view(Asked.of(QueryDict(request.POST.get("at", "").removeprefix("?"))), reach).but()


def _asked_again(request: PortalRequest, asked: Asked, form: ViewForm, taken: str, status: int) -> HttpResponse:
    context = {"form": form, "at": asked.address(), "taken": taken, "workspace": request.actor.workspace}
    context["list_url"] = list_url(request.actor.workspace) + asked.address()
    return render(request, "cases/_view_form.html" if request.htmx else "cases/view_save.html", context, status=status)


def _to(request: PortalRequest, workspace: Workspace, asked: Asked) -> HttpResponse:
    target = list_url(workspace) + asked.address()
    return HttpResponseClientRedirect(target) if request.htmx else HttpResponseRedirect(target)


@require_POST
def view_change(request: PortalRequest, workspace: Workspace, view_id: UUID) -> HttpResponse:
    """Renames a view, moves its tab, or lets it show what the list shows now."""
    reach = list_reach(request, workspace)
    asked, act = _sent(request, reach), request.POST.get("act", "")
    try:
        view = _changed(request, view_id, act, asked)
    except SavedView.DoesNotExist:
        raise Http404 from None
    except services.NameTaken as taken:
        messages.error(request, _("Name: you have another view named “%(name)s”. Write another name.") % {"name": taken.view.name})
        return _to(request, workspace, asked)
    if view is None:
        messages.error(request, _("Name: write between 1 and %(n)s letters.") % {"n": services.NAME_LONGEST})
        return _to(request, workspace, asked)
    if act == "update":
        messages.success(request, _("View “%(name)s” saved.") % {"name": view.name})
    return _to(request, workspace, asked_of(view) if act == "update" else asked)


def _changed(request: PortalRequest, view_id: UUID, act: str, asked: Asked) -> SavedView | None:
    """The view after the act; None when its name cannot be taken. Raises Http404 for an act that there is not."""
    match act:
        case "rename":
            form = ViewForm(request.POST)
            return services.view_rename(view_id=view_id, name=form.cleaned_data["name"], by=request.actor) if form.is_valid() else None
        case "earlier" | "later":
            return services.view_move(view_id=view_id, step=-1 if act == "earlier" else 1, by=request.actor)
        case "update":
            return services.view_update(view_id=view_id, query=parts_of(asked), term=asked.term, by=request.actor)
    raise Http404


@require_POST
def view_delete(request: PortalRequest, workspace: Workspace, view_id: UUID) -> HttpResponse:
    list_reach(request, workspace)
    try:
        view = services.view_remove(view_id=view_id, by=request.actor)
    except SavedView.DoesNotExist:
        raise Http404 from None
    undo = reverse("cases:view_restore", args=[workspace, view.pk])
    messages.success(request, _("View “%(name)s” deleted.") % {"name": view.name}, extra_tags=undo)
    return HttpResponseRedirect(list_url(workspace))


@require_POST
def view_restore(request: PortalRequest, workspace: Workspace, view_id: UUID) -> HttpResponse:
    """Undo of `view_delete`."""
    list_reach(request, workspace)
    try:
        view = services.view_restore(view_id=view_id, by=request.actor)
    except SavedView.DoesNotExist:
        raise Http404 from None
    except NotAllowedNow as taken:
        messages.error(request, taken.reason)
        return HttpResponseRedirect(list_url(workspace))
    messages.success(request, _("View “%(name)s” is back.") % {"name": view.name})
    return _to(request, workspace, asked_of(view))


@require_GET
def view_counts(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    """By view, how many cases it shows: fetched after the page, because filters are counted and not kept."""
    reach = list_reach(request, workspace)
    found = {}
    for view in views_of(request.actor):
        count, exact = matches(own_view(asked_of(view), reach), reach)
        found[str(view.pk)] = str(count) if exact and count <= COUNTED else f"{COUNTED}+"
    return JsonResponse(found)
