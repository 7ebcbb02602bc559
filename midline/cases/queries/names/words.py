"""What a term means: comparable words, and the providers whose own name holds one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from unicodedata import decimal

from django.db import connection

# The index begins at so many words, the longest; the others are asked of each row that it gives.
LEADING: Final = 3


@dataclass(frozen=True)
class Word:
    """A comparable word, and the providers whose name holds it."""

    text: str
    clinicians: frozenset[int] = frozenset()

    @property
    def beginnings(self) -> tuple[str, ...]:
        """What a number begins with when this was typed: people leave the leading zero out. Empty for what is no number."""
        if not self.text.isdecimal():
            return ()
        digits = "".join(str(decimal(digit)) for digit in self.text)
        return (digits, f"0{digits}")

    @property
    def is_patients(self) -> bool:
        """Whether only a patient's name can hold it."""
        return not self.clinicians and not self.beginnings


@dataclass(frozen=True)
class Search:
    """The words of a term, all of which must match, and the providers who hide their patients' identity from this reader.

    Where it is hidden, no name matches: only numbers do.
    """

    words: tuple[Word, ...]
    hidden: frozenset[int] = frozenset()

    @property
    def leading(self) -> tuple[Word, ...]:
        """The longest words: they leave the fewest cases."""
        return tuple(sorted(self.words, key=lambda word: -len(word.text))[:LEADING])

    def clinicians_lacking(self, words: tuple[Word, ...]) -> dict[tuple[Word, ...], list[int]]:
        """Providers whose name holds at least one of `words`, by the words that it does not hold. At most 2^n - 1 groups."""
        found: dict[tuple[Word, ...], list[int]] = {}
        for provider in sorted(frozenset[int]().union(*(word.clinicians for word in words)) - self.hidden):
            lacking = tuple(word for word in words if provider not in word.clinicians)
            found.setdefault(lacking, []).append(provider)
        return found


@dataclass(frozen=True)
class Place:
    """Where ids begin and which way they go: down from below `before`, or up from above `after`."""

    before: int | None = None
    after: int | None = None

    @property
    def ascending(self) -> bool:
        return self.after is not None

    @property
    def direction(self) -> str:
        return "ASC" if self.ascending else "DESC"

    def beyond(self, column: str) -> str:
        """The condition of being there; numbers stand in the statement as they are."""
        if self.after is not None:
            return f"{column} > {int(self.after)}"
        return f"{column} < {int(self.before)}" if self.before is not None else ""

    def following(self, last: int) -> "Place":
        return Place(after=last) if self.ascending else Place(before=last)


@dataclass
class Statement:
    """SQL as it grows, with its values in the order of their places."""

    sql: str
    values: tuple[str, ...] = ()

    def __and__(self, other: "Statement") -> "Statement":
        return self._joined(" AND ", other)

    def __or__(self, other: "Statement") -> "Statement":
        return self._joined(" OR ", other)

    def _joined(self, word: str, other: "Statement") -> "Statement":
        if not self.sql or not other.sql:
            return self if self.sql else other
        return Statement(f"({self.sql}{word}{other.sql})", (*self.values, *other.values))

    def rows(self) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.values)
            return list(cursor.fetchall())


def every(statements: Iterator[Statement]) -> Statement:
    """All of them; empty when there is none."""
    found = Statement("")
    for statement in statements:
        found &= statement
    return found
