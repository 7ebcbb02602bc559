"""My Account: profile and security. Everything here is the signed-in person's own."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from midline.core.errors import Refused
from midline.core.http import PortalRequest, back_to, safe_next
from midline.people import services
from midline.people.forms import ProfileForm, refuse
from midline.people.models import User


@require_http_methods(["GET", "POST"])
def profile(request: PortalRequest) -> HttpResponse:
    """Name, language, tooth numbering, appearance, being found, single keys."""
    person = User.objects.get(pk=request.actor.user_id)
    form = ProfileForm(request.POST or None, instance=person)
    if request.method == "POST":
        if form.is_valid():
            try:
                services.profile_save(by=request.user, **{name: form.cleaned_data[name] for name in ProfileForm.Meta.fields})
            except Refused as refused:
                refuse(form, refused)
            else:
                messages.success(request, _("Profile saved."))
                return back_to(request, "people:profile")
        return render(request, "people/profile.html", {"form": form}, status=422)
    return render(request, "people/profile.html", {"form": form})


@require_GET
def security(request: PortalRequest) -> HttpResponse:
    """What protects the account, and where each part is changed."""
    person = request.user
    kinds = list(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    context = {
        "has_password": person.has_usable_password(),
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        "app": Authenticator.Type.TOTP in kinds,
        "codes": Authenticator.Type.RECOVERY_CODES in kinds,
        "sessions": UserSession.objects.filter(user=person).count(),
        "waiting_address": EmailAddress.objects.filter(user=person, verified=False).values_list("email", flat=True).first(),
    }
    return render(request, "people/security.html", context)


LANGUAGE_LASTS = 60 * 60 * 24 * 365


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The language of the pages before signing in, kept in this browser; somebody signed in keeps it as their own."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        return HttpResponse(status=422)
    if isinstance(request.user, User):
        services.language_save(by=request.user, language=code)
    response = safe_next(request, "account_login")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, code, max_age=LANGUAGE_LASTS, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )
    return response
