#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: Python reads by read(2), finds sizes by fstat(2), copies by
# sendfile(2) where it can, and maps what it likes.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"
find_python

cat >reads.py <<'END'
import hashlib, mmap, os, shutil, sys
name = sys.argv[1]
digest = lambda data: hashlib.md5(data).hexdigest()
with open(name) as f:
    text = f.read()
    f.seek(100)
    print(len(text), digest(text.encode()), f.readline(), f.read(10))
with open(name, "rb", 0) as f:
    f.seek(-50, 2)
    print(f.read(), f.tell(), f.seek(0, os.SEEK_DATA), f.seek(0, os.SEEK_HOLE))
with open(name, "rb") as f:
    m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
    f.seek(3333)
    print(digest(m), m[3333:4444] == f.read(1111))
fd = os.open(name, os.O_RDONLY)
print(os.pread(fd, 20, 5000), os.preadv(fd, [bytearray(5), bytearray(6)], 77))
copy = os.dup(fd)
os.read(fd, 1234)
if os.fork() == 0:
    os.read(copy, 766)
    os._exit(0)
os.wait()
print(os.lseek(fd, 0, os.SEEK_CUR), os.read(copy, 30))
shutil.copyfile(name, "copied")
print(digest(open("copied", "rb").read()))
print(sum(map(len, open(name))))
END
same python3 "$python reads.py \$file"
same "python3 <" "$python -c 'import sys; print(len(sys.stdin.read()))' <\$file"

# A descriptor that comes through a socket, in a process that opened no stub.
cat >receives.py <<'END'
import array, os, socket, sys
here, there = socket.socketpair()
if os.fork() == 0:
    fd = os.open(sys.argv[1], os.O_RDONLY)
    socket.send_fds(there, [b"x"], [fd])
    os._exit(0)
os.wait()
fd = socket.recv_fds(here, 1, 1)[1][0]
print(os.pread(fd, 100, 50000), len(os.fdopen(fd).read()))
END
same "a descriptor from a socket" "$python receives.py \$file"
