#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: who wonders why his call stays plain is led past the rules one by
# one, and told the first condition of each that does not hold.

policy='{ "version": 1, "rules": [
  { "name": "words", "match": { "call": "mmap-file", "path": "*.words" } },
  { "name": "big", "match": { "call": "malloc", "size": { "min": "1GiB" } } },
  { "name": "index", "match": { "caller": "build_*", "object": "libidx.so*" } },
  { "name": "jit", "match": { "prot": "x" }, "lazy": false },
  { "name": "third", "match": { "call": "malloc", "nth": 3 } } ] }'
failed=0

# says CALL LINE...: these lines, and no others
says() {
    call=$1
    shift
    said=$(uffdlazy-check "$policy" --explain "$call")
    wanted=$(printf '%s\n' "$@")
    [ "$said" = "$wanted" ] && return
    printf 'said:\n%s\nexpected:\n%s\n' "$said" "$wanted"
    failed=1
}

says call=mmap-file,size=2MiB,path=/a/b.words \
    'rule 0 "words": matches' \
    'lazy, from "self"'
says 'call=mmap-file,size=2MiB,path=/a\,b' \
    'rule 0 "words": does not match: path: it wants *.words' \
    'rule 1 "big": does not match: call: it is for malloc' \
    'rule 2 "index": does not match: caller: no frame is build_* in libidx.so*' \
    'rule 3 "jit": does not match: prot: it wants x' \
    'rule 4 "third": does not match: call: it is for malloc' \
    'plain: no rule matches'
says call=malloc,size=2MiB,caller=f,caller=build_x,object=/l/libidx.so.1 \
    'rule 0 "words": does not match: call: it is for mmap-file' \
    'rule 1 "big": does not match: size: it is for 1GiB to any' \
    'rule 2 "index": matches' \
    'lazy, from "zero" (a mapped file: from "self")'
says call=malloc,size=2MiB,nth=2 \
    'rule 0 "words": does not match: call: it is for mmap-file' \
    'rule 1 "big": does not match: size: it is for 1GiB to any' \
    'rule 2 "index": does not match: caller: no frame is build_* in libidx.so*' \
    'rule 3 "jit": does not match: call: it is for mmap-anon or mmap-file' \
    'rule 4 "third": does not match: nth: it is for number 3 of such calls' \
    'plain: no rule matches'
says call=malloc,size=4KiB 'plain: smaller than min_size, 1MiB'

# A stub needs no rule, and under one that fills a file from itself it is its
# original; but not under one that names a store, or where the policy says no.
stub=$(mktemp -d) || exit 1
trap 'rm -rf "$stub"' EXIT
seq 100000 >"$stub/f"
uffdlazy-pack -q --replace "$stub/f" || failed=1
policy='{ "version": 1, "rules": [] }'
says "call=mmap-file,size=8KiB,path=$stub/f" \
    'lazy, from its blob: the file is a stub'
policy='{ "version": 1, "rules": [ { "readahead": "off" } ] }'
says "call=mmap-file,size=2MiB,path=$stub/f" \
    'rule 0 "rule 0": matches' \
    'lazy, from "self", no readahead; the file is a stub: from its blob'
policy='{ "version": 1, "stores": { "s": { "type": "file", "path": "/etc/passwd" } },
  "rules": [ { "match": { "call": "mmap-file" }, "store": "s" } ] }'
says "call=mmap-file,size=2MiB,path=$stub/f" \
    'rule 0 "rule 0": matches' 'lazy, from "s"'
policy='{ "version": 1, "rules": [ {} ], "stubs": false }'
says "call=mmap-file,size=2MiB,path=$stub/f" \
    'rule 0 "rule 0": matches' 'lazy, from "self"'
policy='{ "version": 1, "rules": [], "stubs": false }'
says "call=mmap-file,size=2MiB,path=$stub/f" 'plain: no rule matches'

for wrong in call=malloc size=1MiB call=mallocs,size=1MiB call=malloc,size=1MB \
    call=malloc,size=1MiB,nth=0 call=malloc,size=1MiB,path=/x \
    call=malloc,size=1MiB,prot=q call=malloc,size=1MiB,colour=red call= '' \
    call=malloc,size=1MiB,size=2MiB call=malloc,call=malloc,size=1MiB \
    call=malloc,size=1MiB,prot=rw call=malloc,size=1MiB,object=libf.so \
    call=malloc,size=1MiB,caller=f,object=a,object=b \
    call=mmap-file,size=1MiB,path=a 'call=malloc,size=1MiB,'; do
    uffdlazy-check "$policy" --explain "$wrong" >/dev/null 2>&1
    status=$?
    [ "$status" = 2 ] || { echo "'$wrong': status $status"; failed=1; }
done
exit "$failed"
