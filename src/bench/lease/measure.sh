# Measures the time from nothing to a lease and the first byte sent, in the guest of ci/bench/tx.
# Sourced by tx/rounds, whose variables it uses.
# shellcheck shell=bash disable=SC2154 # they are set there

# milliseconds COMMAND...: runs COMMAND and prints how long it took; its output goes to /tmp/said.
milliseconds() {
	local start=${EPOCHREALTIME/./}
	"$@" >/tmp/said 2>&1 || die "$1 failed: $(tail -n 1 /tmp/said)"
	echo $(((${EPOCHREALTIME/./} - start) / 1000))
}

qlease=$PWD/target/qlease/bin/qlease

# What a user does who starts from nothing.
lease_and_send() {
	ip netns add blue
	"$qlease" lease create --nic "$nic" --netns blue --address "${prefix}2/64" --rx-ring "$ring"
	"$qlease" send --netns blue --dev nk0 --to "[$address]:$port" /tmp/byte
}

take_down() {
	"$qlease" lease delete ql0 >/dev/null
	ip netns del blue
}

measure_leases() {
	local round
	# The route back to the guest, which the Python environment creates itself.
	ip -n remote -6 route add "$prefix/64" via 2001:db8:1::1
	java LeaseTimes "$nic" "${prefix}2/64" "$address" "$port" "$ring" $((processes * 6)) >/out/library-1
	echo x >/tmp/byte
	milliseconds lease_and_send >/out/cold-1
	take_down
	for ((round = 0; round < 600; round++)); do
		! compgen -G "$QLEASE_AOT_CACHE/*.aot" >/dev/null || break
		sleep 0.5
	done
	[ "$round" -lt 600 ] || die "qlease has made no start-up cache"
	for ((round = 0; round < processes; round++)); do
		milliseconds lease_and_send >>/out/command-1
		take_down
	done
	ip -n remote -6 route del "$prefix/64"

	export NETIF=$nic REMOTE_TYPE=netns REMOTE_ARGS=remote LOCAL_PREFIX_V6=$prefix/64
	export LOCAL_V4=192.0.2.1 LOCAL_V6=2001:db8:1::1 REMOTE_V4=192.0.2.2 REMOTE_V6=$address
	tar -x -f "$bench/selftests.tar" -C / --no-same-owner
	for ((round = 0; round <= processes; round++)); do
		milliseconds python3 src/bench/lease/contenv.py /ksrc/tools/testing/selftests >/tmp/whole
		# The first run compiles the environment's modules.
		[ "$round" = 0 ] || echo "$(cat /tmp/whole) $(grep -xE '[0-9]+' /tmp/said)" >>/out/python-1
	done
}
