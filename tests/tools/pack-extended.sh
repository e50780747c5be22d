#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what a user has noted in a file's extended attributes is there
# still on its stub and its blob, and on the original when it is brought back;
# a capability, which is the content's, is not carried to other bytes.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

python=/usr/bin/python3
[ -x $python ] || python=python3
command -v $python >/dev/null || { echo "SKIP: tool: python3"; exit 77; }
attributes()
{
	$python -c 'import os, sys
for path in sys.argv[1:]:
    print([(n, os.getxattr(path, n)) for n in sorted(os.listxattr(path))])' "$@"
}
text 50000 >in
$python -c 'import os
os.setxattr("in", "user.note", b"a\0b")
os.setxattr("in", "user.empty", b"")
if os.getuid() == 0:
    os.setxattr("in", "security.capability",
                bytes.fromhex("0100000200040000000000000000000000000000"))' ||
	{ echo "SKIP: kernel: no extended attributes in $PWD"; exit 77; }
wanted="[('user.empty', b''), ('user.note', b'a\\x00b')]"
$pack -q --replace in || fail "--replace"
$pack -q --unpack in.zst -o again || fail "--unpack"
for file in in in.zst again; do
	[ "$(attributes $file)" = "$wanted" ] ||
		fail "$file has $(attributes $file)"
done
