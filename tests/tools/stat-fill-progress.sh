#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --fill draws a bar on a terminal that says how much is done, of how
# much; on a narrow one the numbers alone; it leaves nothing of it behind, and
# the result goes to standard output. Elsewhere there is no bar.
. "${UL_SRCDIR:-.}/tests/lib.sh"
find_python

cat >progress.py <<'EOF'
import fcntl, os, pty, re, struct, subprocess, sys, termios
stat, tools, work, columns, bar = sys.argv[1:]
run = os.path.join(work, "run")
folder = os.path.join(run, "uffdlazy-%d" % os.getuid())
os.makedirs(folder, exist_ok=True)
os.environ["XDG_RUNTIME_DIR"] = run
sleeper = subprocess.Popen(["sleep", "1000"])
published = os.path.join(folder, str(sleeper.pid))
subprocess.check_call([tools + "make_stat", published, "good",
                       str(sleeper.pid)])
filler = subprocess.Popen([tools + "fill_slowly", published],
                          stdin=subprocess.PIPE, text=True, bufsize=1)

master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ,
            struct.pack("HHHH", 24, int(columns), 0, 0))
child = subprocess.Popen([stat, "--fill", str(sleeper.pid)], stderr=slave,
                         stdout=subprocess.PIPE, text=True)
os.close(slave)
text = ""
def until(wanted):
    global text
    while wanted not in text:
        data = os.read(master, 65536).decode()
        assert data, "the terminal is closed"
        text += data
def full(cells):
    if bar != "bar":
        return ""
    return "filling %-15s [%-30s] " % ("a victim", "#" * cells)
until("\r\033[K" + full(0) + "  0% 0B of 8.00MiB")
for mib, percent, cells in ((2, 25, 7), (6, 75, 22), (8, 100, 30)):
    filler.stdin.write("%d\n" % mib)
    until("\r\033[K%s%3d%% %.2fMiB of 8.00MiB" % (full(cells), percent, mib))
for line in text.split("\r\033[K"):
    assert len(line) <= int(columns), line
filler.stdin.close()
out, _ = child.communicate()
try:
    while True:
        text += os.read(master, 65536).decode()
except OSError:             # the other end is closed
    pass
assert text.endswith("\r\033[K"), repr(text)
assert child.returncode == 0, child.returncode
assert re.fullmatch(r"%d a victim: 8.00MiB filled in \S+\n" % sleeper.pid,
                    out), out
sleeper.kill()
EOF
tools=$builddir/tests/tools/
timeout 120 "$python" progress.py "$stat" "$tools" "$work" 80 bar ||
	fail "the bar is not as it should be"
timeout 120 "$python" progress.py "$stat" "$tools" "$work" 40 numbers ||
	fail "the numbers on a narrow terminal are not as they should be"

XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
folder=$XDG_RUNTIME_DIR/uffdlazy-$(id -u)
sleep 1000 &
sleeper=$!
trap 'kill $sleeper 2>/dev/null || true; cd / && rm -rf "$work"' EXIT
"${tools}make_stat" "$folder/$sleeper" good $sleeper
echo 4 | "${tools}fill_slowly" "$folder/$sleeper" &
status 0 timeout 120 "$stat" --fill $sleeper
[ ! -s err ] || { cat err; fail "a bar without a terminal"; }
