# SPDX-License-Identifier: MIT
# Rationale: a blob's frames are of any size up to 64 MiB, and a blob may be
# opened when our threads have long been there.
. "${UL_SRCDIR:-.}/tests/lib.sh"

need_userfaultfd
find_python
seq -w 3000000 >data
seq -w 3000000 | rev >other
for size in 64KiB 8MiB 16MiB; do
	"$pack" --quiet --level 1 --frame $size data -o $size.zst --stub $size
done
"$pack" --quiet --level 1 --frame 64MiB other -o last.zst --stub last

cat >read.py <<'END'
import mmap, sys, threading
memory = mmap.mmap(-1, 4 << 20)	# our threads begin
memory[1 << 20] = 1
plain = {name: open(name, "rb").read() for name in ("data", "other")}

def compare(name, original):
    with open(name, "rb") as stub:
        mapped = mmap.mmap(stub.fileno(), 0, prot=mmap.PROT_READ)
    assert len(mapped) == len(plain[original])
    step = 3 << 20
    for at in reversed(range(0, len(mapped), step)):
        assert mapped[at:at + step] == plain[original][at:at + step], name
    assert mapped[:] == plain[original], name
    return mapped

kept = [compare("64KiB", "data"), compare("8MiB", "data")]
readers = [threading.Thread(target=compare, args=pair) for pair in
           (("16MiB", "data"), ("8MiB", "data"), ("last", "other"))]
for reader in readers:
    reader.start()
for reader in readers:
    reader.join()
assert kept[0][:] == kept[1][:]
print("same")
END
status 0 env LD_PRELOAD="$library" UFFDLAZY_LOG=warning UFFDLAZY_POLICY='{
	"version": 1, "rules": [ { "match": { "call": "mmap-anon" },
	"store": "zero" } ] }' "$python" read.py
echo same >wanted
same out wanted
[ ! -s err ] || { cat err; fail "words on standard error"; }
