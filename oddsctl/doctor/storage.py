"""Check the file system of the state directory, and its free space."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from oddsctl.doctor.findings import Finding, Subject, ok, problem, warning
from oddsctl.store.state_errors import LOCAL_DISK, no_locks, no_shared_memory

NETWORK = {
    *(
        "9p",
        "afpfs",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "drvfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
    ),
    *("prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "webdav", "macfuse", "osxfuse"),
    *("fuse.cephfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
}
"""File systems that another machine keeps or shares.

SQLite's WAL needs shared memory (sqlite.org/wal.html).
"""
LITTLE = 200 << 20
TOO_LITTLE = 20 << 20
"""Bytes. The HTTP cache alone may take 64 MiB."""
PATIENCE = 5.0


def examine(subject: Subject) -> Iterator[Finding]:
    """Yield findings on the file system of the state directory and its free space."""
    there = next(path for path in (subject.state_dir, *subject.state_dir.parents) if os.access(path, os.F_OK))
    kind = file_system(there.resolve(), _mounts())
    if wrong := no_locks(subject.state_dir) or no_shared_memory(subject.state_dir):
        named = f" ({kind})" if kind else ""
        yield problem(
            "file system",
            f"{wrong.message}{named}: databases cannot be shared safely there",
            wrong.hint or LOCAL_DISK,
        )
    elif kind in NETWORK:
        yield warning(
            "file system",
            f"{subject.state_dir} is on a network file system ({kind}), where SQLite's databases break",
            "name a directory on a local disk in store.state_dir",
        )
    elif kind is None:
        yield ok("file system", f"the type of file system under {subject.state_dir} is unknown")
    else:
        yield ok("file system", f"{subject.state_dir} is on {kind}")
    with suppress(OSError):
        yield _room(subject.state_dir, os.statvfs(there))


def file_system(path: Path, mounts: str) -> str | None:
    """Return the type of file system that `path` is on, from /proc/mounts or macOS's `mount`; None if
    unknown.

    Of several mounted on the same place the last one counts: it hides the others.
    """
    deepest, kind = -1, None
    for line in mounts.splitlines():
        if mac := re.fullmatch(r".+ on (/.*) \(([\w.]+)[^()]*\)", line):
            point, found = mac[1], mac[2]
        elif len(words := line.split()) >= 4:
            point, found = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), words[1]), words[2]
        else:
            continue
        mounted = Path(point)
        if (mounted == path or mounted in path.parents) and len(mounted.parts) >= deepest:
            deepest, kind = len(mounted.parts), found
    return kind


def _mounts() -> str:
    with suppress(OSError):
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.stdout if sys.platform == "darwin" else ""
    return ""


def _room(directory: Path, disk: os.statvfs_result) -> Finding:
    free = disk.f_bavail * disk.f_frsize
    room = f"{free >> 20:,} MiB are free where {directory} is"
    remedy = "free some space, or name another directory in store.state_dir"
    if free < TOO_LITTLE:
        return problem("disk", room, remedy)
    if disk.f_files and not disk.f_favail:
        return problem(
            "disk", f"no new file can be made where {directory} is: its inodes are used up", remedy
        )
    return warning("disk", room, remedy) if free < LITTLE else ok("disk", room)
