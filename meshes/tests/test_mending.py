"""What is whole in a broken ZIP, and files that come by themselves."""

import io
import random
import zipfile

import pytest

from meshes import mending
from meshes.archive import MAX_FILE_BYTES, Archive
from meshes.errors import BadFile

NAMES = [f"upper_{n:02d}.stl" for n in range(6)]


class Pipe(io.RawIOBase):
    """Cannot seek, so that zipfile writes sizes after the bytes, as programs that stream do."""

    def __init__(self, target):
        self.target = target

    def writable(self):
        return True

    def write(self, data):
        return self.target.write(data)


def contents():
    chance = random.Random(5)
    return {name: chance.randbytes(20_000) + bytes(2_000) for name in NAMES}


def packed(path, *, streamed=False, compression=zipfile.ZIP_DEFLATED):
    with path.open("wb") as target, zipfile.ZipFile(Pipe(target) if streamed else target, "w", compression) as archive:
        for name, data in contents().items():
            archive.writestr(name, data)
    return path


def mended(path, tmp_path, supplied=()):
    out = tmp_path / "mended.zip"
    told = mending.mend(path, out, supplied)
    with Archive(out) as archive:
        return {entry.name: data for entry, data in archive.contents()}, told


@pytest.mark.parametrize("streamed", [False, True], ids=["sizes before", "sizes after"])
def test_a_zip_that_breaks_off_keeps_its_whole_files_and_names_the_one_it_breaks_in(tmp_path, streamed):
    path = packed(tmp_path / "a.zip", streamed=streamed)
    path.write_bytes(path.read_bytes()[:70_000])
    files, told = mended(path, tmp_path)

    assert files == {name: contents()[name] for name in NAMES[:3]}
    assert [row["name"] for row in told["rows"]] == [NAMES[3]]
    assert told["cut"]


def test_a_file_comes_in_the_place_of_another_and_one_beside(tmp_path):
    path = packed(tmp_path / "a.zip")
    (tmp_path / "one").write_bytes(bytes(90_000))
    rows = [
        {"name": "upper_01.ply", "path": str(tmp_path / "one"), "takes": NAMES[1]},
        {"name": "länge.stl", "path": str(tmp_path / "one"), "takes": ""},
    ]
    files, told = mended(path, tmp_path, rows)

    assert files == {name: data for name, data in contents().items() if name != NAMES[1]} | dict.fromkeys(
        ["upper_01.ply", "länge.stl"], bytes(90_000)
    )
    assert told == {"cut": False, "rows": []}


def test_wherever_a_zip_breaks_off_nothing_but_whole_files_comes_out(tmp_path):
    whole = packed(tmp_path / "a.zip", compression=zipfile.ZIP_STORED).read_bytes()
    for at in range(0, len(whole), 997):
        path = tmp_path / "cut.zip"
        path.write_bytes(whole[:at])
        try:
            files, _told = mended(path, tmp_path)
        except BadFile:
            assert at < 997 * 2
        else:
            assert files.items() <= contents().items()


def test_spoilt_bytes_are_refused_or_leave_a_zip_that_can_be_read(tmp_path):
    whole, chance = packed(tmp_path / "a.zip", streamed=True).read_bytes(), random.Random(3)
    for _again in range(150):
        spoilt = bytearray(whole[: chance.randrange(len(whole) // 2, len(whole))] if chance.random() < 0.5 else whole)
        for _byte in range(chance.randrange(1, 30)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        path = tmp_path / "spoilt.zip"
        path.write_bytes(spoilt)
        try:
            mending.mend(path, tmp_path / "out.zip", [])
        except BadFile:
            continue
        with zipfile.ZipFile(tmp_path / "out.zip") as archive:
            assert len(archive.namelist()) <= len(NAMES)


def test_a_stream_that_unpacks_to_more_than_a_file_may_have_is_not_followed(tmp_path):
    path = tmp_path / "bomb.zip"
    with (
        path.open("wb") as target,
        zipfile.ZipFile(Pipe(target), "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.stl", "w") as entry,
    ):
        for _block in range(MAX_FILE_BYTES // 1_000_000 + 2):
            entry.write(bytes(1_000_000))
    path.write_bytes(path.read_bytes()[:-30])
    found = mending.look(path)

    assert (found.models, [bad.file for bad in found.broken]) == (0, ["a.stl"])
    assert not found.helps()


def test_a_whole_zip_has_nothing_to_go_on_without(tmp_path):
    found = mending.look(packed(tmp_path / "a.zip"))

    assert found.models == len(NAMES)
    assert not found.helps()
