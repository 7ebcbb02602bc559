"""Looking up a stranger by the whole address."""

from django.db import transaction
from django.utils.crypto import salted_hmac

from midline.collaboration.models import Lookup
from midline.collaboration.queries import Found, findable_person, lookups_left
from midline.collaboration.services.invitations import TooMany
from midline.collaboration.services.rows import provider_locked
from midline.core import clock
from midline.people.addresses import address_of
from midline.people.policies import Actor


@transaction.atomic
def person_look_up(*, by: Actor, email: str) -> Found | None:
    """Somebody with exactly this address who allows being found, or None: for unknown and hidden alike, after the same work.

    Each look-up is kept (its address as a keyed digest). Raises TooMany at the 31st within an hour, and Refused for what is no address.
    """
    address = address_of(email)
    provider = provider_locked(by)
    if lookups_left(provider.pk) <= 0:
        raise TooMany
    code = salted_hmac("midline.collaboration.lookup", address, algorithm="sha256").hexdigest()
    Lookup.objects.create(provider=provider, person=by.user, email_digest=code, at=clock.now())
    return findable_person(address, by.user)
