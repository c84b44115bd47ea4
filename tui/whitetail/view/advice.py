"""What the user can do about a file that cannot be moved or removed."""

from __future__ import annotations

import errno
import os

from whitetail.keymap import named_keys

_OWNER = "Change its permissions, or start whitetail as the owner of the files."
_NAME_USED = "Move what has this name away, and try again."
_CONNECTION = "Check the connection to the server of this folder, and try again."
_NO_LOCKS = "This file system has no locks: move or remove the file by hand."
# The id of an action in braces stands for its key.
_ADVICE = {
    errno.EACCES: _OWNER,
    errno.EPERM: _OWNER,
    errno.EROFS: "The file system is read-only: mount it for writing, and try again.",
    errno.ENOSPC: "Free some space on the disk ({trash} shows the trash), "
    "and try again.",
    errno.EDQUOT: "Free some of your space ({trash} shows the trash), and try again.",
    errno.EXDEV: "The file is on another file system: move or remove it by hand.",
    errno.EBUSY: "Close the program that uses the file, and try again.",
    errno.ENOENT: "Press {reload} to scan the disk, and try again.",
    errno.EEXIST: _NAME_USED,
    errno.ENOTDIR: _NAME_USED,
    errno.EISDIR: _NAME_USED,
    errno.ENOTEMPTY: _NAME_USED,
    errno.ELOOP: "Remove the link that leads to itself, and try again.",
    errno.ENAMETOOLONG: "Move or remove the file by hand, or give it a shorter name.",
    errno.EIO: "The disk may be faulty: copy what you need from it, and check it.",
    errno.EMFILE: "Close other programs, and try again.",
    errno.ENFILE: "Close other programs, and try again.",
    errno.ESTALE: _CONNECTION,
    errno.ETIMEDOUT: _CONNECTION,
    errno.ENOTCONN: _CONNECTION,
    errno.ENOLCK: _NO_LOCKS,
    errno.ENOSYS: _NO_LOCKS,
    errno.ENOTSUP: _NO_LOCKS,
}
_OTHER = "Try again. If it fails again, move or remove the file by hand."


def advice(error: Exception) -> str:
    """Return why an operation on a file failed and what to do, as sentences.

    Not sanitized: it contains paths.
    """
    reason = f"{str(error).rstrip('.')}."
    if isinstance(error, OSError) and error.errno is not None:
        path = "" if error.filename is None else f": {os.fsdecode(error.filename)}"
        cause = error.strerror or os.strerror(error.errno)
        todo = named_keys(_ADVICE.get(error.errno, _OTHER))
        reason = f"{cause}{path}. {todo}"
    return " ".join([reason, *getattr(error, "__notes__", [])])
