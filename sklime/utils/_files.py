"""Files written whole or not at all."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

__all__ = ["write_atomically"]

NEW_FILE = 0o666  # before the process's umask
_FLAGS = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)  # Windows, where line ends would be changed
)


def write_atomically(path, content):
    """Write a file so that nobody ever sees half of it.

    The content goes into a new file in the same folder, under a random name that nothing has
    yet, and that file then takes the place of the old one. If anything fails, the old file
    stays as it was and the new one is removed. A link is replaced, not followed.

    Parameters
    ----------
    path : str or path-like
        Where; ``~`` is the home folder. An existing file is replaced and its permissions are
        kept. A new file gets the permissions that the umask leaves.

    content : str or bytes
        What; texts are encoded as UTF-8, with line ends as they are. Halves of characters,
        which have no encoding, become question marks.

    Returns
    -------
    path : pathlib.Path
        Where it was written.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    IsADirectoryError
        If the path is a folder.
    OSError
        If the path is a device or a pipe, or if the file cannot be written.
    """
    # Unlike Path.expanduser, this leaves the names of unknown users as they are.
    target = Path(os.path.expanduser(path))
    old_mode = _mode_of_old_file(target)
    data = content.encode("utf-8", errors="replace") if isinstance(content, str) else content
    part = target.with_name(f".sklime-{secrets.token_hex(8)}.part")
    try:
        _write_and_replace(part, target, data, old_mode)
    except OSError as error:
        # Nobody knows the random name.
        if error.filename == str(part):
            error.filename, error.filename2 = str(target), None
        raise
    _sync_folder(target.parent)
    return target


def _mode_of_old_file(target):
    """Return the permissions of the file that is replaced; None for a link and for no file."""
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{str(target)!r} cannot be written: there is no folder {str(target.parent)!r}; make "
            "it before, or pass another path."
        )
    try:
        kind = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(
            f"{str(target)!r} cannot be written: it is a folder; pass the path of a file in it."
        )
    if not stat.S_ISREG(kind):
        raise OSError(
            f"{str(target)!r} cannot be replaced by a file: it is a device, a pipe or a socket; "
            "pass the path of a file."
        )
    return None if target.is_symlink() else stat.S_IMODE(kind) & 0o777


def _write_and_replace(part, target, data, old_mode):
    # Never more permissions than the old file has, not even while it is written.
    descriptor = os.open(part, _FLAGS, NEW_FILE if old_mode is None else old_mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if old_mode is not None:
            os.chmod(part, old_mode)
        os.replace(part, target)
    finally:
        # Gone already, where it has taken the place of the old one.
        with contextlib.suppress(OSError):
            part.unlink()


def _sync_folder(folder):
    """Make the new name last through a crash, on systems that can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
