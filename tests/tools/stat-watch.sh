#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --watch on a terminal draws the whole screen, never more than fits
# it, draws anew when the size changes, and gives the screen back; it ends by
# itself, well, when the process it shows ends.
. "${UL_SRCDIR:-.}/tests/lib.sh"
find_python

cat >watch.py <<'EOF'
import fcntl, os, pty, re, signal, struct, subprocess, sys, termios
stat, make, work = sys.argv[1:]
run = os.path.join(work, "run")
folder = os.path.join(run, "uffdlazy-%d" % os.getuid())
os.makedirs(folder)
os.environ["XDG_RUNTIME_DIR"] = run
sleeper = subprocess.Popen(["sleep", "1000"])
published = os.path.join(folder, str(sleeper.pid))
subprocess.check_call([make, published, "good", str(sleeper.pid)])

master, slave = pty.openpty()
def resize(rows, columns):
    fcntl.ioctl(slave, termios.TIOCSWINSZ,
                struct.pack("HHHH", rows, columns, 0, 0))
resize(8, 60)
child = subprocess.Popen([stat, "--watch=0.05", str(sleeper.pid)],
                         stdout=slave, start_new_session=True)
text = b""
def until(pattern):
    global text
    while not re.search(pattern, text, re.S):
        data = os.read(master, 65536)
        assert data, "the terminal is closed"
        text += data
def frames():
    return re.findall(rb"\033\[H(.*?)\033\[J", text, re.S)
def widest(frame):
    plain = re.sub(rb"\033\[[0-9;?]*[A-Za-z]", b"", frame)
    return max(len(line.rstrip(b"\r").decode()) for line in plain.split(b"\r\n"))

until(rb"\033\[\?1049h.*\033\[J")
first = frames()[0]
assert first.count(b"\r\n") == 7, first
assert widest(first) == 60, widest(first)

text = b""
resize(20, 40)
child.send_signal(signal.SIGWINCH)
until(rb"\033\[H(?:(?!\033\[J).)*(?:\r\n(?:(?!\033\[J).)*){8,}\033\[J")
assert widest(frames()[-1]) == 40

sleeper.kill()
sleeper.wait()
os.unlink(published)
until(rb"\033\[\?1049l.*exited.*")
assert child.wait() == 0
EOF
timeout 240 "$python" watch.py "$stat" "$builddir/tests/tools/make_stat" "$work" ||
	fail "the screen is not as it should be"
