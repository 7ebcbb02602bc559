"""What a collaborator may do on one case: the provider takes permissions away there, or gives them back, never more."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from midline.cases import services
from midline.cases.actions import Action
from midline.cases.forms.collaborators import HELP
from midline.cases.models import Case
from midline.cases.policies import collaborations_on, get_case_or_404
from midline.cases.queries import withheld_on
from midline.cases.views.opening import back_to_list, form_key, open_collaboration_or_404, stale
from midline.cases.views.telling import tell
from midline.collaboration.models import Collaboration, Grant
from midline.core.errors import NotAllowedNow
from midline.core.http import PortalRequest
from midline.core.ids import new_key


@require_http_methods(["GET", "POST"])
def case_permissions(request: PortalRequest, number: str, collaboration_id: int) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.SHARE)
    chosen = open_collaboration_or_404(request, collaboration_id)
    back = reverse("web:case", args=[request.actor.workspace, number])
    if request.method == "GET":
        return _shown(request, case, chosen, back)
    kept = {Grant(value) for value in request.POST.getlist("grant") if value in Grant.values}
    # What is not granted at all is not on the page: whatever was taken away of it stays so.
    withheld = (withheld_on(case, chosen) - chosen.granted) | (chosen.granted - kept)
    try:
        batch = services.share_withhold(case=case, collaboration=chosen, withheld=withheld, by=request.actor, key=form_key(request))
    except NotAllowedNow as gone:
        return stale(request, gone.reason, back)
    tell(request, batch, chosen, number=number)
    return back_to_list(request, back)


def _shown(request: PortalRequest, case: Case, chosen: Collaboration, back: str) -> HttpResponse:
    withheld = withheld_on(case, chosen)
    template = "cases/_case_permissions.html" if request.htmx else "cases/case_permissions.html"
    rows = [(grant, grant.label, HELP[grant], grant not in withheld) for grant in Grant if grant in chosen.granted]
    shared = collaborations_on(case).filter(pk=chosen.pk).exists()
    return render(request, template, {"case": case, "chosen": chosen, "rows": rows, "shared": shared, "back": back, "key": new_key()})
