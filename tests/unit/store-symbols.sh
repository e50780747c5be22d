#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what loads bytes on a fault's path may call what is listed here,
# and nothing else of libc, zstd or lz4: each was looked at, and neither
# allocates nor takes a lock. (sysconf: of the page size, from the auxiliary
# vector. munmap: of rooms that have become too small.)
set -u
command -v nm >/dev/null || { echo "skipped: nm is not installed" >&2; exit 77; }
[ -z "${SANITIZED:-}" ] || { echo "skipped: sanitized" >&2; exit 77; }

allowed='
LZ4_decompress_safe_usingDict
ZSTD_DCtx_setParameter
ZSTD_decompressDCtx
ZSTD_estimateDCtxSize
ZSTD_findFrameCompressedSize
ZSTD_getDictID_fromFrame
ZSTD_getErrorName
ZSTD_initStaticDCtx
ZSTD_isError
__errno_location
__stack_chk_fail
_GLOBAL_OFFSET_TABLE_
madvise
clock_gettime
memcmp
memcpy
memmove
memset
mprotect
munmap
process_vm_readv
syscall
sysconf
'
status=0
for part in seekable scratch store_load checksum; do
	object=$UL_BUILDDIR/preload/store/.libs/libulstore_la-$part.o
	[ -f "$object" ] || object=$UL_BUILDDIR/preload/store/libulstore_la-$part.o
	[ -f "$object" ] || { echo "no object for $part.c" >&2; exit 1; }
	for symbol in $(nm -u "$object" | awk '{ print $NF }'); do
		case $symbol in ul_*) continue ;; esac
		case $allowed in *"
$symbol
"*) continue ;; esac
		echo "$part.c calls $symbol" >&2
		status=1
	done
done
exit $status
