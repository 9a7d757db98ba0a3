# Runs checks, prints a line for each and counts them. Sourced after lib.sh by a script that ends with counts.
# shellcheck shell=bash

passed=0 failed=0 skipped=0
# A directory for the checks, deleted at the end.
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# check WHAT COMMAND...: runs COMMAND; a function runs in a shell of its own.
check() {
	local what=$1 rc=0
	shift
	(
		set -euo pipefail
		"$@"
	) >"$WORK/log" 2>&1 </dev/null &
	wait $! || rc=$?
	if [ "$rc" = 0 ]; then
		echo "ok      $what"
		passed=$((passed + 1))
	else
		echo "FAILED  $what (status $rc)"
		sed 's/^/        /' "$WORK/log"
		failed=$((failed + 1))
	fi
}

skip() {
	echo "skipped $1: $2"
	skipped=$((skipped + 1))
}

# expect STATUS COMMAND...: runs COMMAND, prints its output and compares its exit status.
expect() {
	local expected=$1 rc=0
	shift
	"$@" || rc=$?
	[ "$rc" = "$expected" ] || { echo "status $rc, not $expected: $*"; return 1; }
}

# counts: prints the counts; fails if a check failed.
counts() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}
