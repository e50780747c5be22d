# SPDX-License-Identifier: MIT
#
# report.py - what was found, as a table, as JSON, and as rows for mdoc(7)
#
# bench.json: README.md in this folder tells what each field is.

import datetime
import json
import os
import platform

SCHEMA = 1


def machine():
    model = "unknown"
    memory = 0
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("MemTotal:"):
                memory = int(line.split()[1]) // 1024
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        virtual = any("hypervisor" in line for line in lines)
    return {
        "machine": platform.machine(),
        "model": model,
        "virtual": virtual,
        "kernel": platform.release(),
        "libc": " ".join(platform.libc_ver()),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_mib": memory,
        "privileged": os.geteuid() == 0,
    }


def start(setting, version):
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "schema": SCHEMA,
        "version": version,
        "date": now.isoformat(timespec="seconds"),
        "quick": setting.quick,
        "data_mib": setting.mib,
        "load": os.getloadavg()[0],
        **machine(),
        "rows": [],
    }


def entry(definition, found=None, skipped=None, failed=None):
    sign, limit = definition.target
    fields = {
        "name": definition.name,
        "title": definition.title,
        "floor_is": definition.floor,
        "target": {"sign": sign, "value": limit},
    }
    if found is None:
        return fields | ({"skipped": skipped} if skipped else
                         {"failed": failed})
    return fields | {
        "unit": found.unit,
        "how": found.how,
        "ours": found.ours,
        "floor": found.floor,
        "result": found.result,
        "met": definition.is_met(found.result["median"]),
        "extra": found.extra,
    }


def short(number):
    """Three digits that mean something."""
    if number == 0:
        return "0"
    size = abs(number)
    if size >= 100:
        return f"{number:.0f}"
    if size >= 10:
        return f"{number:.1f}"
    if size >= 1:
        return f"{number:.2f}"
    return f"{number:.3f}"


def result_unit(fields):
    return f" {fields['unit']}" if fields["how"] == "difference" else "x"


def target_text(fields):
    return (f"{fields['target']['sign']} {short(fields['target']['value'])}"
            f"{result_unit(fields) if 'how' in fields else ''}")


def columns(fields):
    """The fields of a row of the table, as text."""
    if "skipped" in fields:
        return [fields["name"], "", "", "", "", target_text(fields),
                f"skipped: {fields['skipped']}"]
    if "failed" in fields:
        return [fields["name"], "", "", "", "", target_text(fields),
                f"FAILED: {fields['failed']}"]
    result = fields["result"]
    return [
        fields["name"],
        f"{short(fields['ours']['median'])} {fields['unit']}",
        f"{short(fields['floor']['median'])} {fields['unit']}",
        short(result["median"]) + result_unit(fields),
        f"{short(result['min'])} - {short(result['max'])}",
        target_text(fields),
        "met" if fields["met"] else "MISSED",
    ]


def about(report):
    """One line: what was measured where."""
    virtual = ", virtual machine" if report["virtual"] else ""
    quick = ", quick" if report["quick"] else ""
    return (f"version {report['version']}{quick}; {report['cpus']} processors "
            f"({report['model']}{virtual}), Linux {report['kernel']}; "
            f"{report['date'][:16].replace('T', ' ')} UTC")


HEAD = ["row", "ours", "floor", "ratio", "min - max", "target", ""]


def table(report):
    lines = [HEAD] + [columns(fields) for fields in report["rows"]]
    widths = [max(len(line[i]) for line in lines) for i in range(6)]
    text = []
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [line[i].rjust(widths[i]) for i in range(1, 6)]
        text.append("  ".join(cells + [line[6]]).rstrip())
    text += ["", about(report),
             f"{report['data_mib']} MiB of data; load was "
             f"{report['load']:.1f} at the start"]
    return "\n".join(text)


def mdoc(report):
    """The rows of a .Bl -column list: what, ours, floor, ratio, target. It has
    78 columns: each title has its unit, and a plus tells a difference."""
    lines = ['.Bl -column "small malloc and free, instr." "37.8" "34.4" '
             '"+0.712" ">= 1.60 missed"',
             ".It Sy what Ta Sy ours Ta Sy floor Ta Sy ratio Ta Sy target"]
    for fields in report["rows"]:
        if "result" not in fields:
            continue
        ratio = fields["result"]["median"]
        plus = fields["how"] == "difference"
        lines.append(
            f".It {fields['title']}, {fields['unit']} "
            f"Ta {short(fields['ours']['median'])} "
            f"Ta {short(fields['floor']['median'])} "
            f"Ta {'+' if plus and ratio >= 0 else ''}{short(ratio)} "
            f"Ta {fields['target']['sign']} {'+' if plus else ''}"
            f"{short(fields['target']['value'])}"
            f"{'' if fields['met'] else ' missed'}"
        )
    lines.append(".El")
    return "\n".join(lines)


def write(report, folder):
    path = os.path.join(folder, "bench.json")
    with open(path + ".new", "w", encoding="utf-8") as out:
        json.dump(report, out, indent=1)
        out.write("\n")
    os.rename(path + ".new", path)
