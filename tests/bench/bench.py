#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench.py - what uffdlazy costs, as ratios of things measured in turn

Usually started by make: make bench, make bench BENCH=--quick, or some rows by
name, make bench BENCH='fill-raw zeros'. README.md in this folder tells how to
read the table. Exit status 0 whatever the ratios are; 1 if a program of the
bench failed; 2 for wrong usage.
"""

import argparse
import json
import os
import subprocess
import sys

import chart
import harness
import report
# Each enters its rows.
import rows_fill  # noqa: F401
import rows_file  # noqa: F401
import rows_load  # noqa: F401
import rows_replay  # noqa: F401
import rows_start  # noqa: F401

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench", description="What uffdlazy costs, as ratios."
    )
    parser.add_argument("rows", nargs="*", metavar="ROW",
                        help="only these (a prefix and * for several)")
    parser.add_argument("--quick", action="store_true",
                        help="128 MiB of data, fewer rounds")
    parser.add_argument("--list", action="store_true",
                        help="say what rows there are")
    parser.add_argument("--build", default=os.path.join(os.getcwd(), "build"),
                        help="where the bench was built (default: ./build)")
    parser.add_argument("--product", metavar="BUILD",
                        help="measure this build of uffdlazy instead")
    parser.add_argument("--output", metavar="FOLDER",
                        help="for bench.json and bench.svg "
                        "(default: BUILD/bench)")
    parser.add_argument("--mdoc", metavar="JSON",
                        help="measure nothing; print the rows of this "
                        "bench.json for a manual page")
    parser.add_argument("--table", metavar="JSON",
                        help="measure nothing; print the table of this "
                        "bench.json")
    return parser.parse_args()


def chosen(patterns):
    if not patterns:
        return list(harness.ROWS)
    names = []
    for pattern in patterns:
        fitting = [
            name for name in harness.ROWS
            if name == pattern or
            (pattern.endswith("*") and name.startswith(pattern[:-1]))
        ]
        if not fitting:
            harness.say(f"bench: no row '{pattern}'; --list names them")
            sys.exit(2)
        names += [name for name in fitting if name not in names]
    return names


def version(setting):
    done = subprocess.run([setting.run, "--version"], check=True,
                          stdout=subprocess.PIPE)
    return done.stdout.decode().split()[-1]


def measure(setting, name):
    definition = harness.ROWS[name]
    harness.say(f"bench: {name}: {definition.title}")
    try:
        return report.entry(definition, found=definition.function(setting))
    except harness.Skip as why:
        return report.entry(definition, skipped=str(why))
    except (harness.Failed, AssertionError) as why:
        harness.say(f"bench: {name}: {why}")
        return report.entry(definition, failed=str(why) or "wrong bytes")


def main():
    options = arguments()
    if options.list:
        for definition in harness.ROWS.values():
            print(f"{definition.name:16} {definition.title}")
        return 0
    for path, render in ((options.mdoc, report.mdoc),
                         (options.table, report.table)):
        if path:
            with open(path, encoding="utf-8") as text:
                print(render(json.load(text)))
            return 0

    names = chosen(options.rows)
    build = os.path.abspath(options.build)
    product = os.path.abspath(options.product or build)
    output = options.output or os.path.join(build, "bench")
    os.makedirs(output, exist_ok=True)
    setting = harness.Setting(build, product, HERE, options.quick)
    subprocess.run(["sh", os.path.join(HERE, "data.sh"), setting.data_folder,
                    str(setting.mib), setting.pack], check=True)
    found = report.start(setting, version(setting))
    for name in names:
        found["rows"].append(measure(setting, name))
    report.write(found, output)
    with open(os.path.join(output, "bench.svg"), "w", encoding="utf-8") as out:
        out.write(chart.svg(found))
    print(report.table(found))
    return 1 if any("failed" in fields for fields in found["rows"]) else 0


if __name__ == "__main__":
    sys.exit(main())
