"""The rows that are measured: the same at every run, and the same when they come from files."""

from pathlib import Path

import pytest

from bench.data import Source
from bench.files import FILES, BadFile, Folder, write
from bench.plan import Generated


def rows_of(source: Source) -> dict[str, list[tuple[object, ...]]]:
    return {name: list(getattr(source, name)()) for name in FILES}


def test_the_same_number_of_cases_gives_the_same_rows():
    first, second = Generated(400), Generated(400)
    assert rows_of(first) == rows_of(second)
    assert list(first.cases()) == list(first.cases())
    assert list(Generated(401).cases())[:400] != list(first.cases())


def test_the_three_readers_see_what_the_measurement_says():
    data = Generated(10_000)
    grants = list(data.grants())
    owners = {row.case: row.provider for row in data.cases()}
    assert len(list(data.providers())) == 10_000
    for person, standing, singly in ((1, 2_000, 100), (2, 70, 7), (3, 1, 50)):
        mine = {row.grant: row for row in grants if row.person == person}
        assert sum(row.every_case for row in mine.values()) == standing
        shares = [row for row in data.shares() if row.grant in mine]
        assert len(shares) == singly
        assert all(owners[row.case] == mine[row.grant].provider and not mine[row.grant].every_case for row in shares)


def test_rows_come_back_from_files_as_they_were_written(tmp_path: Path):
    data = Generated(400)
    written = dict(write(data, tmp_path))
    assert {path.name for path in written} == {f"{name}.csv" for name in FILES}
    assert rows_of(Folder(tmp_path)) == rows_of(data)
    assert Folder(tmp_path).name == Folder(tmp_path).name != data.name


@pytest.mark.parametrize(
    ("name", "column", "value", "remedy"),
    [
        ("cases", "status", "lost", "Write one of: draft, "),
        ("cases", "provider", "99999", "Name a provider of providers.csv."),
        ("cases", "practice", "1", "Name a practice of this provider"),
        ("cases", "birth_on", "31.5.2014", "Write a day such as 2014-05-31"),
        ("cases", "created_at", "yesterday", "Write a moment such as"),
        ("cases", "last_name", "", "Write 1 to 80 characters."),
        ("cases", "newest_version", "-1", "Write a whole number from 0"),
        ("grants", "every_case", "yes", "Write 1 for yes or 0 for no."),
        ("grants", "person", "99999", "Name a person of people.csv."),
        ("shares", "grant", "99999", "Name a grant of grants.csv."),
        ("shares", "case", "99999", "Name a case of the provider of this grant."),
        ("people", "actor", "huge", "Write one of: (nothing), big, mid, sparse."),
    ],
)
def test_a_value_that_cannot_be_is_named_with_file_line_column_and_remedy(tmp_path: Path, name: str, column: str, value: str, remedy: str):
    list(write(Generated(400), tmp_path))
    path = tmp_path / f"{name}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = lines[2].split(",")
    cells[lines[0].split(",").index(column)] = value
    path.write_text("\n".join([*lines[:2], ",".join(cells), *lines[3:]]), encoding="utf-8")
    with pytest.raises(BadFile) as refused:
        rows_of(Folder(tmp_path))
    assert str(refused.value).startswith(f"{name}.csv, line 3, column {column}: {value!r} cannot be read. {remedy}")


def test_a_file_that_is_missing_or_has_other_columns_is_named(tmp_path: Path):
    with pytest.raises(BadFile, match=r"providers\.csv is missing"):
        Folder(tmp_path)
    list(write(Generated(300), tmp_path))
    path = tmp_path / "cases.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("case,provider", "id,provider", 1), encoding="utf-8")
    with pytest.raises(BadFile, match="Write exactly: case,provider,practice"):
        rows_of(Folder(tmp_path))


def test_a_line_that_is_repeated_is_refused(tmp_path: Path):
    list(write(Generated(300), tmp_path))
    with (tmp_path / "shares.csv").open("a", encoding="utf-8") as opened:
        opened.write((tmp_path / "shares.csv").read_text(encoding="utf-8").splitlines()[1] + "\n")
    with pytest.raises(BadFile, match="It stands on an earlier line"):
        rows_of(Folder(tmp_path))
