"""A passkey as the first way to sign in, made before its account exists: registration is all or none, and nothing is left of one given up.

A passkey holds the number of its account, so that signing in needs no address. The number is therefore taken out of the sequence before the
account is written; one that is not used stays unused. Number and challenge wait in the session, which ends with the registration.
"""

import json
import struct
from dataclasses import dataclass
from typing import Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from midline.core.errors import Refused
from midline.people.models import User

WAITS: Final = "people.passkey"
CREDENTIAL_MAX: Final = 20_000
# What the reader of credentials raises at malformed ones, besides its own error.
MALFORMED: Final = (ValidationError, ValueError, TypeError, KeyError, IndexError, AttributeError, struct.error)


@dataclass(frozen=True)
class NewPasskey:
    """A passkey that the browser made and this server has checked; `user_id` is the number that its account must get."""

    user_id: int
    credential: dict[str, Any]


def passkey_begin(*, request: HttpRequest, address: str, name: str) -> dict[str, Any]:
    """What the browser needs to make a passkey for the account that `address` is about to get. Asked again, it is the same account's."""
    waits = request.session.get(WAITS) or {}
    number = waits["number"] if waits.get("address") == address else _number_take()
    request.session[WAITS] = {"number": number, "address": address}
    options: dict[str, Any] = auth.begin_registration(User(pk=number, email=address, first_name=name), passwordless=True)
    return options


def passkey_checked(*, request: HttpRequest, address: str, credential: str) -> NewPasskey:
    """The passkey that a device, having verified the person, made for this address in this session. Raises Refused: begin again."""
    refused = Refused(_("The passkey could not be read. Make it again, or choose a password."), field="how")
    waits = request.session.get(WAITS) or {}
    if waits.get("address") != address or len(credential) > CREDENTIAL_MAX:
        raise refused
    try:
        sent = json.loads(credential)
        auth.parse_registration_response(sent)
        auth.complete_registration(sent)
    except MALFORMED:
        raise refused from None
    return NewPasskey(waits["number"], sent)


@transaction.atomic
def passkey_keep(*, user: User, passkey: NewPasskey) -> Authenticator:
    """The account's passkey, and recovery codes for the day when the device is lost."""
    kept = auth.WebAuthn.add(user, _("Passkey"), passkey.credential).instance
    RecoveryCodes.activate(user)
    return kept


def _number_take() -> int:
    """The next number of an account, which no other account gets."""
    table = User._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
            return int(cursor.fetchone()[0])
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = %s RETURNING seq", [table])
        taken = cursor.fetchone()
        if taken is None:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, 1)", [table])
        return int(taken[0]) if taken else 1
