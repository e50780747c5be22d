# SPDX-License-Identifier: MIT
#
# rows_file.py - a large packed file of which a program wants a little: against
# unpacking it first, against the unpacked file, and against squashfuse

import contextlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from harness import Row, Skip, need, row


WORD = 24


def some_word(setting):
    """The beginning of a line from the middle of the list that no other line
    has: look(1) finds one, and printing costs nothing."""
    with open(setting.data("words"), "rb") as words:
        words.seek(setting.mib << 19)
        words.readline()
        before, word, after = (words.readline()[:WORD] for _ in range(3))
        while word in (before, after) or not word.strip().isascii():
            before, word, after = word, after, words.readline()[:WORD]
    return word.decode("ascii").rstrip("\n")


def look(setting, path):
    return ["look", some_word(setting), path]


@row("look-unpack", "look, against unpacking",
     (">=", 100), "zstd -d to a file, and look there")
def look_unpack(setting):
    need("look")
    ours, floor = [], []
    setting.warm(0, "words.zst")
    with tempfile.TemporaryDirectory(dir=setting.data_folder) as folder:
        unpacked = os.path.join(folder, "words")
        both = ("zstd -q -d -f -c \"$1\" >\"$2\" && look \"$3\" \"$2\"; "
                "rm -f \"$2\"")
        for _ in range(setting.rounds(3, 3)):
            setting.warm(setting.mib)
            first, second = setting.walls(
                1,
                (setting.lazy(), look(setting, setting.data("words.stub"))),
                ({}, ["sh", "-c", both, "sh", setting.data("words.zst"),
                      unpacked, some_word(setting)]),
            )
            ours += first
            floor += second
    return Row("s", ours, floor, "inverse")


@row("look-plain", "look, against plain",
     ("<=", 2.5), "look in the unpacked file, in the page cache")
def look_plain(setting):
    need("look")
    setting.warm(0, "words", "words.zst")
    ours, floor = setting.walls(
        setting.rounds(41, 21),
        (setting.lazy(), look(setting, setting.data("words.stub"))),
        ({}, look(setting, setting.data("words"))),
    )
    return Row("ms", [s * 1e3 for s in ours], [s * 1e3 for s in floor])


def unmount(server, folder):
    """squashfuse_ll unmounts when it is told to end; if not, it is made to."""
    server.terminate()
    server.wait()
    server.stderr.close()
    if os.path.ismount(folder):
        for words in (["fusermount3", "-u", "-z"], ["umount", "-l"]):
            if shutil.which(words[0]) and os.path.ismount(folder):
                subprocess.run(words + [folder], check=False)
    os.rmdir(folder)


@contextlib.contextmanager
def mounted(setting):
    """The list of words as squashfuse_ll shows it, newly mounted: the image
    is in the page cache, and nothing of it is unpacked."""
    need("squashfuse_ll", "mksquashfs")
    if not os.path.exists("/dev/fuse"):
        raise Skip("/dev/fuse is not there")
    folder = tempfile.mkdtemp(dir=setting.data_folder)
    path = os.path.join(folder, "words")
    server = subprocess.Popen(
        ["squashfuse_ll", "-f", setting.data("image"), folder],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        last = time.monotonic() + 10
        while not os.path.exists(path):
            if server.poll() is not None or time.monotonic() > last:
                why = "no answer"
                if server.poll() is not None:
                    why = server.stderr.read().decode(errors="replace")
                raise Skip("squashfuse_ll cannot mount here: " +
                           " ".join(why.split())[:80])
            time.sleep(0.01)
        yield path
    finally:
        unmount(server, folder)


def against_squashfuse(setting, rounds, command):
    """Milliseconds of a process on the stub, on a fresh mount, and on the
    unpacked file; command makes its words of the file's path."""
    ours, floor, plain = [], [], []
    setting.warm(0, "words", "words.zst", "image")
    for _ in range(rounds):
        with mounted(setting) as path:
            setting.warm(256)
            walls = setting.walls(
                1,
                (setting.lazy(), command(setting.data("words.stub"))),
                ({}, command(path)),
                ({}, command(setting.data("words"))),
            )
        for samples, wall in zip((ours, floor, plain), walls):
            samples.append(wall[0] * 1e3)
    return Row("ms", ours, floor, plain=statistics.median(plain))


SQUASHFUSE = "squashfuse_ll (zstd, 64 KiB blocks), newly mounted"


@row("squash-look", "look, against squashfuse", ("<=", 1.0), SQUASHFUSE)
def squash_look(setting):
    need("look")
    return against_squashfuse(setting, setting.rounds(11, 5),
                              lambda path: look(setting, path))


def random_pages(setting, count, rounds):
    return against_squashfuse(
        setting, rounds,
        lambda path: [setting.tool("victim"), "pages", path, "1", str(count)],
    )


@row("squash-1000", "1,000 pages, squashfuse",
     ("<=", 1.0), SQUASHFUSE)
def squash_1000(setting):
    return random_pages(setting, 1000, setting.rounds(7, 3))


@row("squash-10000", "10,000 pages, squashfuse",
     ("<=", 1.0), SQUASHFUSE)
def squash_10000(setting):
    return random_pages(setting, 10000, setting.rounds(5, 3))


@row("squash-sum", "sum of all, squashfuse", ("<=", 1.0), SQUASHFUSE)
def squash_sum(setting):
    return against_squashfuse(
        setting, setting.rounds(5, 3),
        lambda path: [setting.tool("victim"), "scan", path],
    )
