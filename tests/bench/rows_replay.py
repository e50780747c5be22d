# SPDX-License-Identifier: MIT
#
# rows_replay.py - the second run of a program whose first one was recorded

import json
import os
import statistics
import subprocess
import tempfile

from harness import Failed, Row, Skip, row
from rows_load import forget

PER_MILLE = 200  # of the pieces: the working set
PAUSE_NS = 50000  # computed after each touch


def first_pass(setting, folder, *options):
    """One run of the victim: what it says, and how many faults there were."""
    numbers = os.path.join(folder, "stat")
    words = [setting.run, "--stats", numbers, *options, "--",
             setting.tool("victim"), "work", setting.data("input.stub"), "1",
             str(PER_MILLE), str(PAUSE_NS)]
    said = setting.output(words)
    done = subprocess.run([setting.stat, "--json", numbers], check=False,
                          env=setting.environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    os.unlink(numbers)
    if done.returncode != 0:
        raise Failed([setting.stat, "--json"], done)
    totals = json.loads(done.stdout)["totals"]
    said["faults"] = totals["faults_read"] + totals["faults_write"]
    return said


def record(setting, folder):
    path = os.path.join(folder, "trace")
    try:
        first_pass(setting, folder, "--record", path)
    except Failed as why:
        raise Skip("this uffdlazy-run refuses --record") from why
    if not os.path.exists(path):
        raise Skip("nothing was recorded")
    return path


def passes(setting, rounds, cold=False):
    """Runs with the record and without it, in turn."""
    ours, floor = [], []
    with tempfile.TemporaryDirectory(dir=setting.data_folder) as folder:
        setting.warm(0, "input.zst")
        path = record(setting, folder)
        for _ in range(rounds):
            for samples, options in ((ours, ["--replay", path]), (floor, [])):
                setting.warm(512)
                if cold:
                    forget(setting, "input.zst")
                samples.append(first_pass(setting, folder, *options))
    assert {run["sum"] for run in ours} == {run["sum"] for run in floor}
    return ours, floor


def seconds(samples):
    return [sample["total"] / 1e9 for sample in samples]


def least(samples):
    """The seconds that the program computes, whatever its memory costs."""
    return samples[0]["n"] * PAUSE_NS / 1e9


@row("replay-faults", "replay, what remains",
     ("<=", 0.03), "the same run without: 20 % of the frames, 50 us at each")
def replay_faults(setting):
    ours, floor = passes(setting, 3)
    return Row("faults", [run["faults"] for run in ours],
               [run["faults"] for run in floor])


@row("replay", "replay, first pass",
     (">=", 3), "the same run without")
def replay(setting):
    ours, floor = passes(setting, setting.rounds(7, 3))
    return Row("s", seconds(ours), seconds(floor), "inverse",
               computing=least(ours),
               waited=statistics.median(seconds(ours)) - least(ours))


@row("replay-cold", "replay, first pass, cold",
     (">=", 3), "the same run without, as cold")
def replay_cold(setting):
    ours, floor = passes(setting, setting.rounds(5, 3), cold=True)
    return Row("s", seconds(ours), seconds(floor), "inverse",
               computing=least(ours),
               waited=statistics.median(seconds(ours)) - least(ours))
