"""Registering as a provider, and the practices under My Account."""

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from midline.core.errors import NotAllowedNow, Refused
from midline.core.http import PortalRequest, back_to
from midline.people.forms import refuse
from midline.people.models import User
from midline.practices import services
from midline.practices.forms import ClinicForm, PracticeForm, RegisterForm
from midline.practices.models import Practice, Provider


@login_not_required
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A clinician registers: with a new account, or, signed in, with the one at hand."""
    if settings.MIDLINE_REGISTRATION == "closed":
        return render(request, "practices/register_closed.html", status=403)
    known = request.user if isinstance(request.user, User) else None
    if known and Provider.objects.filter(person=known).exists():
        return redirect("practices:waiting")
    form: ClinicForm = (ClinicForm if known else RegisterForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="signup"):
            return render(request, "practices/register.html", {"form": form, "too_many": True}, status=429)
        try:
            return _registered(request, form)
        except Refused as refused:
            refuse(form, refused)
        except NotAllowedNow as reason:
            form.add_error(None, reason.reason)
    return render(request, "practices/register.html", {"form": form}, status=422 if form.is_bound else 200)


def _registered(request: HttpRequest, form: ClinicForm) -> HttpResponse:
    if isinstance(request.user, User):
        services.provider_register(by=request.user, **form.cleaned_data)
        return redirect("practices:waiting")
    services.clinician_register(**form.cleaned_data)
    return render(request, "practices/registered.html", {"email": form.cleaned_data["email"]})


@require_GET
def waiting(request: PortalRequest) -> HttpResponse:
    """Where a registration stands; a confirmed one goes on to the portal."""
    provider = get_object_or_404(Provider, person_id=request.actor.user_id)
    if provider.state == Provider.State.CONFIRMED:
        return redirect("/")
    return render(request, "practices/waiting.html", {"provider": provider})


@require_GET
def practices(request: PortalRequest) -> HttpResponse:
    mine = Practice.objects.filter(provider_id=_provider_or_404(request))
    return render(request, "practices/practices.html", {"practices": mine})


@require_http_methods(["GET", "POST"])
def practice_add(request: PortalRequest) -> HttpResponse:
    _provider_or_404(request)
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
def practice(request: PortalRequest, practice_id: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Practice, pk=practice_id, provider_id=_provider_or_404(request)))


def _edit(request: PortalRequest, shown: Practice | None) -> HttpResponse:
    before = {name: getattr(shown, name) for name in PracticeForm.base_fields} if shown else {"time_zone": "UTC"}
    form = PracticeForm(request.POST or None, initial=before)
    if request.method == "POST" and form.is_valid():
        try:
            if shown:
                services.practice_save(practice=shown, by=request.actor, **form.cleaned_data)
            else:
                services.practice_add(by=request.actor, **form.cleaned_data)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, _("Practice saved."))
            return back_to(request, "practices:practices")
    return render(request, "practices/practice.html", {"form": form, "practice": shown}, status=422 if request.method == "POST" else 200)


def _provider_or_404(request: PortalRequest) -> int:
    """These pages are a confirmed provider's; for everybody else there is nothing here."""
    if request.actor.provider_id is None:
        raise Http404
    return request.actor.provider_id
