#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the loader takes LD_PRELOAD from a program that changes its user;
# uffdlazy-run says so beforehand.
. "${UL_SRCDIR:-.}/tests/lib.sh"

[ "$(id -u)" -eq 0 ] || skip "user: needs root, to play two users"
need setpriv
chmod 755 "$work"
as_nobody()
{
	setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
}
# The build may lie where only root goes.
mkdir tree tree/.libs
cp "$run" tree/
cp "$library" "$builddir/.libs/uffdlazy-engine.so" tree/.libs/
cp /bin/true victim
chmod 755 victim tree tree/.libs tree/uffdlazy-run

status 0 as_nobody tree/uffdlazy-run ./victim
[ ! -s err ] || { cat err; fail "a warning for a plain program"; }
chmod u+s victim
status 0 as_nobody tree/uffdlazy-run ./victim
says err "'./victim' is a setuid program: it runs on plain memory"
chmod u-s,g+s victim
status 0 as_nobody tree/uffdlazy-run ./victim
says err "'./victim' is a setgid program: it runs on plain memory"
# Root itself changes nothing by a setuid-root program.
chmod u+s,g-s victim
status 0 "$run" ./victim
[ ! -s err ] || { cat err; fail "a warning for root"; }
