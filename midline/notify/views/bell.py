"""The bell: what the person was told, as far as they may still read it. Everything here is the signed-in person's own."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from midline.core.http import PortalRequest, back_to
from midline.notify import queries, services
from midline.notify.links import address_of


@require_GET
def bell(request: PortalRequest) -> HttpResponse:
    """Everything, page by page."""
    before = request.GET.get("before", "")
    entries, after = queries.bell_entries(request.actor.user, before=int(before) if before.isdecimal() and len(before) < 19 else None)
    unread = queries.bell_unread(request.actor.user)
    return render(request, "notify/bell.html", {"entries": entries, "next": after, "first": not before, "unread": unread})


@require_GET
def bell_list(request: PortalRequest) -> HttpResponse:
    """The newest entries, for the popover."""
    entries, _after = queries.bell_entries(request.actor.user, limit=queries.IN_POPOVER)
    return render(request, "notify/_bell_list.html", {"entries": entries, "unread": queries.bell_unread(request.actor.user)})


@require_GET
def bell_count(request: PortalRequest) -> HttpResponse:
    """How many are new: asked by the header after the page stands, so that no page waits for it."""
    return render(request, "notify/_bell_count.html", {"unread": queries.bell_unread(request.actor.user)})


@require_POST
def bell_read(request: PortalRequest) -> HttpResponse:
    """Marks everything as read. Asked from the popover, the answer is its new content and the header's empty count."""
    services.bell_read(person=request.actor.user)
    if not request.htmx:
        return back_to(request, "notify:bell")
    entries, _after = queries.bell_entries(request.actor.user, limit=queries.IN_POPOVER)
    return render(request, "notify/_bell_list.html", {"entries": entries, "unread": 0, "read": True})


@require_GET
def bell_open(request: PortalRequest, pk: int) -> HttpResponse:
    """Goes to what an entry is about, and marks it as read. An entry that may not be read any more does not exist."""
    delivery = queries.bell_entry(request.actor.user, pk)
    if delivery is None:
        raise Http404
    services.bell_read(person=request.actor.user, ids=[pk])
    return HttpResponseRedirect(address_of(delivery))
