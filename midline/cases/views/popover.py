"""The collaborators of one case: the popover of the icon, and the same as a page without JavaScript."""

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from midline.cases import services
from midline.cases.actions import Action
from midline.cases.models import Case, ShareBatch
from midline.cases.policies import collaborations_on, get_case_or_404
from midline.cases.queries import collaborator_count, relation_tone
from midline.cases.views.opening import back_to_list, form_key, open_collaborations
from midline.cases.views.telling import undo_address
from midline.collaboration.models import Collaboration
from midline.core.errors import NotAllowedNow
from midline.core.http import PortalRequest
from midline.core.ids import new_key

# From here on the list has a search of its own.
MANY: Final = 8


@dataclass(frozen=True)
class Choice:
    """A collaborator in the list of one case: shared now, and whether a standing grant does it."""

    collaboration: Collaboration
    shared: bool

    @property
    def locked(self) -> bool:
        return self.collaboration.every_case

    @property
    def tone(self) -> str:
        return relation_tone(self.collaboration)

    @property
    def sees(self) -> str:
        """What ticking the box means, in a sentence."""
        name = self.collaboration.first_name or self.collaboration.name
        if self.collaboration.state == Collaboration.State.INVITED:
            return _("After accepting, %(name)s will see the prescription, records and every setup of this case.") % {"name": name}
        if self.collaboration.hides_identity:
            words = _("%(name)s will see the prescription, records and every setup of this case, without the patient’s name.")
            return words % {"name": name}
        return _("%(name)s will see the prescription, records and every setup of this case.") % {"name": name}


def choices_on(case: Case) -> list[Choice]:
    shared = set(collaborations_on(case).values_list("pk", flat=True))
    return [Choice(c, c.pk in shared) for c in open_collaborations(case.provider_id)]


@require_http_methods(["GET", "POST"])
def case_collaborators(request: PortalRequest, number: str) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.SHARE)
    choices = choices_on(case)
    if request.method == "GET":
        return _shown(request, case, choices)
    ticked = {int(value) for value in request.POST.getlist("collaboration") if value.isascii() and value.isdigit()}
    wanted = ticked | {choice.collaboration.pk for choice in choices if choice.locked}
    if not wanted <= {choice.collaboration.pk for choice in choices}:
        reason = _("Somebody you ticked does not collaborate with you any more. Nothing was changed. Look at the list again.")
        return _shown(request, case, choices, reason, status=409)
    try:
        batch = services.case_shares_set(case=case, wanted=wanted, by=request.actor, key=form_key(request))
    except NotAllowedNow as changed:
        return _shown(request, case, choices_on(case), changed.reason, status=409)
    return _saved(request, case, batch)


def _shown(request: PortalRequest, case: Case, choices: list[Choice], reason: str = "", status: int = 200) -> HttpResponse:
    template = "cases/_case_collaborators.html" if request.htmx else "cases/case_collaborators.html"
    now = sum(choice.shared for choice in choices)
    context = {"case": case, "choices": choices, "now": now, "reason": reason, "next": request.GET.get("next", ""), "key": new_key()}
    context["many"] = len(choices) > MANY
    return render(request, template, context, status=status)


def _saved(request: PortalRequest, case: Case, batch: ShareBatch) -> HttpResponse:
    """The icon with its new number, and a toast with Undo; without JavaScript the list with both."""
    words = ngettext("Collaborators of %(number)s saved: %(n)s change.", "Collaborators of %(number)s saved: %(n)s changes.", batch.count)
    text = words % {"number": case.number, "n": batch.count}
    undo = undo_address(batch)
    if not request.htmx:
        messages.success(request, text, extra_tags=undo)
        return back_to_list(request, reverse("cases:manage_orders"))
    response = render(request, "cases/_case_collaborators_saved.html", {"case": case, "count": collaborator_count(case)})
    trigger_client_event(response, "midline:shared", {"number": case.number})
    return trigger_client_event(response, "midline:toast", {"text": text, "undo": undo})
