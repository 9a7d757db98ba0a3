# Ports can be added and removed, and are connected in pairs.
# shellcheck shell=bash

check "a port is unplugged and comes back" unplug
unplug() {
	echo qnic.1 >/sys/bus/platform/drivers/qnic/unbind
	[ "$(cat /sys/class/net/qnic0/carrier)" = 0 ] || fail "qnic0 has its link"
	[ ! -e "$PEER_DIR" ] || fail "qnic.1 is still there"
	echo qnic.1 >/sys/bus/platform/drivers/qnic/bind
	set_up_port 1
	await_link 1 || fail "the link did not come back"
	pings 192.0.2.2
}

# permanent DEVICE: prints its permanent address.
permanent() { ethtool -P "$1" | sed -n 's/^Permanent address: //p'; }

check "a port that is replugged is another device with the same addresses" replug
replug() {
	local before index
	before=$(permanent qnic0) index=$(cat /sys/class/net/qnic0/ifindex)
	[ "$before" = 02:71:6e:69:63:00 ] || fail "the permanent address is $before"
	ip link set qnic0 address 02:00:00:00:00:77
	../replug
	[ "$(permanent qnic0)" = "$before" ] || fail "$before became $(permanent qnic0)"
	[ "$(cat /sys/class/net/qnic0/address)" = "$before" ] || fail "it kept an address that was set"
	[ "$(cat /sys/class/net/qnic0/ifindex)" -gt "$index" ] || fail "the ifindex is still $index"
	[ "$(ethtool -i qnic0 | sed -n 's/^bus-info: //p')" = qnic.0 ] || fail "qnic0 is not qnic.0"
	pings 192.0.2.2
	pings 2001:db8:1::2
}

check "a port is replugged under a dma-buf bound for receiving" replug_bound
replug_bound() {
	local faults misuses
	split_on
	bind 3
	../replug
	unbind
	faults=$(stat dma_faults) misuses=$(stat dma_misuses)
	pings 192.0.2.2
	transfer remote 192.0.2.1
	split_on
	bind 3
	unbind
	split_off
	[ "$(stat dma_faults)" = "$faults" ] || fail "accesses were refused"
	[ "$(stat dma_misuses)" = "$misuses" ] || fail "what was not mapped was unmapped"
}

# unload: unloads the module and fails if it left anything mapped.
unload() {
	ip netns del remote
	until_true 60 test -e /sys/class/net/qnic1 || fail "qnic1 did not come home"
	rmmod qnic || fail "rmmod failed"
	if dmesg | grep 'mappings are left over' >&3; then exit 1; fi
	[ ! -e /sys/kernel/debug/qnic ] || fail "debugfs still has it"
}

check "the module unloads and leaves nothing" unload_clean
unload_clean() { unload; }

check "several pairs work side by side" several
several() {
	"$SETUP" --pairs 3 --queues 2
	pings 192.0.2.2
	pings 198.51.100.2
	pings 203.0.113.2
	pings 2001:db8:5::2
	[ "$(ethtool -i qnic4 | sed -n 's/^bus-info: //p')" = qnic.4 ] || fail "qnic4 is not qnic.4"
	ip link set qnic2 down
	pings 203.0.113.2
	unload
}

check "the module unloads with frames in flight" unload_busy
unload_busy() {
	"$SETUP"
	echo 1 >"$DIR/stop_completing"
	for _ in 1 2 3 4 5; do echo x | socat -u - UDP4:192.0.2.2:7000; done
	[ "$(cat "$DIR/tx_in_flight")" -gt 0 ] || fail "nothing in flight"
	unload
}
