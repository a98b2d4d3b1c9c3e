"""Files written whole or not at all."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

__all__ = ["write_atomically"]

_NEW_FILE_MODE = 0o666  # before the umask of the process
_FLAGS = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)  # Windows, where line ends would be changed
)


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a file; a reader sees the old file or the whole new one.

    The content goes into a new file in the same folder, under a random name. That file then
    replaces the old one. If any step fails, the old file stays unchanged and the new one is
    removed. A link is replaced, not followed.

    Parameters
    ----------
    path : str or path-like
        Path of the file; ``~`` is the home folder. An existing file is replaced and its
        permissions are kept. A new file gets the permissions that the umask leaves.

    content : str or bytes
        Content of the file. Texts are encoded as UTF-8, with line ends unchanged. Lone
        surrogates, which have no encoding, become question marks.

    Returns
    -------
    path : pathlib.Path
        Path of the written file.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    IsADirectoryError
        If the path is a folder.
    OSError
        If the path is a device or a pipe, or if the file cannot be written.
    """
    # Unlike Path.expanduser, os.path.expanduser leaves names of unknown users unchanged.
    target = Path(os.path.expanduser(path))
    old_mode = _mode_of_old_file(target)
    data = content.encode("utf-8", errors="replace") if isinstance(content, str) else content
    part = target.with_name(f".sklime-{secrets.token_hex(8)}.part")
    try:
        _write_and_replace(part, target, data, old_mode)
    except OSError as error:
        # The random name would tell the user nothing.
        if error.filename == str(part):
            error.filename, error.filename2 = str(target), None
        raise
    _sync_folder(target.parent)
    return target


def _mode_of_old_file(target: Path) -> int | None:
    """Return the permissions of the file to replace; None for a link or where no file is."""
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


def _write_and_replace(part: Path, target: Path, data: bytes, old_mode: int | None) -> None:
    # Even while it is written, the new file never allows more than the old one.
    descriptor = os.open(part, _FLAGS, _NEW_FILE_MODE if old_mode is None else old_mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if old_mode is not None:
            os.chmod(part, old_mode)
        os.replace(part, target)
    finally:
        # After os.replace this name no longer exists.
        with contextlib.suppress(OSError):
            part.unlink()


def _sync_folder(folder: Path) -> None:
    """Write the folder to disk, where the system can, to keep the new name after a crash."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
