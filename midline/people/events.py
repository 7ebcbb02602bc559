"""What happens to an account. Read by its person alone: it stands in their bell, beside the e-mail."""

from dataclasses import dataclass
from typing import ClassVar

from midline.activity.events import Happening


@dataclass(frozen=True, kw_only=True)
class AccountChanged(Happening):
    """A sign-in from a new browser, another password or address, a passkey, a second factor. data: what (a key of mails.WORDS)."""

    KIND: ClassVar[str] = "account.changed"


@dataclass(frozen=True, kw_only=True)
class PersonRenamed(Happening):
    """The name of a person is another one: rooms above that keep a copy of it follow. Nobody is told."""

    KIND: ClassVar[str] = "person.renamed"
