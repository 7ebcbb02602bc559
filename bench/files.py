"""The benchmark's rows as CSV files, one a kind: read with every value checked, and written. README.md names files and columns."""

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

from bench.data import SETUP_ONLY, WITH_SETUPS, CaseRow, GrantRow, MarkRow, PersonRow, PracticeRow, ProviderRow, ShareRow, Source, UnreadRow

Row = TypeVar("Row", bound=tuple[Any, ...])
FILES: Final[dict[str, Any]] = {
    "providers": ProviderRow,
    "practices": PracticeRow,
    "people": PersonRow,
    "cases": CaseRow,
    "grants": GrantRow,
    "shares": ShareRow,
    "marks": MarkRow,
    "unread": UnreadRow,
}
OPTIONAL: Final = frozenset({"shares", "marks", "unread"})
STATUSES: Final = ("draft", "submitted", "records_needed", "in_production", "awaiting_approval", "approved", "in_manufacturing",
                   "shipped", "in_treatment", "on_hold", "cancelled", "completed")  # fmt: skip
ACTOR_NAMES: Final = ("", "big", "mid", "sparse")
LARGEST: Final = 2**53


class BadFile(SystemExit):
    """Ends the command with the file, line, column and value that cannot be read, and what to do."""


def _refuse(path: Path, line: int, column: str, value: str, remedy: str) -> BadFile:
    return BadFile(f"{path.name}, line {line}, column {column}: {value!r} cannot be read. {remedy}")


# --- one value ------------------------------------------------------------------------------------------------------


def whole(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value) < LARGEST):
        raise ValueError("Write a whole number from 1.")
    return int(value)


def number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) < 30_000):
        raise ValueError("Write a whole number from 0 to 29,999.")
    return int(value)


def perhaps(value: str) -> int | None:
    return whole(value) if value else None


def flag(value: str) -> bool:
    if value not in {"0", "1"}:
        raise ValueError("Write 1 for yes or 0 for no.")
    return value == "1"


def moment(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("Write a moment such as 2026-11-20T18:00:00+00:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise ValueError("Write a day such as 2014-05-31, or nothing.") from None


def text(most: int, *, needed: bool = False) -> Callable[[str], str]:
    def check(value: str) -> str:
        if len(value) > most or (needed and not value.strip()) or "\x00" in value:
            raise ValueError(f"Write {'1' if needed else '0'} to {most} characters.")
        return value

    return check


def one_of(*known: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"Write one of: {', '.join(word or '(nothing)' for word in known)}.")
        return value

    return check


HELD: Final = tuple(status for status in STATUSES if status not in {"draft", "on_hold", "cancelled", "completed"})
READ: Final[dict[str, Callable[[str], Any]]] = {
    "provider": whole, "practice": whole, "person": whole, "case": whole, "grant": whole, "comments": number, "newest_version": number,
    "first_name": text(80), "last_name": text(80, needed=True), "name": text(120, needed=True), "type_detail": text(60),
    "status_detail": text(120), "birth_on": day, "created_at": moment, "last_activity_at": moment, "evaluates": flag, "every_case": flag,
    "sex": one_of("female", "male", "other", ""), "case_type": one_of("aligner", "revision", "retainer", "replacement"),
    "status": one_of(*STATUSES), "held_status": one_of("", *HELD),
    "relation": one_of("staff", "clinician", "mentor", "planning"), "actor": one_of(*ACTOR_NAMES),
}  # fmt: skip


# --- one file -------------------------------------------------------------------------------------------------------


def rows_of(path: Path, form: type[Row]) -> Iterator[tuple[int, Row]]:
    """The rows of a file with their line numbers, each value checked by itself. Raises BadFile."""
    columns: tuple[str, ...] = form._fields  # type: ignore[attr-defined]
    readers: list[Callable[[str], Any]] = [perhaps if form is UnreadRow and name == "person" else READ[name] for name in columns]
    with path.open(encoding="utf-8-sig", newline="", errors="strict") as opened:
        lines = csv.reader(opened)
        try:
            heads = next(lines, [])
            if tuple(heads) != columns:
                raise BadFile(f"{path.name}, line 1: the columns are {', '.join(heads) or 'missing'}. Write exactly: {','.join(columns)}.")
            for cells in lines:
                if len(cells) != len(columns):
                    raise BadFile(f"{path.name}, line {lines.line_num}: {len(cells)} values. Write {len(columns)}, one for each column.")
                try:
                    yield lines.line_num, form(*[read(cell) for read, cell in zip(readers, cells, strict=True)])
                except ValueError as wrong:
                    raise _bad_value(path, lines.line_num, columns, readers, cells, str(wrong)) from None
        except UnicodeDecodeError as broken:
            raise BadFile(f"{path.name}, after line {lines.line_num}: byte {broken.start} is not UTF-8. Save the file as UTF-8.") from None
        except csv.Error as broken:
            raise BadFile(f"{path.name}, line {lines.line_num}: {broken}. Close every quotation mark.") from None


def _bad_value(path: Path, line: int, columns: tuple[str, ...], readers: list[Any], cells: list[str], words: str) -> BadFile:
    for name, read, cell in zip(columns, readers, cells, strict=True):
        try:
            read(cell)
        except ValueError as wrong:
            return _refuse(path, line, name, cell, str(wrong))
    return BadFile(f"{path.name}, line {line}: {words}")


# --- a folder -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Folder:
    """A folder of such files as a Source. What one row says of another is checked while it is read. Raises BadFile."""

    path: Path

    def __post_init__(self) -> None:
        for name in FILES:
            if name not in OPTIONAL and not self._file(name).is_file():
                raise BadFile(f"{self._file(name)} is missing. Put it there; bench/README.md says what is in it.")

    def _file(self, name: str) -> Path:
        return self.path / f"{name}.csv"

    @cached_property
    def name(self) -> str:
        """The files by their content, so that a changed file is other data."""
        digest = hashlib.sha256()
        for name in FILES:
            digest.update(self._file(name).read_bytes() if self._file(name).is_file() else b"")
        return f"CSV {digest.hexdigest()[:16]}"

    def _rows(self, name: str) -> Iterator[tuple[int, Any]]:
        return rows_of(self._file(name), FILES[name]) if self._file(name).is_file() else iter(())

    def _checked(self, name: str, *checks: "tuple[str, Callable[[Any], bool], str]", unique: Iterable[str] = ()) -> Iterator[Any]:
        """Rows for which every check holds (column, condition, remedy), and whose `unique` columns are not repeated."""
        seen: set[Any] = set()
        unique = tuple(unique)
        for line, row in self._rows(name):
            for column, holds, remedy in checks:
                if not holds(row):
                    raise _refuse(self._file(name), line, column, _cell(getattr(row, column)), remedy)
            if unique:
                key = tuple(getattr(row, column) for column in unique)
                if key in seen:
                    value = ", ".join(map(_cell, key))
                    raise _refuse(self._file(name), line, unique[-1], value, "It stands on an earlier line: leave one of the two out.")
                seen.add(key)
            yield row

    @cached_property
    def _providers(self) -> set[int]:
        return {row.provider for row in self.providers()}

    @cached_property
    def _people(self) -> set[int]:
        return {row.person for row in self.people()}

    @cached_property
    def _practices(self) -> dict[int, int]:
        return {row.practice: row.provider for row in self.practices()}

    @cached_property
    def _owners(self) -> dict[int, int]:
        return {row.case: row.provider for row in self.cases()}

    @cached_property
    def _grants(self) -> dict[int, GrantRow]:
        return {row.grant: row for row in self.grants()}

    def providers(self) -> Iterator[ProviderRow]:
        return self._checked("providers", unique=["provider"])

    def practices(self) -> Iterator[PracticeRow]:
        known = ("provider", lambda row: row.provider in self._providers, "Name a provider of providers.csv.")
        return self._checked("practices", known, unique=["practice"])

    def people(self) -> Iterator[PersonRow]:
        actors: set[str] = set()

        def once(row: PersonRow) -> bool:
            again = bool(row.actor) and row.actor in actors
            actors.add(row.actor)
            return not again

        return self._checked("people", ("actor", once, "Somebody above has it: give it to one person."), unique=["person"])

    def cases(self) -> Iterator[CaseRow]:
        def held(row: CaseRow) -> bool:
            return (row.status == "on_hold") == bool(row.held_status)

        def possible(row: CaseRow) -> bool:
            return row.case_type in WITH_SETUPS or (row.status not in SETUP_ONLY and row.held_status not in SETUP_ONLY)

        versions = {"in_production": 0, "awaiting_approval": 1}
        return self._checked(
            "cases",
            ("provider", lambda row: row.provider in self._providers, "Name a provider of providers.csv."),
            (
                "practice",
                lambda row: self._practices.get(row.practice) == row.provider,
                "Name a practice of this provider in practices.csv.",
            ),
            ("held_status", held, "Write what the case returns to when, and only when, its status is on_hold."),
            ("status", possible, "A retainer or replacement has no setups: write submitted or in_manufacturing."),
            (
                "newest_version",
                lambda row: row.newest_version >= versions.get(row.status, 0),
                "A setup awaits approval: write its version.",
            ),
            ("case", lambda row: row.case < 9_900_000, "Case numbers have seven digits: write a number below 9,900,000."),
            unique=["case"],
        )

    def grants(self) -> Iterator[GrantRow]:
        ids: set[int] = set()

        def once(row: GrantRow) -> bool:
            again = row.grant in ids
            ids.add(row.grant)
            return not again

        return self._checked(
            "grants",
            ("grant", once, "It stands on an earlier line: leave one of the two out."),
            ("provider", lambda row: row.provider in self._providers, "Name a provider of providers.csv."),
            ("person", lambda row: row.person in self._people, "Name a person of people.csv."),
            unique=["provider", "person"],
        )

    def shares(self) -> Iterator[ShareRow]:
        return self._of_grants("shares", standing=False)

    def marks(self) -> Iterator[MarkRow]:
        return self._of_grants("marks")

    def _of_grants(self, name: str, *, standing: bool = True) -> Iterator[Any]:
        def own(row: Any) -> bool:
            return self._owners.get(row.case) == self._grants[row.grant].provider

        return self._checked(
            name,
            ("grant", lambda row: row.grant in self._grants, "Name a grant of grants.csv."),
            ("grant", lambda row: standing or not self._grants[row.grant].every_case, "It shares every case already: leave the line out."),
            ("case", own, "Name a case of the provider of this grant."),
            unique=["grant", "case"],
        )

    def unread(self) -> Iterator[UnreadRow]:
        return self._checked(
            "unread",
            (
                "person",
                lambda row: row.person is None or row.person in self._people,
                "Name a person of people.csv, or nobody: the provider.",
            ),
            ("case", lambda row: row.case in self._owners, "Name a case of cases.csv."),
            unique=["person", "case"],
        )


# --- writing --------------------------------------------------------------------------------------------------------


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return "" if value is None else str(value)


def write(source: Source, folder: Path) -> Iterator[tuple[Path, int]]:
    """Writes every kind of row into its file; yields each file with its number of rows. `Folder` reads the same rows back."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, form in FILES.items():
        path, count = folder / f"{name}.csv", 0
        with path.open("w", encoding="utf-8", newline="") as opened:
            lines = csv.writer(opened)
            lines.writerow(form._fields)
            for row in getattr(source, name)():
                lines.writerow(map(_cell, row))
                count += 1
        yield path, count
