# SPDX-License-Identifier: MIT
#
# harness.py - what the rows of the bench share: how programs are started, what
# a row is, and how its samples become one ratio
#
# A row compares two things, ours and the floor, that were measured in turn
# (ours, floor, ours, floor ...): whatever else goes on in the machine meets
# both. The ratio is the median of the ratios of the pairs.

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys


class Skip(Exception):
    """Raised by a row: what is missing here."""


class Setting:
    """Where everything is, and how much of it to measure."""

    def __init__(self, build, product, source, quick):
        self.build = build
        self.source = source
        self.quick = quick
        self.mib = 128 if quick else 1024
        self.pack = os.path.join(product, "uffdlazy-pack")
        self.run = os.path.join(product, "uffdlazy-run")
        self.stat = os.path.join(product, "uffdlazy-stat")
        self.library = os.path.join(product, ".libs", "libuffdlazy.so")
        self.data_folder = os.path.join(build, "bench", f"data-{self.mib}")
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("UFFDLAZY_") and name != "LD_PRELOAD"
        }
        self.environment["LC_ALL"] = "C"
        # No configuration of this user's.
        self.environment["XDG_CONFIG_HOME"] = self.data_folder

    def rounds(self, full, quick):
        return quick if self.quick else full

    def tool(self, name):
        """One of the bench's own programs."""
        return os.path.join(self.build, "tests", "bench", name)

    def library_empty(self):
        """A library that does nothing, to be preloaded."""
        return os.path.join(self.build, "tests", "bench", ".libs", "empty.so")

    def data(self, name):
        """A file that data.sh has made."""
        path = os.path.join(self.data_folder, name)
        if not os.path.exists(path):
            raise Skip(f"{name}: data.sh could not make it")
        return path

    def lazy(self, policy=None, **more):
        """What to set in the environment so that a program is lazy."""
        variables = {"LD_PRELOAD": self.library}
        if policy is not None:
            variables["UFFDLAZY_POLICY"] = json.dumps(policy)
        return variables | more

    def output(self, command, variables=None, prefix=()):
        """Run it; what it says on standard output, as JSON.

        The variables are set by env(1) behind the prefix (a program such as
        setpriv), so that the library is not in the prefix."""
        words = list(prefix)
        if variables:
            words += ["env"] + [f"{k}={v}" for k, v in variables.items()]
        done = subprocess.run(
            words + list(command), env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
        )
        if done.returncode != 0:
            raise Failed(words + list(command), done)
        return json.loads(done.stdout)

    def warm(self, mib, *names):
        """See warm.c."""
        paths = [self.data(name) for name in names]
        subprocess.run(
            [self.tool("warm"), str(mib), *paths], check=True,
            env=self.environment,
        )

    def walls(self, rounds, *commands):
        """Seconds from start to end of each command, a list for each of them;
        run in turn. A command is (variables, words)."""
        words = [self.tool("interleave"), str(rounds)]
        for i, (variables, command) in enumerate(commands):
            words += [":::"] if i else []
            words += [f"{k}={v}" for k, v in variables.items()]
            words += command
        done = subprocess.run(
            words, env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False,
        )
        if done.returncode != 0:
            raise Failed(words, done)
        lines = [
            [int(field) * 1e-9 for field in line.split()]
            for line in done.stdout.decode().splitlines()
        ]
        return [list(column) for column in zip(*lines)]


class Failed(Exception):
    """A program of the bench ended as it should not."""

    def __init__(self, words, done):
        said = done.stderr.decode(errors="replace").strip()
        super().__init__(
            f"{' '.join(words)}: status {done.returncode}: {said[-500:]}"
        )


class Busy:
    """As many busy threads, while this is entered."""

    def __init__(self, setting, count):
        self.words = [setting.tool("busy"), str(count)]
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"{program} not found")


def spread(samples):
    """The numbers that stand for a list of them."""
    samples = sorted(samples)
    if len(samples) > 1:
        q1, _, q3 = statistics.quantiles(samples, n=4, method="inclusive")
    else:
        q1 = q3 = samples[0]
    return {
        "median": statistics.median(samples),
        "min": samples[0],
        "q1": q1,
        "q3": q3,
        "max": samples[-1],
        "samples": len(samples),
    }


class Row:
    """What a row has found. ours and floor are lists, in pairs."""

    def __init__(self, unit, ours, floor, how="ratio", **extra):
        assert len(ours) == len(floor) and ours
        self.unit = unit
        self.ours = spread(ours)
        self.floor = spread(floor)
        self.how = how
        if how == "ratio":
            pairs = [a / b for a, b in zip(ours, floor)]
        elif how == "inverse":  # throughput, from times
            pairs = [b / a for a, b in zip(ours, floor)]
        else:
            assert how == "difference"
            pairs = [a - b for a, b in zip(ours, floor)]
        self.result = spread(pairs)
        self.extra = extra


ROWS = {}


class Definition:
    def __init__(self, name, title, target, floor, function):
        self.name = name
        self.title = title
        self.target = target  # ("<=" or ">=", number)
        self.floor = floor  # in words
        self.function = function

    def is_met(self, value):
        sign, limit = self.target
        return value <= limit if sign == "<=" else value >= limit


def row(name, title, target, floor):
    """Decorates a function that takes the setting and returns a Row."""

    def enter(function):
        ROWS[name] = Definition(name, title, target, floor, function)
        return function

    return enter


def say(text):
    print(text, file=sys.stderr, flush=True)
