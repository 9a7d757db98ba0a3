# Rings, channels and steering can be changed under traffic.
# shellcheck shell=bash

# under_traffic COMMAND...: runs COMMAND repeatedly while data is transferred both ways; the data must arrive intact.
under_traffic() {
	local one two
	rm -f /tmp/got.5001 /tmp/got.5002
	transfer here 192.0.2.2 5001 &
	one=$!
	transfer remote 2001:db8:1::1 5002 &
	two=$!
	until_true 20 test -s /tmp/got.5001 -a -s /tmp/got.5002 || fail "no traffic"
	while kill -0 "$one" 2>/dev/null || kill -0 "$two" 2>/dev/null; do
		"$@" || fail "$* failed"
		sleep 0.3
	done
	wait "$one" || fail "data sent was lost or changed"
	wait "$two" || fail "data received was lost or changed"
}

change_rings() {
	ethtool -G qnic0 rx 64 tx 64
	ethtool -G qnic0 rx 2048 tx 2048
}
check "ring sizes change under traffic" rings
rings() {
	echo 100 >"$DIR/rate_mbps"
	under_traffic change_rings
	ethtool -G qnic0 rx 512 tx 1024
	ethtool -g qnic0 | grep -qE '^TX:[[:space:]]+1024' || fail "the ring did not change"
}

change_channels() {
	ethtool -L qnic0 combined 1
	ethtool -L qnic0 combined 32
	ethtool -L qnic0 combined 5
}
check "channel counts change under traffic" channels
channels() {
	echo 100 >"$DIR/rate_mbps"
	under_traffic change_channels
	ethtool -L qnic0 combined 4
	[ "$(find /sys/class/net/qnic0/queues -name 'rx-*' | wc -l)" = 4 ] || fail "not 4 queues"
}

change_link() { ip link set qnic0 down && ip link set qnic0 up && ip addr replace 2001:db8:1::1/64 dev qnic0 nodad; }
check "the port goes down and up under traffic" updown
updown() {
	echo 50 >"$DIR/rate_mbps"
	under_traffic eval 'change_link; sleep 1'
}

check "RSS contexts come and go, and rules use them" contexts
contexts() {
	local id
	id=$(ethtool -X qnic0 context new start 2 equal 2 | grep -oE '[0-9]+$')
	ethtool -x qnic0 context "$id" | grep -qE '^ +0: +2 +3' || fail "the indirection table is not the one set"
	ethtool -N qnic0 flow-type tcp4 dst-port 5000 context "$id" loc 3
	if ethtool -X qnic0 context "$id" delete 2>/dev/null; then fail "a context in use was deleted"; fi
	if ethtool -L qnic0 combined 2 2>/dev/null; then fail "queues in use were taken away"; fi
	transfer remote 192.0.2.1
	ethtool -N qnic0 delete 3
	ethtool -X qnic0 context "$id" delete
}

check "a rule adds its queue to its context's, within the queues there are" added
added() {
	local id rule='flow-type tcp4 dst-port 5000'
	id=$(ethtool -X qnic0 context new start 2 equal 2 | grep -oE '[0-9]+$')
	# shellcheck disable=SC2086
	if ethtool -N qnic0 $rule context "$id" action 1 loc 3 2>/dev/null; then fail "a rule may add up to a fifth queue"; fi
	ethtool -X qnic0 context "$id" start 0 equal 2
	# shellcheck disable=SC2086
	ethtool -N qnic0 $rule context "$id" action 2 loc 3
	if ethtool -X qnic0 context "$id" start 1 equal 2 2>/dev/null; then fail "a table may add up to a fifth queue"; fi
	if ethtool -L qnic0 combined 3 2>/dev/null; then fail "a queue in use was taken away"; fi
	transfer remote 192.0.2.1
	ethtool -N qnic0 delete 3
	ethtool -X qnic0 context "$id" delete
}

check "the NIC takes as many queues as it says" most
most() {
	local most
	most=$(ethtool -l qnic0 | awk '/^Combined:/ { print $2; exit }')
	ethtool -L qnic0 combined "$most"
	pings 192.0.2.2
	ethtool -L qnic0 combined 4
	pings 192.0.2.2
}
