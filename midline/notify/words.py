"""What a message is filled with: names that people gave themselves made safe to write, numbers and dates in the reader's way."""

import re
import unicodedata
from datetime import date
from typing import Any, Final

from django.utils.formats import date_format, number_format

from midline.notify.models import Delivery

NAME_SHOWN: Final = 60
NAMES: Final = ("by", "provider", "collaborator")
# Signs without a shape that words of Persian and of Indian languages need.
JOINERS: Final = "\u200c\u200d"
WORD_JOINER: Final = "\u2060"
LIKE_AN_ADDRESS: Final = re.compile(r"(?<=[^\W_])([.@]|:(?=//))(?=[^\W_]{2}|/)")


class Count(int):
    """A number that counts in plural forms and is written with the groups of the active language: 12,345 or 12.345."""

    def __str__(self) -> str:
        return str(number_format(int(self), force_grouping=True))


def plain_name(value: str) -> str:
    """A name as one short line: no line break, no sign that turns the direction of writing, at most 60 characters.

    A name that looks like an address is kept readable and gets an unseen joint, so that no mail program makes it a link: people name
    themselves, and a stranger's inbox is where an invitation goes.
    """
    seen = "".join(c if c in JOINERS or unicodedata.category(c)[0] != "C" else " " for c in unicodedata.normalize("NFC", value))
    line = " ".join(seen.split())
    short = line if len(line) <= NAME_SHOWN else line[: NAME_SHOWN - 1].rstrip() + "…"
    return LIKE_AN_ADDRESS.sub(rf"\1{WORD_JOINER}", short)


def words_of(delivery: Delivery) -> dict[str, Any]:
    """The message's context in the words of the active language. Keys that the message does not have stay absent."""
    context = dict(delivery.context)
    if until := context.get("until"):
        context["until"] = date_format(date.fromisoformat(until), "DATE_FORMAT")
    if (count := context.get("count")) is not None:
        context["count"] = Count(count)
    return context | {name: plain_name(context[name]) for name in NAMES if name in context}
