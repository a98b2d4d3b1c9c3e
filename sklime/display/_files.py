"""Files written whole or not at all."""

import os
import shutil
import threading
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path, content):
    """Write a file so that nobody ever sees half of it.

    Parameters
    ----------
    path : str or path-like
        Where; an existing file is replaced.

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
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"{str(path)!r} cannot be written: there is no folder {str(target.parent)!r}; make it "
            "before, or pass another path."
        )
    data = content.encode("utf-8", errors="replace") if isinstance(content, str) else content
    part = target.with_name(f".sklime-{os.getpid()}-{threading.get_ident()}.part")
    try:
        part.write_bytes(data)
        if target.exists():
            shutil.copymode(target, part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return Path(path)
