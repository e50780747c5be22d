#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a blob can be read by those who could read the original, and at
# no moment by more; from a pipe the umask decides.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

text 50000 >in
umask 022
for mode in 600 640 644 400 660; do
	chmod $mode in
	rm -f blob out
	$pack -q in -o blob || fail "pack $mode"
	[ "$(stat -c %a blob)" = $mode ] || fail "the blob of $mode"
	$pack -q --unpack blob -o out || fail "unpack $mode"
	[ "$(stat -c %a out)" = $mode ] || fail "unpacked of $mode"
done
chmod 4755 in
$pack -q -f in -o blob
[ "$(stat -c %a blob)" = 755 ] || fail "set-user-ID was kept"
# Neither the kernel nor the loader asks anyone for a stub's bytes.
for mode in 755 644; do
	rm -f prog prog.zst
	cp "$(command -v ls)" prog
	chmod $mode prog
	$pack -q --replace prog 2>said || fail "--replace a program"
	grep -q "note: prog can be neither executed" said || fail "no note"
done
cp in plain
chmod 644 plain
$pack -q --replace plain 2>said || fail "--replace"
[ ! -s said ] || fail "a note of a plain file"
if command -v setfacl >/dev/null && mkdir folder &&
	setfacl -d -m u:65534:rw folder 2>/dev/null; then
	cp in folder/in
	setfacl -b folder/in
	chmod 640 folder/in
	$pack -q --replace folder/in || fail "--replace in a folder with a list"
	for file in in in.zst; do
		[ "$(getfacl -cs folder/$file)" = "" ] ||
			fail "others may read $file by the folder's list"
	done
	$pack -q -f --unpack folder/in.zst -o folder/in || fail "--unpack there"
	[ "$(getfacl -cs folder/in)$(stat -c %a folder/in)" = 640 ] ||
		fail "others may read what was unpacked"
fi
(umask 027; cat in | $pack -q - -o piped) || fail "from a pipe"
[ "$(stat -c %a piped)" = 640 ] || fail "the umask: $(stat -c %a piped)"
[ "$(id -u)" -eq 0 ] || exit 0
chmod 640 in
chown 12345:54321 in
$pack -q -f in -o blob
[ "$(stat -c '%u %g %a' blob)" = "12345 54321 640" ] || fail "owner"
