"""Files written whole or not at all, whichever method writes them."""

import errno
import functools
import os
import re
import resource
import secrets
import stat
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pytest
from shown import batch_of, hand_made

from sklime import Explanation, ExplanationBatch
from sklime.utils._files import write_atomically


class Way(NamedTuple):
    """A public method that writes a file, and the suffix that it asks for."""

    write: object
    suffix: str


@functools.cache
def batch():
    return batch_of([hand_made(label=label) for label in range(3)])


WAYS = {
    "to_json": Way(lambda path: batch()[0].to_json(path), ".json"),
    "to_json of a batch": Way(lambda path: batch().to_json(path), ".json"),
    "to_html": Way(lambda path: batch().to_html(path), ".html"),
    "html": Way(lambda path: batch()[0].save(path), ".html"),
    "png": Way(lambda path: batch()[0].save(path), ".png"),
    "svg": Way(lambda path: batch()[0].save(path), ".svg"),
    "json": Way(lambda path: batch()[0].save(path), ".json"),
    "csv": Way(lambda path: batch()[0].save(path), ".csv"),
}
OLD = b"what was there before"


@pytest.fixture(params=WAYS)
def way(request):
    """Each way to write a file in turn."""
    return WAYS[request.param]


@pytest.fixture
def path(way, tmp_path):
    """Where to write: no file yet, in a folder with nothing else."""
    return tmp_path / f"file{way.suffix}"


@functools.cache
def content_of(way):
    """What the method writes where nothing disturbs it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"file{way.suffix}"
        way.write(path)
        return path.read_bytes()


def is_whole(path, way):
    """Tell whether a file is what the method writes where nothing disturbs it."""
    return path.read_bytes() == content_of(way)


# What goes wrong while a file is written


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
def test_an_error_leaves_the_old_file_and_nothing_else(step, way, path, monkeypatch):
    path.write_bytes(OLD)

    def fail(*args, **kwargs):
        raise FULL

    # The fonts of pictures are read before, because `os.open` fails.
    assert content_of(way)
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        way.write(path)
    monkeypatch.undo()
    assert path.read_bytes() == OLD
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_a_disk_that_gets_full_leaves_the_old_file(way, path):
    path.write_bytes(OLD)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert content_of(way)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match=re.escape(os.strerror(errno.EFBIG))):
            way.write(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == OLD
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_an_interrupt_leaves_the_old_file(way, path, monkeypatch):
    path.write_bytes(OLD)

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        way.write(path)
    assert path.read_bytes() == OLD
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_an_old_file_of_any_content_is_replaced(way, path):
    path.write_bytes(OLD * 100_000)
    way.write(path)
    assert is_whole(path, way)


def test_an_explanation_that_cannot_be_written_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.json"
    path.write_bytes(OLD)
    with pytest.raises(ValueError, match="which JSON cannot keep"):
        hand_made(label=object()).to_json(path)
    assert path.read_bytes() == OLD


# Links, folders and devices


def test_a_link_is_replaced_and_not_followed(way, path, tmp_path_factory):
    victim = tmp_path_factory.mktemp("elsewhere") / "victim"
    victim.write_bytes(OLD)
    path.symlink_to(victim)
    way.write(path)
    assert victim.read_bytes() == OLD
    assert not path.is_symlink()
    assert is_whole(path, way)


def test_a_link_that_leads_nowhere_is_replaced(way, path):
    nowhere = path.with_name("nowhere")
    path.symlink_to(nowhere)
    way.write(path)
    assert not nowhere.exists()
    assert is_whole(path, way)


def test_a_folder_may_be_reached_through_a_link(way, path, tmp_path_factory):
    link = tmp_path_factory.mktemp("elsewhere") / "link"
    link.symlink_to(path.parent)
    way.write(link / path.name)
    assert is_whole(path, way)


def test_a_link_under_the_random_name_is_never_written_through(way, path, monkeypatch):
    victim = path.with_name("victim")
    victim.write_bytes(OLD)
    monkeypatch.setattr(secrets, "token_hex", lambda n: "known")
    planted = path.with_name(".sklime-known.part")
    planted.symlink_to(victim)
    with pytest.raises(FileExistsError):
        way.write(path)
    assert victim.read_bytes() == OLD
    assert planted.is_symlink()
    assert not path.exists()


def test_the_random_names_differ(path, way, monkeypatch):
    names = []
    replace = os.replace

    def keep_name(part, target):
        names.append(Path(part).name)
        replace(part, target)

    monkeypatch.setattr(os, "replace", keep_name)
    for _ in range(3):
        way.write(path)
    assert len(set(names)) == 3


def test_a_path_that_is_a_folder_is_an_error(way, path):
    path.mkdir()
    with pytest.raises(IsADirectoryError, match="it is a folder; pass the path of a file in it"):
        way.write(path)
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error(way, path):
    # Not about the name of the file that is written first.
    lost = path.parent / "nowhere" / path.name
    with pytest.raises(FileNotFoundError, match=r"cannot be written: there is no folder") as raised:
        way.write(lost)
    assert path.name in str(raised.value)
    assert ".part" not in str(raised.value)


def test_a_pipe_is_not_replaced(way, path):
    os.mkfifo(path)
    with pytest.raises(OSError, match="a device, a pipe or a socket"):
        way.write(path)
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_device_is_not_replaced():
    with pytest.raises(OSError, match="a device, a pipe or a socket"):
        hand_made().to_json("/dev/full")
    assert Path("/dev/full").is_char_device()


def test_an_error_names_the_path_that_was_asked_for(way, path, monkeypatch):
    def refuse(name, *args):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(name))

    way.write(path)
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError) as raised:
        write_atomically(path, "new")
    assert str(path) in str(raised.value)
    assert ".part" not in str(raised.value)


# Permissions


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_file_has_the_permissions_of_any_new_file(umask, way, path):
    old = os.umask(umask)
    try:
        way.write(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_an_old_file_keeps_its_permissions(mode, way, path):
    path.write_bytes(OLD)
    path.chmod(mode)
    way.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_nobody_may_read_the_new_file_who_may_not_read_the_old_one(path, way, monkeypatch):
    path.write_bytes(OLD)
    path.chmod(0o600)
    seen = []
    fsync = os.fsync

    def look(descriptor):
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    way.write(path)
    assert seen[0] == 0o600


# Paths


class PathLike:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


@pytest.mark.parametrize("kind", [str, Path, PathLike])
def test_paths_of_any_kind_are_taken(kind, way, path):
    way.write(kind(str(path)))
    assert is_whole(path, way)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_tilde_is_the_home_folder(kind, way, path, monkeypatch):
    monkeypatch.setenv("HOME", str(path.parent))
    way.write(kind(f"~/{path.name}"))
    assert is_whole(path, way)


@pytest.mark.parametrize("kind", [Explanation, ExplanationBatch])
def test_json_in_the_home_folder_is_read_again(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    written = batch()[0] if kind is Explanation else batch()
    written.to_json("~/file.json")
    assert np.array_equal(kind.from_json("~/file.json").values, written.values)


def test_a_name_as_long_as_may_be_is_taken(way, path):
    path = path.with_name("n" * (255 - len(way.suffix)) + way.suffix)
    way.write(path)
    assert is_whole(path, way)


@pytest.mark.parametrize("path", [3, b"file.json", None], ids=repr)
def test_what_is_no_path_is_an_error(path):
    with pytest.raises(TypeError):
        write_atomically(path, "text")


# Many at once


def test_writers_at_the_same_time_leave_one_whole_file(tmp_path):
    path = tmp_path / "file.txt"
    contents = [str(number) * 200_000 for number in range(8)]
    torn = []

    def write(content):
        for _ in range(10):
            write_atomically(path, content)
            if path.read_text() not in contents:
                torn.append(content)

    threads = [threading.Thread(target=write, args=[content]) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not torn
    assert path.read_text() in contents
    assert [item.name for item in tmp_path.iterdir()] == ["file.txt"]


# Texts


def test_line_ends_are_written_as_they_are(tmp_path):
    path = write_atomically(tmp_path / "file.txt", "a\r\nb\nc")
    assert path.read_bytes() == b"a\r\nb\nc"


def test_halves_of_characters_become_question_marks(tmp_path):
    assert write_atomically(tmp_path / "file.txt", "a\ud800b").read_bytes() == b"a?b"
