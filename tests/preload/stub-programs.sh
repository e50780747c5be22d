#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# Rationale: programs that read a stub, and know nothing of it, see the
# original: by name and on standard input, through read(2) and through stdio.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

same cat 'cat $file'
"$builddir/tests/preload/pattern" >pattern
"$pack" -q --replace pattern
VICTIM_FILE=pattern lazily "$builddir/tests/preload/small-stack.victim" ||
	fail "a stub, on a small stack"
same head 'head -c 70001 $file'
same tail 'tail -n 7 $file'
same "tail -c" 'tail -c 100001 $file'
same dd 'dd if=$file bs=3333 skip=7 count=20 status=none'
same wc 'wc <$file'
same grep 'grep -n 77777 $file'
same sort 'sort -k5n $file'
same "sort <" 'sort <$file'
same sed 'sed -n 90000p $file'
same awk 'awk "{ s += \$5 } END { print s }" $file'
same "awk <" 'awk "{ s += \$5 } END { print s }" <$file'
same "two readers of one descriptor" '(head -n 3 >/dev/null; wc) <$file'
same "read, then wc" '(read a; echo "$a"; cat | wc) <$file'
same cmp 'cmp $file plain'
same gzip 'gzip -c <$file | gzip -d'
same tar 'tar cf - --transform s/$file/x/ $file | tar xfO -'
same "tar --sparse" 'tar cSf - --transform s/$file/x/ $file | tar xfO -'
for how in auto always never; do
	lazily cp --sparse=$how words copy
	cmp plain copy || fail "cp --sparse=$how"
	rm copy
done
lazily cp --reflink=auto words copy
cmp plain copy || fail "cp --reflink"
if command -v perl >/dev/null; then
	same perl 'perl -ne "\$s += (split)[4]; END { print \$s }" $file'
	same "perl <" 'perl -ne "\$s += (split)[4]; END { print \$s }" <$file'
fi
if command -v rev >/dev/null; then
	same rev 'rev $file'
fi
if command -v bash >/dev/null; then
	same bash 'bash -c "mapfile x <$file; echo \${#x[@]} \${x[777]}"'
fi
