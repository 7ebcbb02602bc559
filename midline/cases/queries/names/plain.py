"""A search asked of the row alone: three columns, no index of names."""

from typing import Any, Final

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, CharField, F, Func, Q, Value
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler

from midline.cases.queries.names.words import Search, Statement, Word, every
from midline.core.prepared import SIZES, Slot, filled_up
from midline.core.text import begins_words

_PLACE_OF: Final = {"sqlite": "instr", "postgresql": "strpos"}


class _Holds(Func):
    """Whether a text holds another, asked of the row: neither LIKE nor an index."""

    output_field = BooleanField()
    template = "(%(function)s(%(expressions)s) > 0)"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:  # type: ignore[override]
        return super().as_sql(compiler, connection, function=_PLACE_OF[connection.vendor], **context)


class _Spaced(Func):
    template = "(' ' || %(expressions)s)"


def plain_condition(search: Search, *, once: bool = False) -> Q:
    """The search as a condition of the list's query. `once`: of a statement that is composed once, into which `values_of` are filled."""
    given = _slots(search) if once else values_of(search)
    condition = Q()
    for number, word in enumerate(search.words):
        column = _Spaced(F("patient_norm")) if begins_words(word.text) else F("patient_norm")
        text = given[f"word {number}"]
        named = Q(_Holds(column, text if isinstance(text, Slot) else Value(text)))
        if word.clinicians:
            named |= Q(In(F("provider_id"), given[f"clinicians {number}"]))
        if search.hidden:
            named &= ~Q(In(F("provider_id"), given["hidden"]))
        for beginning in word.beginnings:
            named |= Q(number__startswith=beginning)
        condition &= named
    return condition


def form_of(search: Search) -> tuple[Any, ...] | None:
    """What searches have in common that differ in `values_of` alone; None for those of numbers and of very many clinicians."""
    lists = [word.clinicians for word in search.words] + [search.hidden]
    if not search.words or any(word.beginnings for word in search.words) or any(len(ids) > SIZES[-1] for ids in lists):
        return None
    return (tuple(begins_words(word.text) for word in search.words), tuple(len(filled_up(ids)) for ids in lists))


def values_of(search: Search) -> dict[str, Any]:
    """What the condition compares with: texts, and ids of providers."""
    given: dict[str, Any] = {"hidden": filled_up(search.hidden)}
    for number, word in enumerate(search.words):
        given[f"word {number}"] = f" {word.text}" if begins_words(word.text) else word.text
        given[f"clinicians {number}"] = filled_up(word.clinicians)
    return given


def _slots(search: Search) -> dict[str, Any]:
    """The places of `values_of`."""
    return {
        name: Slot(name, CharField()) if isinstance(value, str) else [Slot(name, place=place) for place in range(len(value))]
        for name, value in values_of(search).items()
    }


def plain_tests(words: tuple[Word, ...], search: Search) -> Statement:
    """The same for some of the words, in SQL on the row `c`."""
    return every(_tested(word, search.hidden) for word in words)


def patient_tests(words: tuple[Word, ...]) -> Statement:
    """Whether the patient's name alone holds these words."""
    return every(_patient_holds(word) for word in words)


def _tested(word: Word, hidden: frozenset[int]) -> Statement:
    named = _patient_holds(word) | (Statement(f"c.provider_id IN {among(word.clinicians)}") if word.clinicians else Statement(""))
    tested = named & unhidden(hidden)
    for beginning in word.beginnings:
        tested |= Statement(f"substr(c.number, 1, {len(beginning)}) = %s", (beginning,))
    return tested


def _patient_holds(word: Word) -> Statement:
    place_of = _PLACE_OF[connection.vendor]
    if begins_words(word.text):
        return Statement(f"{place_of}(' ' || c.patient_norm, %s) > 0", (f" {word.text}",))
    return Statement(f"{place_of}(c.patient_norm, %s) > 0", (word.text,))


def unhidden(hidden: frozenset[int]) -> Statement:
    return Statement(f"c.provider_id NOT IN {among(hidden)}" if hidden else "")


def among(ids: frozenset[int] | list[int]) -> str:
    """A list of our own numbers, as they are."""
    return f"({', '.join(str(int(pk)) for pk in sorted(ids))})"
