"""Files of a folder that may come from a stranger."""

import pytest

from compare.records.files import UnfitFileError, open_regular, write_whole


def test_a_regular_file_is_opened(tmp_path):
    (tmp_path / "a").write_bytes(b"1234")
    with open_regular(tmp_path / "a", 4) as file:
        assert file.read() == b"1234"


def test_a_file_that_is_too_large_says_by_how_much(tmp_path):
    (tmp_path / "a").write_bytes(b"1234")
    with pytest.raises(UnfitFileError, match="has 4 bytes, more than the 3 that are read"):
        open_regular(tmp_path / "a", 3)


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises((UnfitFileError, IsADirectoryError)):
        open_regular(tmp_path, 3)


def test_what_is_written_is_readable_as_the_umask_says(tmp_path):
    write_whole(tmp_path / "a", b"1")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "victim").write_bytes(b"mine")
    (tmp_path / "a").symlink_to(tmp_path / "victim")
    write_whole(tmp_path / "a", b"1")
    assert (tmp_path / "victim").read_bytes() == b"mine"
    assert (tmp_path / "a").read_bytes() == b"1"


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "a", b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
