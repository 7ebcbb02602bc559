"""What a person typed as an e-mail address, made into the one spelling that is kept; or refused."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from midline.core.errors import Refused
from midline.people.models import User


def mailbox_of(address: str) -> str:
    """The mailbox behind an address: without what stands after a plus sign (RFC 5233)."""
    name, _at, host = address.rpartition("@")
    return f"{name.partition('+')[0]}@{host}"


def is_own_address(address: str, user: User) -> bool:
    """Whether an address, as `address_of` gives it, leads to this person: one of their own, waiting ones included, or a plus form of it.

    Two different plus forms of one mailbox are two people: practices share a mailbox in this way.
    """
    own = {user.email, *user.emailaddress_set.values_list("email", flat=True)}  # type: ignore[attr-defined]
    return any(address == mine or mailbox_of(address) == mine or address == mailbox_of(mine) for mine in own)


def address_of(typed: str) -> str:
    """The address in `typed`, in lower case.

    Letters outside ASCII are refused: look-alikes of ASCII letters (K for K, ſ for s) fold into them, so that one person could be typed
    and another meant. Line breaks, lists and names in brackets are no addresses either. Raises Refused with field "email".
    """
    text = typed.strip(" ")
    try:
        if not text.isascii() or len(text) > 254:
            raise ValidationError("")
        validate_email(text)
    except ValidationError:
        shown = "".join(c for c in typed if c.isprintable())[:80].strip()
        if not shown:
            raise Refused(_("The e-mail address is missing. Enter one address, such as name@practice.example."), field="email") from None
        raise Refused(
            _("%(value)s is not an e-mail address. Enter one address, such as name@practice.example.") % {"value": shown}, field="email"
        ) from None
    return User.plain_address(text)
