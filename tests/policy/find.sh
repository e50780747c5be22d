#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: the policy named in the environment goes before the user's, and
# what was named must be there. A user's file that others may write, or that
# is another's, would let them choose what a program finds in its memory. A
# FIFO in the place of a policy must not hang every program of that user.

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
folder=$(pwd -P)
mkdir -p home/.config/uffdlazy xdg/uffdlazy
echo '{ "version": 1, "min_size": 4096 }' >home/.config/uffdlazy/policy.json
echo '{ "version": 1, "min_size": 8192 }' >xdg/uffdlazy/policy.json
echo '{ "version": 1, "min_size": 12288 }' >named.json
unset UFFDLAZY_POLICY XDG_CONFIG_HOME
HOME=$folder/home
export HOME
failed=0

# source PATTERN: the policy in force is this one
# shellcheck disable=SC2254
source_is() {
    found=$(uffdlazy-check --json | sed -n '/"topic": "policy"/,$s/.*"found": "\(.*\)",/\1/p')
    case $found in
        $1) ;;
        *) echo "in force: $found; expected: $1"; failed=1 ;;
    esac
}

source_is "$folder/home/.config/uffdlazy/policy.json"
XDG_CONFIG_HOME=$folder/xdg
export XDG_CONFIG_HOME
source_is "$folder/xdg/uffdlazy/policy.json"
XDG_CONFIG_HOME=xdg
source_is "$folder/home/.config/uffdlazy/policy.json"
unset XDG_CONFIG_HOME
UFFDLAZY_POLICY=named.json
export UFFDLAZY_POLICY
source_is "$folder/named.json"
UFFDLAZY_POLICY='{"version": 1}'
source_is inline
UFFDLAZY_POLICY=
source_is "$folder/home/.config/uffdlazy/policy.json"
UFFDLAZY_POLICY=missing.json
source_is "$folder/missing.json: cannot be opened: No such file or directory"
uffdlazy-check >/dev/null && { echo "missing, and fine"; failed=1; }
UFFDLAZY_POLICY=home
source_is "$folder/home: is not a regular file; *"
unset UFFDLAZY_POLICY

chmod o+w home/.config/uffdlazy/policy.json
source_is "*: every user may write it, *"
uffdlazy-check | grep 'change: uffdlazy-check --keys' && failed=1
rm home/.config/uffdlazy/policy.json
mkfifo home/.config/uffdlazy/policy.json
source_is "*: is not a regular file; *"
rm home/.config/uffdlazy/policy.json
head -c 1048577 /dev/zero | tr '\0' ' ' >home/.config/uffdlazy/policy.json
source_is "*: has 1048577 bytes; *"
rm home/.config/uffdlazy/policy.json

# What a record needs, or a replay, is looked at; so is the folder for the
# statistics, where it is not this user's own.
echo '{ "version": 1, "record": "no-such/r", "replay": "no-such" }' >records.json
for what in "record: $folder/no-such" "replay: $folder/no-such"; do
    uffdlazy-check records.json | grep -q "$what: No such file" ||
        { echo "not said: $what"; failed=1; }
done
mkdir run
ln -s . "run/uffdlazy-$(id -u)"
XDG_RUNTIME_DIR=$folder/run uffdlazy-check |
    grep -q "^note *statistics *$folder/run/uffdlazy-.*: is no folder" ||
    { echo "not said: no folder"; failed=1; }
if [ "$(id -u)" = 0 ]; then
    echo '{ "version": 1 }' >home/.config/uffdlazy/policy.json
    chown 65534 home/.config/uffdlazy/policy.json
    source_is "*: belongs to user 65534, neither to you nor to root; *"
    UFFDLAZY_POLICY=home/.config/uffdlazy/policy.json
    export UFFDLAZY_POLICY
    source_is "$folder/home/.config/uffdlazy/policy.json"
fi
exit "$failed"
