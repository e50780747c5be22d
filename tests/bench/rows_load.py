# SPDX-License-Identifier: MIT
#
# rows_load.py - when the machine is not quiet, or the disk is asked

import os
import statistics
import subprocess

from harness import Busy, Row, Skip, need, row
from rows_fill import fills, median_us

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
BUSY = 4


def under_load(setting, prefix):
    """The p99 of random frames while other threads compute, and the median
    while they do not."""
    ours, floor = [], []
    setting.warm(0, "input.zst")
    for seed in range(setting.rounds(7, 3)):
        quiet = fills(setting, "input.stub", seed, setting.lazy(), 1, prefix)
        with Busy(setting, BUSY):
            busy = fills(setting, "input.stub", seed, setting.lazy(), 1,
                         prefix)
        assert quiet["sum"] == busy["sum"]
        ours.append(busy)
        floor.append(quiet)
    return Row("us", median_us(ours, "p99"), median_us(floor),
               busy_median=statistics.median(median_us(ours)),
               quiet_p99=statistics.median(median_us(floor, "p99")))


@row("busy", "p99, four busy threads",
     ("<=", 10), "the quiet median")
def busy_privileged(setting):
    return under_load(setting, ())


@row("busy-user", "p99, ordinary user",
     ("<=", 10), "the quiet median")
def busy_user(setting):
    if os.geteuid() != 0:
        raise Skip("already an ordinary user: see the row before")
    need("setpriv")
    for path in (setting.library, setting.data("input.zst")):
        seen = subprocess.run(NOBODY + ["test", "-r", path], check=False)
        if seen.returncode != 0:
            raise Skip(f"an ordinary user cannot read {path}")
    return under_load(setting, NOBODY)


def blob_policy(setting, readahead):
    return {
        "version": 1,
        "stores": {"blob": {"type": "blob", "path": setting.data("input.zst")}},
        "rules": [{"match": {"call": "mmap-file", "path": "**/input"},
                   "store": "blob", "readahead": readahead}],
    }


@row("regret", "random frames, adaptive",
     ("<=", 1.02), "readahead off")
def regret(setting):
    ours, floor = [], []
    setting.warm(0, "input.zst", "input")
    for seed in range(setting.rounds(15, 7)):
        pair = [
            fills(setting, "input", seed,
                  setting.lazy(blob_policy(setting, readahead)))
            for readahead in ("adaptive", "off")
        ]
        ours.append(pair[0]["total"] / 1e6)
        floor.append(pair[1]["total"] / 1e6)
    return Row("ms", ours, floor)


def forget(setting, *names):
    """Out of the page cache with these files, if that can be done here."""
    for name in names:
        with open(setting.data(name), "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            if cached(setting, name) > 1 << 20:
                raise Skip(f"{name} stays in the page cache")


def cached(setting, name):
    """Bytes of it in the page cache."""
    need("fincore")
    done = subprocess.run(
        ["fincore", "-b", "-n", "-o", "RES", setting.data(name)],
        stdout=subprocess.PIPE, check=True,
    )
    return int(done.stdout)


@row("cold-scan", "scan, zstd -3, cold",
     (">=", 1.0), "zstd -d of it to /dev/null, as cold")
def cold_scan(setting):
    ours, floor = [], []
    lazy = (setting.lazy(), [setting.tool("victim"), "scan",
                             setting.data("input.stub")])
    plain = ({}, ["zstd", "-q", "-dc", setting.data("input.zst")])
    for _ in range(setting.rounds(5, 3)):
        for samples, command in ((ours, lazy), (floor, plain)):
            setting.warm(setting.mib)
            forget(setting, "input.zst")
            samples += setting.walls(1, command)[0]
    return Row("s", ours, floor, "inverse")


@row("cold-fill", "random frames, cold",
     ("<=", 1.15), "pread, decompression and a bare COPY on one core, as cold")
def cold_fill(setting):
    ours, floor = [], []
    where = lambda seed: [str(seed), "1000"]
    for seed in range(setting.rounds(7, 3)):
        setting.warm(256)
        forget(setting, "input.zst")
        ours.append(setting.output(
            [setting.tool("victim"), "random", setting.data("input.stub")] +
            where(seed), setting.lazy()))
        setting.warm(256)
        # This one forgets the file itself, when it knows where the frames are.
        floor.append(setting.output(
            [setting.tool("floor"), "cold", setting.data("input.zst")] +
            where(seed)))
        assert ours[-1]["sum"] == floor[-1]["sum"]
    return Row("us", median_us(ours), median_us(floor),
               ours_p99=statistics.median(median_us(ours, "p99")),
               floor_p99=statistics.median(median_us(floor, "p99")))
