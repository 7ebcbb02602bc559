"""The lines of a change request as they are typed: kept as they came, so that what cannot be read is shown again beside its reason."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext as _

from midline.conversation.models import ChangeItem
from midline.conversation.services import Wanted
from midline.conversation.words import in_words
from midline.core.errors import Refused

MOST_LINES: Final = 60
"""Lines that one request may ask for."""
MOST_TYPED: Final = 1_000
"""Lines that are read at all, and shown again where they cannot be taken."""


@dataclass
class TypedLine:
    """One line, each field as it was typed. error: why it was refused, and `wrong`, the field that is to be mended."""

    tooth: str = ""
    movement: str = ""
    amount: str = ""
    words: str = ""
    tooth_b: str = ""
    stage: str = ""
    pin: str = ""
    error: str = ""
    wrong: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed into it: a line that merely stands there is no wish."""
        return not any(value.strip() for value in (self.tooth, self.amount, self.words, self.pin))


NAMES: Final = tuple(field.name for field in fields(TypedLine) if field.name not in {"error", "wrong"})
ALWAYS: Final = ("tooth", "movement", "amount", "words")


def typed_lines(data: QueryDict) -> list[TypedLine]:
    """The lines of a form: item_tooth, item_movement, …, one of each a line. A column that the form does not have is empty.

    Raises Refused when the columns do not fit together.
    """
    columns = {name: data.getlist(f"item_{name}") for name in NAMES}
    rows = max(len(column) for column in columns.values())
    if any(len(column) != rows for name, column in columns.items() if column or (rows and name in ALWAYS)) or rows > MOST_TYPED:
        raise Refused(_("The lines of the change request do not fit together. Reload the page and write them again."), field="words")
    return [
        TypedLine(**{name: column[n].replace("\0", "")[:500] if column else "" for name, column in columns.items()}) for n in range(rows)
    ]


def wanted_from(lines: Iterable[TypedLine]) -> list[Wanted]:
    """What the typed lines ask for; empty ones are left out. Raises Refused, and marks the line that it speaks of."""
    wanted = []
    asked = [line for line in lines if not line.is_empty]
    if len(asked) > MOST_LINES:
        words = _("%(n)s lines are too many for one change request. Send at most %(most)s; put the others into words or into a second one.")
        raise Refused(words % {"n": len(asked), "most": MOST_LINES}, field="words")
    for line in asked:
        try:
            one = _wanted(line)
            one.check()
        except Refused as refused:
            line.error, line.wrong = refused.reason, refused.field or "words"
            raise
        wanted.append(one)
    return wanted


def _wanted(line: TypedLine) -> Wanted:
    movement = line.movement or ChangeItem.Movement.OTHER
    tooth, tooth_b = _tooth(line.tooth), _tooth(line.tooth_b)
    if movement == ChangeItem.Movement.IPR and tooth is not None and tooth_b is None:
        raise Refused(_("IPR lies between two teeth. Choose the second one."), field="tooth_b")
    return Wanted(
        tooth=tooth,
        movement=movement,
        amount=_amount(line.amount),
        words=line.words.strip(),
        tooth_b=tooth_b,
        stage=_number(line.stage, _("“%(value)s” is no stage. Write its number."), "stage"),
        pin=_number(line.pin, _("“%(value)s” is no pin. Remove the line and set it again."), "pin"),
    )


def said(lines: Iterable[TypedLine]) -> str:
    """The typed lines as sentences, for a page that can only show them: never less than what was typed."""
    sentences = []
    for line in lines:
        if line.is_empty:
            continue
        try:
            sentences.append(in_words(_wanted(line)))
        except Refused:
            sentences.append(
                " ".join(value for value in (line.tooth, line.tooth_b, line.movement, line.amount, line.words) if value.strip())
            )
    return "\n".join(sentences)


def _tooth(text: str) -> int | None:
    return _number(text, _("“%(value)s” is no tooth number. Choose a tooth from the list."), "tooth")


def _number(text: str, reason: str, field: str) -> int | None:
    plain = text.strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 15):
        raise Refused(reason % {"value": plain[:20]}, field=field)
    return int(plain)


def _amount(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        amount = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount.adjusted() > 6:
        raise Refused(_("“%(value)s” is no amount. Write a number such as 0.3.") % {"value": text[:20]}, field="amount")
    return amount.quantize(Decimal("0.01"))
