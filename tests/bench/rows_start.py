# SPDX-License-Identifier: MIT
#
# rows_start.py - what it costs to be there at all: starting, small blocks, and
# the engine's own memory

import os
import statistics
import subprocess
import tempfile

from harness import Failed, Row, need, row

NOT_MEANT = {"version": 1, "programs": ["no-such-program"]}


def starts(setting, rounds, *variables):
    """Microseconds of /bin/true with each of these environments, in batches
    of some starts each: a list of the batches' medians for each of them."""
    batches = [[] for _ in variables]
    for _ in range(rounds):
        walls = setting.walls(
            50, *((these, ["/bin/true"]) for these in variables)
        )
        for batch, samples in zip(batches, walls):
            batch.append(statistics.median(samples) * 1e6)
    return batches


@row("start-others", "start, not selected",
     ("<=", 1.05), "the same with an empty library preloaded")
def start_others(setting):
    empty = {"LD_PRELOAD": setting.library_empty()}
    ours, floor, plain = starts(
        setting, setting.rounds(15, 9), setting.lazy(NOT_MEANT), empty, {}
    )
    return Row("us", ours, floor, plain=statistics.median(plain))


@row("start-meant", "start, selected",
     ("<=", 1.5), "the same without a preload")
def start_meant(setting):
    ours, floor = starts(
        setting, setting.rounds(15, 9), setting.lazy(), {}
    )
    return Row("ms", [us / 1000 for us in ours], [us / 1000 for us in floor],
               "difference")


def instructions(setting, variables, pairs):
    """What callgrind counts in a run of so many pairs of malloc and free."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
                 setting.tool("victim"), "malloc", str(pairs)]
        done = subprocess.run(
            words, env=setting.environment | variables,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
        )
        if done.returncode != 0:
            raise Failed(words, done)
        with open(out, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith(("summary:", "totals:")):
                    return int(line.split()[1])
    raise Failed(words, done)


def per_pair(setting, variables):
    """Instructions of one pair: what more pairs cost, over how many more.

    To a hundredth: printing a longer number costs some instructions, too."""
    few, many = 20000, 120000
    return round((instructions(setting, variables, many) -
                  instructions(setting, variables, few)) / (many - few), 2)


@row("malloc-small", "small malloc and free",
     ("<=", 12), "the same pair without a preload")
def malloc_small(setting):
    need("valgrind")
    # Deterministic: once is enough.
    return Row("instr.", [per_pair(setting, setting.lazy())],
               [per_pair(setting, {})], "difference")


@row("memory", "the engine's memory",
     ("<=", 1.0), "4 MiB and a byte for each lazy page")
def memory(setting):
    command = [setting.tool("victim"), "memory"]
    ours, floor, plain = [], [], []
    for seed in range(3):
        where = [str(seed), "4000"]
        lazy = setting.output(
            command + [setting.data("input.stub")] + where, setting.lazy()
        )
        without = setting.output(command + [setting.data("input")] + where)
        assert lazy["sum"] == without["sum"]
        plain.append(without["kilobytes"])
        ours.append(lazy["kilobytes"] - without["kilobytes"])
        floor.append(4096 + lazy["pages"] / 1024)
    return Row("KiB", ours, floor, program=statistics.median(plain))
