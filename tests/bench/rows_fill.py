# SPDX-License-Identifier: MIT
#
# rows_fill.py - what a fault costs, and what many of them do

import functools
import statistics

from harness import Row, row

# Frames of 64 KiB: no more than the data has, few enough for a short run.
FILLS = 2000
FILLS_MIB = FILLS * 64 // 1024


def raw_policy(setting):
    """Mapped files come from a store of type file: the bytes as they are."""
    return {
        "version": 1,
        "stores": {"raw": {"type": "file", "path": setting.data("input")}},
        "rules": [{"match": {"call": "mmap-file", "path": "**/input"},
                   "store": "raw"}],
    }


def fills(setting, name, seed, variables, threads=1, prefix=()):
    """Random fills: the summary of one run of the victim."""
    setting.warm(FILLS_MIB * 2)
    return setting.output(
        [setting.tool("victim"), "random", setting.data(name), str(seed),
         str(FILLS), str(threads)],
        variables, prefix,
    )


def bare(setting, kind, name, seed):
    setting.warm(FILLS_MIB * 2)
    return setting.output(
        [setting.tool("floor"), kind, setting.data(name), str(seed),
         str(FILLS)],
    )


def median_us(samples, key="median"):
    return [sample[key] / 1000 for sample in samples]


@row("fill-raw", "random 64 KiB, raw file",
     ("<=", 1.25), "a bare userfaultfd loop on one core, COPY of 64 KiB")
def fill_raw(setting):
    ours, floor = [], []
    setting.warm(0, "input")
    for seed in range(setting.rounds(9, 5)):
        ours.append(fills(setting, "input", seed,
                          setting.lazy(raw_policy(setting))))
        floor.append(bare(setting, "raw", "input", seed))
        assert ours[-1]["sum"] == floor[-1]["sum"]
    return Row("us", median_us(ours), median_us(floor),
               ours_p99=statistics.median(median_us(ours, "p99")),
               floor_p99=statistics.median(median_us(floor, "p99")))


@functools.cache  # two rows are made of it
def blob_fills(setting):
    ours, floor = [], []
    setting.warm(0, "input.zst")
    for seed in range(setting.rounds(9, 5)):
        ours.append(fills(setting, "input.stub", seed, setting.lazy()))
        floor.append(bare(setting, "blob", "input.zst", seed))
        assert ours[-1]["sum"] == floor[-1]["sum"]
    return ours, floor


@row("fill-zstd", "random frames, zstd -3",
     ("<=", 1.15), "decompression and a bare userfaultfd COPY on one core")
def fill_zstd(setting):
    ours, floor = blob_fills(setting)
    return Row("us", median_us(ours), median_us(floor))


@row("fill-zstd-p99", "random frames, p99",
     ("<=", 3), "its own median")
def fill_zstd_p99(setting):
    ours, floor = blob_fills(setting)
    return Row("us", median_us(ours, "p99"), median_us(ours),
               floor_p99=statistics.median(median_us(floor, "p99")),
               floor_median=statistics.median(median_us(floor)))


def scan(setting, stub, tool, packed, whole):
    """Seconds of a whole scan against the unpacking of the same bytes, from
    the blob or from one piece, whichever is faster."""
    victim = setting.tool("victim")
    ours, blob, piece = [], [], []
    setting.warm(0, packed, whole)
    for _ in range(setting.rounds(5, 5)):
        setting.warm(setting.mib)
        walls = setting.walls(
            1,
            (setting.lazy(), [victim, "scan", setting.data(stub)]),
            ({}, [tool, "-q", "-dc", setting.data(packed)]),
            ({}, [tool, "-q", "-dc", setting.data(whole)]),
        )
        for samples, wall in zip((ours, blob, piece), walls):
            samples.append(wall[0])
    faster = min(blob, piece, key=statistics.median)
    return Row("s", ours, faster, "inverse",
               blob=statistics.median(blob), whole=statistics.median(piece))


@row("scan-zstd", "scan, zstd -3",
     (">=", 1.6), "zstd -d of the same bytes to /dev/null")
def scan_zstd(setting):
    return scan(setting, "input.stub", "zstd", "input.zst", "whole.zst")


@row("scan-lz4", "scan, lz4",
     (">=", 1.0), "lz4 -d of the same bytes to /dev/null")
def scan_lz4(setting):
    return scan(setting, "input.stub4", "lz4", "input.lz4", "whole.lz4")


def two_threads(setting, name, variables):
    one, two = [], []
    for seed in range(setting.rounds(9, 5)):
        one.append(fills(setting, name, seed, variables, 1)["total"] / 1e6)
        two.append(fills(setting, name, seed, variables, 2)["total"] / 1e6)
    return Row("ms", two, one, "inverse")


@row("threads-zstd", "two threads, zstd -3",
     (">=", 1.8), "one thread, the same fills")
def threads_zstd(setting):
    setting.warm(0, "input.zst")
    return two_threads(setting, "input.stub", setting.lazy())


@row("threads-raw", "two threads, raw file",
     (">=", 1.8), "one thread, the same fills")
def threads_raw(setting):
    setting.warm(0, "input")
    return two_threads(setting, "input", setting.lazy(raw_policy(setting)))


@row("zeros", "zeros, first writes",
     ("<=", 1.0), "the kernel's own anonymous first touch, 4 KiB pages")
def zeros(setting):
    mib = 256
    command = [setting.tool("victim"), "write", str(mib)]
    ours, floor = [], []
    for _ in range(setting.rounds(9, 5)):
        for samples, variables in ((ours, setting.lazy()), (floor, None)):
            setting.warm(mib * 2)
            took = setting.output(command, variables)["total"]
            samples.append(took / (mib * 256))
    return Row("ns/page", ours, floor)
