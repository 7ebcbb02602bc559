"""A ZIP from outside: what is refused before a byte is inflated, and what while it inflates."""

from __future__ import annotations

import stat
import struct
import zipfile

import pytest

from meshes import archive
from meshes.archive import Archive
from meshes.errors import BadFile
from meshes.tests.cases import zip_of

MODEL = b"model " * 100


def linked(path, name, target):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(info, target)
    return path


def patched(path, offset_of, value, *, central, fmt="<H"):
    """Overwrite a field of the first entry, in its local header and in the directory."""
    data = bytearray(path.read_bytes())
    struct.pack_into(fmt, data, offset_of, value)
    struct.pack_into(fmt, data, data.find(b"PK\x01\x02") + central, value)
    path.write_bytes(bytes(data))
    return path


def test_entries_come_one_by_one_with_their_bytes(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"upper/1.stl": MODEL, "__MACOSX/upper/._1.stl": b"x", "upper/.DS_Store": b"x"})

    with Archive(path) as opened:
        assert [(entry.name, data) for entry, data in opened.contents()] == [("upper/1.stl", MODEL)]


@pytest.mark.parametrize("name", ["../../etc/passwd.stl", "a/../../b.stl", "/etc/a.stl", "C:\\a.stl", "a\\..\\..\\b.stl"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, name):
    path = zip_of(tmp_path / "a.zip", {name: MODEL})

    with pytest.raises(BadFile, match=r"absolute path|climbs out") as refused:
        Archive(path)
    assert refused.value.file


def test_a_link_is_refused(tmp_path):
    with pytest.raises(BadFile, match="link") as refused:
        Archive(linked(tmp_path / "a.zip", "upper.stl", "/etc/passwd"))
    assert refused.value.file == "upper.stl"


def test_an_encrypted_entry_is_refused(tmp_path):
    path = patched(zip_of(tmp_path / "a.zip", {"upper.stl": MODEL}), 6, 1, central=8)

    with pytest.raises(BadFile, match="encrypted") as refused:
        Archive(path)
    assert refused.value.file == "upper.stl"


def test_an_unusual_compression_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"upper.stl": MODEL}, compression=zipfile.ZIP_LZMA)

    with pytest.raises(BadFile, match="method 14"):
        Archive(path)


@pytest.mark.parametrize("second", ["UPPER.STL", "Upper.stl", "upper.stl"])
def test_two_names_that_differ_only_in_case_are_refused(tmp_path, second):
    with pytest.warns(UserWarning, match="Duplicate name") if second == "upper.stl" else pytest.MonkeyPatch.context():
        path = zip_of(tmp_path / "a.zip", [("upper.stl", MODEL), (second, MODEL)])

    with pytest.raises(BadFile, match="twice") as refused:
        Archive(path)
    assert refused.value.file == second


@pytest.mark.parametrize("name", ["inner.zip", "inner.7z", "inner.tar.gz"])
def test_a_nested_archive_is_refused_by_its_name(tmp_path, name):
    with pytest.raises(BadFile, match="archive inside") as refused:
        Archive(zip_of(tmp_path / "a.zip", {name: MODEL}))
    assert refused.value.file == name


def test_a_nested_archive_is_refused_by_its_content(tmp_path):
    inner = zip_of(tmp_path / "inner.zip", {"a.stl": MODEL}).read_bytes()
    with Archive(zip_of(tmp_path / "a.zip", {"upper.stl": inner})) as opened, pytest.raises(BadFile, match="archive inside"):
        opened.read(opened.entries[0])


def test_a_gigabyte_in_a_megabyte_is_refused_before_it_is_inflated(tmp_path, monkeypatch):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for number in range(9):
            with out.open(f"stage_{number}.stl", "w") as entry:
                for _ in range(11):
                    entry.write(bytes(10_000_000))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("a byte was inflated"))

    assert path.stat().st_size < 1_100_000
    with pytest.raises(BadFile, match=r"110\.0 MB, 1,0\d\d times") as refused:
        Archive(path)
    assert refused.value.file == "stage_0.stl"


def test_an_entry_that_unpacks_to_more_than_it_announces_is_stopped(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"upper.stl": bytes(range(256)) * 400})
    patched(path, 22, 5_000, central=24, fmt="<I")

    with Archive(path) as opened, pytest.raises(BadFile, match=r"unpack") as refused:
        opened.read(opened.entries[0])
    assert refused.value.file == "upper.stl"


def test_a_damaged_entry_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"upper.stl": bytes(range(256)) * 40}, compression=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[200] ^= 0xFF
    path.write_bytes(bytes(data))

    with Archive(path) as opened, pytest.raises(BadFile, match="damaged"):
        opened.read(opened.entries[0])


def test_entries_that_share_their_bytes_are_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"a.stl": bytes(range(256)) * 40, "b.stl": bytes(range(256)) * 40}, compression=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    second = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, second + 42, 10)
    path.write_bytes(bytes(data))

    with pytest.raises(BadFile, match="shares its bytes"):
        Archive(path)


def test_an_entry_without_a_name_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"a": MODEL}, compression=zipfile.ZIP_STORED)
    data = path.read_bytes()
    directory = data.find(b"PK\x01\x02")
    nameless = bytearray(data[:directory] + data[directory:].replace(b"a", b"", 1))
    entry = nameless.find(b"PK\x01\x02")
    struct.pack_into("<H", nameless, entry + 28, 0)
    end = nameless.find(b"PK\x05\x06")
    struct.pack_into("<I", nameless, end + 12, end - entry)
    path.write_bytes(bytes(nameless))

    with pytest.raises(BadFile, match="no name"):
        Archive(path)


def test_too_many_entries_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_ENTRIES", 3)
    with pytest.raises(BadFile, match="4 entries"):
        Archive(zip_of(tmp_path / "a.zip", {f"{n}.stl": MODEL for n in range(4)}))


def test_too_many_bytes_in_all_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 1_000)
    with pytest.raises(BadFile, match="more than"):
        Archive(zip_of(tmp_path / "a.zip", {f"{n}.stl": MODEL for n in range(4)}))


@pytest.mark.parametrize("data", [b"", b"<html>", b"PK\x03\x04 and no directory"])
def test_what_is_no_zip_is_refused_by_its_shown_name(tmp_path, data):
    (tmp_path / "stored-under-a-hash").write_bytes(data)
    with pytest.raises(BadFile) as refused:
        Archive(tmp_path / "stored-under-a-hash", shown_as="Setup.zip")
    assert refused.value.file == "Setup.zip"
