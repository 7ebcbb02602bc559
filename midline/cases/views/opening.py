"""How every list of this room opens."""

from typing import Any, Final
from uuid import UUID, uuid5

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from midline.cases.forms.filters import DaysForm
from midline.cases.queries import Asked, Reach, own_view, reach_of
from midline.cases.queries.asked import DATES
from midline.cases.services import search_keep
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.http import PortalRequest, is_own_path
from midline.core.prepared import Slot, now_slot, prepared
from midline.core.whole import columns_of, objects
from midline.core.workspace import Workspace


def reach_in(request: PortalRequest, workspace: Workspace) -> Reach:
    """The reader's reach in this workspace. Raises Http404 in any other: pages of providers do not exist for collaborators."""
    if request.actor.workspace is not workspace:
        raise Http404
    return reach_of(request.actor)


# The list of each workspace that has one.
LISTS: Final = {Workspace.PROVIDER: "cases:manage_orders", Workspace.COLLABORATOR: "cases:collaborator_cases"}


def list_reach(request: PortalRequest, workspace: Workspace) -> Reach:
    """The reader's reach in a workspace that has a list of cases. Raises Http404 in any other."""
    if workspace not in LISTS:
        raise Http404
    return reach_in(request, workspace)


def list_url(workspace: Workspace) -> str:
    return reverse(LISTS[workspace])


def numbers_sent(request: PortalRequest) -> list[str]:
    """The numbers of the cases that were ticked: on this page one field each, those of other pages together in one."""
    return [*request.POST.getlist("case"), *filter(None, request.POST.get("cases", "").split(","))]


def view_asked(request: PortalRequest, reach: Reach) -> Asked:
    """The view of the address. A day that nobody can read is left out, and said: a list that shows more than was asked for must not look
    like the answer."""
    written = {name: request.GET[name] for name in DATES if request.GET.get(name)}
    if written and request.method == "GET":
        for errors in DaysForm(written).errors.values():
            for error in errors:
                messages.error(request, str(error))
    return own_view(Asked.of(request.GET), reach)


def to_search(request: PortalRequest, asked: Asked) -> HttpResponse:
    """After a search was typed: to the same view with the search's id. An empty search takes the search out of the view."""
    kept = search_keep(term=request.POST.get("term", ""), by=request.actor)
    return HttpResponseRedirect(request.path + asked.address(q=kept.pk if kept else None, term=kept.term if kept else ""))


def back_to_list(request: PortalRequest, fallback: str) -> HttpResponse:
    """To the list from which a form was sent: the path in `next` when it is one of this workspace, else `fallback`."""
    target = request.POST.get("next", "")
    own = is_own_path(target) and target.startswith(f"/{request.actor.workspace}/")
    return HttpResponseRedirect(target if own else fallback)


def form_key(request: PortalRequest) -> UUID | None:
    """The key of a form with this content: the same sent again within a minute is one act, another choice in it is another act."""
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        return None
    content = [(name, sorted(values)) for name, values in sorted(request.POST.lists()) if name not in {"csrfmiddlewaretoken", "next"}]
    return uuid5(key, repr((request.path, content)))


def open_collaborations(provider_id: int | None) -> list[Collaboration]:
    """The provider's collaborations that share or will: invited and active, by name."""
    return objects(Collaboration, prepared("open collaborations", _open), provider=provider_id or 0, now=clock.now())


def _open() -> QuerySet[Collaboration, Any]:
    return Collaboration.objects.open(now_slot()).filter(provider_id=Slot("provider")).values_list(*columns_of(Collaboration))


def open_collaboration_or_404(request: PortalRequest, pk: int | str) -> Collaboration:
    """The reader's own open collaboration; anybody else's, and one that has ended, does not exist here."""
    if not str(pk).isascii() or not str(pk).isdigit():
        raise Http404
    return get_object_or_404(Collaboration.objects.open(), pk=pk, provider_id=request.actor.provider_id or 0)


def stale(request: PortalRequest, reason: str, back: str) -> HttpResponse:
    """409: what was right when the page was shown no longer is."""
    return render(request, "web/409.html", {"reason": reason, "primary": (_("Back to the list"), back)}, status=409)
