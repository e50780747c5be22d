#!/bin/sh
# SPDX-License-Identifier: MIT
#
# data.sh FOLDER MIB PACK - what the bench reads, made once and kept
#
#	input		MIB MiB of real bytes: half a tar of /usr/share, half one of
#			/usr/lib; repeated with differences where they are short
#	words		MIB MiB of sorted lines for look(1): the input's strings
#	*.zst, *.lz4	blobs of them, made by PACK
#	*.stub		what is mapped in place of them (*.stub4: of the lz4 blob)
#	whole.*		the input as zstd(1) and lz4(1) pack it, in one piece
#	image		words in a squashfs image (zstd, 64 KiB), if there is mksquashfs
#
# Every file appears in one rename, so that a run that was interrupted goes on.

set -eu
LC_ALL=C
export LC_ALL

folder=$1
mib=$2
pack=$3
bytes=$((mib << 20))
mkdir -p "$folder"
cd "$folder"
trap 'rm -f part.*' EXIT
trap 'exit 1' INT TERM HUP

# made NAME COMMAND...: NAME is what COMMAND writes to standard output.
made()
{
	name=$1
	shift
	[ -e "$name" ] && return
	echo "bench: making $name" >&2
	"$@" >"part.$name"
	mv "part.$name" "$name"
}

# tree FOLDER BYTES: that much of a tar of it.
tree()
{
	tar --sort=name --numeric-owner -cf - -C / "$1" 2>/dev/null |
		head -c "$2" || :
}

input()
{
	{
		tree usr/share $((bytes / 2))
		tree usr/lib "$bytes"
	} | head -c "$bytes" >part.once
	have=$(stat -c %s part.once)
	[ "$have" -ge 4194304 ] || { echo "bench: no data here" >&2; exit 1; }
	cat part.once
	# Each further time it begins some bytes later, so that no frame is that
	# of another time, and its letters change places.
	round=1
	left=$((bytes - have))
	while [ "$left" -gt 0 ]; do
		tail -c +$((round * 4099)) part.once |
			tr 'a-z' "$(echo abcdefghijklmnopqrstuvwxyz |
				cut -c $((round % 25 + 1))-26)$(echo \
				abcdefghijklmnopqrstuvwxyz |
				cut -c 1-$((round % 25)))" |
			head -c "$left"
		left=$((left - have + round * 4099 - 1))
		round=$((round + 1))
	done
	rm -f part.once
}

# The strings of the input, and again with a number behind them until it is
# enough; then sorted, for look(1) wants that.
words()
{
	strings -n 8 input >part.lines
	have=$(stat -c %s part.lines)
	{
		cat part.lines
		round=1
		while [ $((have * round)) -lt "$bytes" ]; do
			sed "s/\$/ $round/" part.lines
			round=$((round + 1))
		done
	} | head -c "$bytes" | sort -T .
	rm -f part.lines
}

# packed FILE CODEC LEVEL ENDING STUB
packed()
{
	[ -e "$5" ] && return
	echo "bench: making $1.$4" >&2
	rm -f "$1.$4"
	"$pack" --quiet "$1" -o "$1.$4" --codec "$2" --level "$3" \
		--stub "$5"
}

made input input
made words words
packed input zstd 3 zst input.stub
packed input lz4 9 lz4 input.stub4
packed words zstd 3 zst words.stub
made whole.zst zstd -q -3 -T0 -c input
made whole.lz4 lz4 -q -9 -c input
if command -v mksquashfs >/dev/null && [ ! -e image ]; then
	echo "bench: making image" >&2
	mksquashfs words part.image -comp zstd -Xcompression-level 3 -b 64K \
		-noappend -no-progress -quiet >&2
	mv part.image image
fi
