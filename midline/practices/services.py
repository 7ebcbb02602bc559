"""Writes on providers and practices."""

from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from midline.activity import services as activity
from midline.core.errors import NotAllowedNow, Refused
from midline.core.http import public_url
from midline.core.languages import spoken
from midline.people import services as people
from midline.people.mails import WORDS, Words, compose
from midline.people.models import User
from midline.people.policies import Actor
from midline.practices.countries import COUNTRIES
from midline.practices.events import PracticeSaved, ProviderConfirmed, ProviderRefused, ProviderRegistered
from midline.practices.models import Practice, Provider

_OUTCOME = {
    Provider.State.CONFIRMED: Words(
        gettext_lazy("Your registration is confirmed"),
        gettext_lazy("An administrator confirmed your registration as a provider. You can add cases now."),
        button=gettext_lazy("Open the portal"),
        link="home",
    ),
    Provider.State.REFUSED: Words(
        gettext_lazy("Your registration was not confirmed"),
        gettext_lazy("An administrator could not confirm your registration as a provider. Ask the lab what is missing."),
    ),
}


def line_checked(value: str, *, field: str, label: str, at_most: int, needed: bool = False) -> str:
    """One line of text as it is kept. Raises Refused naming the field."""
    text = value.strip(" ")
    if needed and not text:
        raise Refused(_("%(field)s is empty. Enter it.") % {"field": label}, field=field)
    if text and not text.isprintable():
        raise Refused(_("%(field)s holds a line break or another sign that cannot be shown. Remove it.") % {"field": label}, field=field)
    if len(text) > at_most:
        raise Refused(
            _("%(field)s has %(n)s characters. Shorten it to %(max)s.") % {"field": label, "n": len(text), "max": at_most}, field=field
        )
    return text


@transaction.atomic
def provider_register(*, by: User, license_number: str, country: str, practice_name: str, time_zone: str = "UTC") -> Provider:
    """Makes a person a provider with a first practice: confirmed at once or waiting, as MIDLINE_REGISTRATION says.

    Raises Refused naming the field, and NotAllowedNow when registration is closed or the person is a provider already.
    """
    if settings.MIDLINE_REGISTRATION == "closed":
        raise NotAllowedNow(_("Registration is closed here. Ask the lab for an account."))
    person = User.objects.select_for_update().get(pk=by.pk)
    if Provider.objects.filter(person=person).exists():
        raise NotAllowedNow(_("You have registered as a provider already."))
    if country not in COUNTRIES:
        raise Refused(_("The country is not chosen. Choose the country of your licence."), field="country")
    confirmed = settings.MIDLINE_REGISTRATION == "open"
    provider = Provider.objects.create(
        person=person,
        license_number=line_checked(license_number, field="license_number", label=_("Licence number"), at_most=60, needed=True),
        country=country,
        state=Provider.State.CONFIRMED if confirmed else Provider.State.PENDING,
    )
    _practice_write(
        Practice(provider=provider, position=0), by_id=by.pk, new=True, name=practice_name, country=country, time_zone=time_zone
    )
    activity.record(ProviderRegistered.of(provider, by.pk, state=provider.state))
    return provider


def clinician_register(
    *,
    email: str,
    first_name: str,
    last_name: str,
    password: str,
    language: str,
    license_number: str,
    country: str,
    practice_name: str,
    time_zone: str,
) -> None:
    """A clinician without an account registers: an account, a provider, a practice, and a mail that proves the address.

    An address that has an account gets a mail that says so, and the caller learns nothing: same answer, and a password is hashed in both
    cases. Raises Refused naming the field, NotAllowedNow when registration is closed.
    """
    if settings.MIDLINE_REGISTRATION == "closed":
        raise NotAllowedNow(_("Registration is closed here. Ask the lab for an account."))
    user = people.user_prepare(email=email, first_name=first_name, last_name=last_name, password=password, language=language)
    known = User.objects.filter(email=user.email).first()
    if known is not None:
        with translation.override(spoken(known.language)):
            values = {"password_reset_url": public_url(reverse("account_reset_password"))}
            people.mail_queue(to=known.email, mail=compose(WORDS["account/email/account_already_exists"], values))
        return
    with transaction.atomic():
        people.user_register(user=user, address_verified=False)
        provider_register(by=user, license_number=license_number, country=country, practice_name=practice_name, time_zone=time_zone)
        people.address_proof_ask(user=user)


@transaction.atomic
def provider_decide(*, provider: Provider, confirm: bool, by: User) -> Provider:
    """An administrator confirms or refuses a registration that waits, or takes back an earlier word. Told to the person by mail."""
    if not by.is_staff:
        raise PermissionDenied
    locked = Provider.objects.select_for_update().select_related("person").get(pk=provider.pk)
    state = Provider.State.CONFIRMED if confirm else Provider.State.REFUSED
    if locked.state == state:
        return locked
    locked.state = state
    locked.save(update_fields=["state"])
    with translation.override(spoken(locked.person.language)):
        people.mail_queue(to=locked.person.email, mail=compose(_OUTCOME[state], {"home": public_url("/")}))
    activity.record((ProviderConfirmed if confirm else ProviderRefused).of(locked, by.pk))
    return locked


@transaction.atomic
def practice_add(*, by: Actor, **fields: str) -> Practice:
    """A further practice of the provider; it stands last. Fields: name, street, city, country, phone, time_zone."""
    provider = _own(by)
    last = Practice.objects.filter(provider=provider).aggregate(last=Max("position"))["last"]
    return _practice_write(Practice(provider=provider, position=(last or 0) + 1), by_id=by.user_id, new=True, **fields)


@transaction.atomic
def practice_save(*, practice: Practice, by: Actor, **fields: str) -> Practice:
    """Changes a practice of the provider. Cases keep their practice and nobody's access changes."""
    mine = Practice.objects.select_for_update().filter(pk=practice.pk, provider=_own(by)).first()
    if mine is None:
        raise PermissionDenied
    return _practice_write(mine, by_id=by.user_id, new=False, **fields)


def _own(by: Actor) -> Provider:
    provider = Provider.objects.select_for_update().filter(pk=by.provider_id or 0, person_id=by.user_id).first()
    if provider is None or provider.state != Provider.State.CONFIRMED:
        raise PermissionDenied
    return provider


def _practice_write(
    practice: Practice,
    *,
    by_id: int,
    new: bool,
    name: str,
    street: str = "",
    city: str = "",
    country: str = "",
    phone: str = "",
    time_zone: str = "UTC",
) -> Practice:
    practice.name = line_checked(name, field="name", label=_("Practice name"), at_most=120, needed=True)
    practice.street = line_checked(street, field="street", label=_("Street and number"), at_most=160)
    practice.city = line_checked(city, field="city", label=_("Postal code and city"), at_most=120)
    practice.phone = line_checked(phone, field="phone", label=_("Phone"), at_most=40)
    if country and country not in COUNTRIES:
        raise Refused(_("The country is not chosen. Choose one of the list."), field="country")
    practice.country = country
    if time_zone not in available_timezones():
        raise Refused(_("%(value)s is not a time zone. Choose one of the list.") % {"value": time_zone[:40]}, field="time_zone")
    practice.time_zone = time_zone
    practice.save()
    activity.record(PracticeSaved.of(practice.provider, by_id, subject_id=practice.pk, name=practice.name, new=new))
    return practice
