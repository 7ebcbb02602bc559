"""My Account → Email Notifications: when each event reaches the person. Everything here is the signed-in person's own."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from midline.cases.policies import cases_for
from midline.collaboration.models import Collaboration
from midline.core.http import PortalRequest, back_to
from midline.core.workspace import Workspace
from midline.notify import services
from midline.notify.forms import EmailNotificationsForm
from midline.notify.models import MailSettings, Preference
from midline.notify.preferences import zone_of
from midline.notify.rows import ROWS
from midline.people.policies import Actor
from midline.practices.queries import first_practice


@require_http_methods(["GET", "POST"])
def email_notifications(request: PortalRequest) -> HttpResponse:
    """The matrix event × when, the master switch, quiet hours and the daily summary, saved together."""
    actor = request.actor
    form = EmailNotificationsForm(request.POST or None, rows=_rows(actor), initial=_chosen(actor))
    if request.method == "POST" and form.is_valid():
        services.mail_settings_save(person=actor.user, instantly=form.cleaned_data["instantly"], when=form.when(), times=form.times())
        messages.success(request, _("Email Notifications saved."))
        return back_to(request, "notify:email_notifications")
    context = {"form": form, "groups": _groups(actor, form), "choices": Preference.When.choices, "zone": _zone_words(actor)}
    return render(request, "notify/email_notifications.html", context, status=422 if form.is_bound else 200)


def _collaborates(actor: Actor) -> int:
    return Collaboration.objects.live().filter(person=actor.user).count()


def _rows(actor: Actor) -> list[str]:
    """The rows that concern this person: those of a role they do not have are not shown. Without any role, the collaborator's are."""
    shown = {"conversation"} | ({"provider"} if actor.provider_id else set())
    if _collaborates(actor) or not actor.provider_id:
        shown.add("collaborator")
    return [row for row in ROWS if row.partition(".")[0] in shown]


def _chosen(actor: Actor) -> dict[str, Any]:
    saved = MailSettings.objects.filter(person=actor.user).first() or MailSettings(person=actor.user)
    names = ("instantly", "quiet", "quiet_from", "quiet_until", "quiet_weekend", "summary", "summary_at")
    rows = Preference.objects.filter(person=actor.user).values_list("kind", "when")
    return dict(rows) | {name: getattr(saved, name) for name in names}


def _groups(actor: Actor, form: EmailNotificationsForm) -> list[dict[str, Any]]:
    """The matrix as the template draws it: groups of rows, each with what is chosen now."""
    notes = {"provider": _provider_note(actor), "collaborator": _collaborator_note(actor), "conversation": _("every case")}
    labels = {"provider": _("As a provider"), "collaborator": _("As a collaborator"), "conversation": _("Conversation")}
    groups = []
    for group, label in labels.items():
        rows = [
            {"name": row, "label": ROWS[row].label, "help": ROWS[row].help, "value": form[row].value() or Preference.When.INSTANTLY}
            for row in form.rows
            if row.startswith(f"{group}.")
        ]
        if rows:
            groups.append({"label": label, "note": notes[group], "rows": rows})
    return [*groups, _always()]


def _always() -> dict[str, Any]:
    locked = _("Instantly, cannot be switched off")
    return {
        "label": _("Your account"),
        "note": _("always sent at once"),
        "rows": [
            {"label": _("Invitations"), "help": _("Someone asks you to collaborate"), "locked": locked},
            {
                "label": _("New sign-in, password or e-mail changed"),
                "help": _("Protects your account and your patients"),
                "locked": locked,
            },
        ],
    }


def _provider_note(actor: Actor) -> str:
    if not actor.provider_id:
        return ""
    count = cases_for(Actor(actor.user, Workspace.PROVIDER, actor.provider_id)).count()
    return ngettext("%(n)s case", "%(n)s cases", count) % {"n": count}


def _collaborator_note(actor: Actor) -> str:
    count = _collaborates(actor)
    return ngettext("%(n)s provider shares with you", "%(n)s providers share with you", count) % {"n": count} if count else ""


def _zone_words(actor: Actor) -> str:
    practice = first_practice(actor.provider_id) if actor.provider_id else None
    zone = zone_of(actor.user_id).key
    if practice is None:
        return _("Time zone %(zone)s") % {"zone": zone}
    return _("Time zone of %(practice)s, %(zone)s") % {"practice": practice.name, "zone": zone}
