# Faults can be injected, and are counted.
# shellcheck shell=bash

# flood: sends a hundred pings and prints the output of ping.
flood() { ping -q -f -c 100 -W 1 192.0.2.2 || true; }

check "every Nth frame is dropped" drop
drop() {
	local before lost
	before=$(stat fault_dropped)
	echo 10 >"$DIR/drop_every"
	lost=$(flood | sed -n 's/.*received, \([0-9]*\).*/\1/p')
	if [ "$lost" -lt 5 ] || [ "$lost" -gt 15 ]; then fail "$lost% were lost"; fi
	more fault_dropped "$before"
}

check "TCP gets over dropped frames" drop_tcp
drop_tcp() {
	echo 50 >"$DIR/drop_every"
	transfer here 192.0.2.2
}

check "a corrupted frame is found by its checksum, and TCP gets over it" corrupt
corrupt() {
	local before bad
	before=$(stat fault_corrupted) bad=$(stat rx_csum_bad qnic1)
	echo 50 >"$DIR/corrupt_every"
	transfer here 192.0.2.2
	more fault_corrupted "$before"
	more rx_csum_bad "$bad" qnic1
}

check "every Nth frame comes twice" duplicate
duplicate() {
	local before
	before=$(stat fault_duplicated)
	echo 5 >"$DIR/duplicate_every"
	flood | grep -qE '\+[0-9]+ duplicates' || fail "ping saw no duplicate"
	more fault_duplicated "$before"
}

check "frames are reordered, and TCP gets over it" reorder
reorder() {
	local before seen
	before=$(stat fault_reordered) seen=$(remote nstat -asz TcpExtTCPOFOQueue | awk '/OFO/ { print $2 }')
	remote ethtool -K qnic1 rx-gro-hw off
	ethtool -K qnic0 tso off gso off
	echo 20 >"$DIR/reorder_every"
	transfer here 192.0.2.2
	ethtool -K qnic0 tso on gso on
	remote ethtool -K qnic1 rx-gro-hw on
	more fault_reordered "$before"
	[ "$(remote nstat -asz TcpExtTCPOFOQueue | awk '/OFO/ { print $2 }')" -gt "$seen" ] || fail "TCP saw none"
}

check "the link is lost for a time" link_down
link_down() {
	local before
	before=$(stat fault_link_downs)
	echo 1000 >"$DIR/link_down_ms"
	[ "$(cat /sys/class/net/qnic0/carrier)" = 0 ] || fail "qnic0 has its link"
	[ "$(remote cat /sys/class/net/qnic1/carrier)" = 0 ] || fail "qnic1 has its link"
	more fault_link_downs "$before"
	until_true 5 grep -q 1 /sys/class/net/qnic0/carrier || fail "it did not come back"
	pings 192.0.2.2
}

check "failed buffer allocations are counted, and traffic goes on" fail_alloc
fail_alloc() {
	local before failed
	before=$(stat fault_allocs_failed) failed=$(stat rx_alloc_fail)
	echo 3 >"$DIR/fail_alloc_every"
	transfer remote 192.0.2.1
	more fault_allocs_failed "$before"
	more rx_alloc_fail "$failed"
}

check "without any buffer frames are dropped, and it recovers" starve
starve() {
	local before
	before=$(stat rx_no_buf)
	echo 1 >"$DIR/fail_alloc_every"
	timeout 10 "${REMOTE[@]}" ping -q -f -c 3000 -W 1 -s 1400 192.0.2.1 || true
	more rx_no_buf "$before"
	echo 0 >"$DIR/fail_alloc_every"
	pings 192.0.2.2
	transfer remote 192.0.2.1
}
