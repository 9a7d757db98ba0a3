# Runs checks and observes the NIC from outside.
# Sourced by guest/test, never run.
# shellcheck shell=bash

CHECKS=()
PASSED=0 FAILED=0
# shellcheck disable=SC2034
DIR=/sys/kernel/debug/qnic/qnic.0
# shellcheck disable=SC2034
PEER_DIR=/sys/kernel/debug/qnic/qnic.1
SETUP=../setup

# check NAME FUNCTION: registers FUNCTION as the check NAME. It reports failures with fail.
check() { CHECKS+=("$1=$2"); }

# fail WHY: ends the check as failed.
fail() {
	echo "$*" >&3
	exit 1
}

begin() {
	exec 3>/dev/null
	dmesg -C
	"$SETUP"
	head -c 8M /dev/urandom >/tmp/data
}

# run_checks: runs each check in a shell of its own, whose output is shown if it fails.
run_checks() {
	local item name rc
	shopt -s nullglob
	for item in "${CHECKS[@]}"; do
		name=${item%=*} rc=0
		(
			set -euo pipefail
			# nothing that a check started may outlive it
			trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
			"${item##*=}"
		) >/tmp/check.log 2>&1 3>/tmp/check.why </dev/null || rc=$?
		calm
		if [ "$rc" = 0 ]; then
			PASSED=$((PASSED + 1))
			echo "ok $name"
		else
			FAILED=$((FAILED + 1))
			echo "not ok $name: $(tail -n 1 /tmp/check.why | grep . || echo "status $rc: $(tail -n 1 /tmp/check.log)")"
			sed 's/^/    /' /tmp/check.log
		fi
	done
}

# calm: resets all faults and delays that a check has set.
calm() {
	local dir file
	for dir in /sys/kernel/debug/qnic/qnic.*; do
		for file in {drop,corrupt,duplicate,reorder,fail_alloc}_every refuse_restart stop_completing {tx,complete}_delay_us rate_mbps; do
			echo 0 >"$dir/$file"
		done
	done
}

finish() {
	echo "$PASSED passed, $FAILED failed"
	[ "$FAILED" = 0 ]
}

REMOTE=(ip netns exec remote)
remote() { "${REMOTE[@]}" "$@"; }

# stat NAME [DEVICE]: prints a statistic of the local port, or of the remote one.
stat() {
	if [ "${2:-qnic0}" = qnic1 ]; then remote ethtool -S qnic1; else ethtool -S "${2:-qnic0}"; fi |
		awk -v name="$1:" '$1 == name { print $2 }'
}

# more NAME BEFORE [DEVICE]: fails unless the statistic is larger than BEFORE.
more() {
	local now
	now=$(stat "$1" "${3:-}")
	[ "$now" -gt "$2" ] || fail "$1 is $now and was $2"
}

# until_true SECONDS COMMAND...: waits until COMMAND succeeds.
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

pings() { ping -q -c "${2:-3}" -i 0.05 -W 5 "$1" >/dev/null || fail "no answer from $1"; }

# transfer FROM TO-ADDRESS [PORT]: sends /tmp/data over TCP to the remote end (FROM here) or from it (FROM remote)
# and compares the received data.
transfer() {
	local from=$1 address=$2 port=${3:-5000} ask=() serve=("${REMOTE[@]}") family=4 listener
	if [ "$from" = remote ]; then ask=("${REMOTE[@]}") serve=(); fi
	if [[ $address == *:* ]]; then family=6 address="[$address]"; fi
	rm -f "/tmp/got.$port"
	"${serve[@]}" socat -u "TCP$family-LISTEN:$port,reuseaddr" "CREATE:/tmp/got.$port" &
	listener=$!
	until_true 10 listening "$port" "${serve[@]}" || fail "no listener on port $port"
	timeout 100 "${ask[@]}" socat -u OPEN:/tmp/data "TCP$family:$address:$port" || fail "sending to $address failed"
	wait "$listener" || fail "receiving on $address failed"
	cmp -s /tmp/data "/tmp/got.$port" || fail "what $address got is not what was sent"
}

listening() {
	local port=$1
	shift
	"$@" ss -Hltn "sport = :$port" | grep -q .
}
