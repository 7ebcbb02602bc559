"""The provider corrects who the patient is, or moves the case to another practice."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from midline.activity.services import record_access
from midline.cases import services
from midline.cases.actions import Action
from midline.cases.forms.details import DetailsForm
from midline.cases.models import Case
from midline.cases.policies import get_case_or_404
from midline.core.http import PortalRequest


@require_http_methods(["GET", "POST"])
def case_details(request: PortalRequest, number: str) -> HttpResponse:
    case = get_case_or_404(request.actor, number, Action.EDIT_CASE)
    record_access(request, "cases:case_details", [case.pk])
    form = DetailsForm(request.POST if request.method == "POST" else None, case=case)
    if not form.is_valid():
        return _shown(request, case, form, 422 if form.is_bound else 200)
    try:
        changed = services.case_details_save(case=case, details=form.details(), seen=form.cleaned_data["seen"], by=request.actor)
    except services.Clash as clash:
        form.show_clash(clash.fields, services.Details.of(get_case_or_404(request.actor, number, Action.EDIT_CASE)))
        return _shown(request, case, form, 409)
    if changed:
        messages.success(request, _("Case %(number)s was corrected.") % {"number": number})
    return redirect("web:case", request.actor.workspace, number)


def _shown(request: PortalRequest, case: Case, form: DetailsForm, status: int) -> HttpResponse:
    several = case.patient.cases.count() if case.patient else 1
    return render(request, "cases/case_details.html", {"case": case, "form": form, "several": several}, status=status)
