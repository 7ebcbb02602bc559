"""A filter opened, or all of them: fetched into the popover or the drawer, and a page of its own without JavaScript."""

from dataclasses import replace

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from midline.cases.forms.filters import DaysForm
from midline.cases.queries import Asked, Reach, own_view
from midline.cases.queries.asked import DATES
from midline.cases.views.filters import PLACES, Place, fields_of, without
from midline.cases.views.opening import open_collaborations, reach_in
from midline.core.http import PortalRequest


@require_http_methods(["GET", "POST"])
def filters(request: PortalRequest, place: str) -> HttpResponse:
    """GET shows the fields of `only`, or of every filter. POST leads to the list with what was chosen; a wrong day is shown beside it."""
    at = PLACES[place]
    reach = reach_in(request, at.workspace)
    sent = request.POST if request.method == "POST" else request.GET
    asked = own_view(Asked.of(sent), reach).but()
    if request.method == "GET":
        return _shown(request, at, asked, reach, DaysForm(initial={name: getattr(asked, name) for name in DATES}))
    form = DaysForm(request.POST)
    if not form.is_valid():
        return _shown(request, at, asked, reach, form, status=422)
    asked = replace(asked, **form.cleaned_data)
    if asked.active_from or asked.active_to:
        asked = replace(asked, active=None)
    target = reverse(at.list_name) + asked.address()
    return HttpResponseClientRedirect(target) if request.htmx else HttpResponseRedirect(target)


def _shown(request: PortalRequest, at: Place, asked: Asked, reach: Reach, form: DaysForm, status: int = 200) -> HttpResponse:
    sent = request.POST if request.method == "POST" else request.GET
    only = sent.get("only", "")
    names = [only] if only in at.names else list(at.names)
    mine = open_collaborations(request.actor.provider_id) if "collaborator" in names else []
    fields = fields_of(at, asked, reach, mine, names)
    if only and fields and fields[0].kind == "fetched":
        return HttpResponseRedirect(fields[0].src)
    context = {
        "fields": [(field, [(name, form[name], form.words(name)) for name in field.dates]) for field in fields],
        "hidden": without(asked, *names).pairs(),
        "only": only if only in at.names else "",
        "here": reverse(at.filters_name),
        "list_url": reverse(at.list_name) + asked.address(),
        "clear_url": reverse(at.list_name) + without(asked, *names).address(),
        "narrowed": asked != without(asked, *names),
        "form": form,
    }
    return render(request, "cases/_filter_form.html" if request.htmx else "cases/filters.html", context, status=status)
