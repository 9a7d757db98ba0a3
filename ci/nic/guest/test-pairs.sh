# Ports come and go, in pairs.
# shellcheck shell=bash

check "a port is unplugged and comes back" unplug
unplug() {
	echo qnic.1 >/sys/bus/platform/drivers/qnic/unbind
	[ "$(cat /sys/class/net/qnic0/carrier)" = 0 ] || fail "qnic0 has its link"
	[ ! -e "$PEER_DIR" ] || fail "qnic.1 is still there"
	echo qnic.1 >/sys/bus/platform/drivers/qnic/bind
	ip link set "$(ls /sys/devices/platform/qnic.1/net)" name qnic1
	ip link set qnic1 netns remote
	ip -n remote addr add 192.0.2.2/24 dev qnic1
	ip -n remote link set qnic1 up
	until_true 20 grep -q 1 /sys/class/net/qnic0/carrier || fail "the link did not come back"
	pings 192.0.2.2
}

# unload: takes the module out and fails when it left anything mapped.
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
