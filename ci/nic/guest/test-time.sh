# Transmission and completion take time.
# shellcheck shell=bash

in_flight() { cat "$DIR/tx_in_flight"; }
nothing_in_flight() { [ "$(in_flight)" = 0 ]; }
send_datagram() { echo x | socat -u - UDP4:192.0.2.2:7000; }

check "a delayed frame is in flight after it was sent" delay_in_flight
delay_in_flight() {
	until_true 30 nothing_in_flight || fail "frames stay in flight"
	echo 2000000 >"$DIR/tx_delay_us"
	send_datagram
	[ "$(in_flight)" -gt 0 ] || fail "nothing in flight"
	until_true 30 nothing_in_flight || fail "it stays in flight"
}

check "the delay is what was set" delay_time
delay_time() {
	local ms
	pings 192.0.2.2 1
	echo 200000 >"$DIR/tx_delay_us"
	ms=$(ping -c 1 -W 5 192.0.2.2 | sed -n 's/.*time=\([0-9]*\).*/\1/p')
	if [ "$ms" -lt 200 ] || [ "$ms" -ge 2000 ]; then fail "the answer took $ms ms, not 200"; fi
}

check "a late completion delays no frame" complete_delay
complete_delay() {
	echo 6000000 >"$DIR/complete_delay_us"
	pings 192.0.2.2 1
	[ "$(in_flight)" -gt 0 ] || fail "nothing in flight"
	until_true 30 nothing_in_flight || fail "it stays in flight"
}

check "without completions the sender is stopped, then reported, then resumes" stop_completing
stop_completing() {
	local sender before
	before=$(stat tx_timeouts)
	echo 1 >"$DIR/stop_completing"
	timeout 60 socat -u OPEN:/dev/zero UDP4-SENDTO:192.0.2.2:7000,sndbuf=4000000 &
	sender=$!
	until_true 30 eval "[ \$(stat tx_timeouts) -gt $before ]" || fail "the watchdog did not find it"
	[ "$(in_flight)" -gt 0 ] || fail "nothing in flight"
	kill "$sender"
	echo 0 >"$DIR/stop_completing"
	until_true 30 nothing_in_flight || fail "frames stay in flight"
	pings 192.0.2.2
}

check "a full ring stops its queue, room wakes it" ring_full
ring_full() {
	local stops wakes queue
	ethtool -G qnic0 tx 64
	for queue in /sys/class/net/qnic0/queues/tx-*/byte_queue_limits; do echo 10000000 >"$queue/limit_min"; done
	stops=$(stat tx_stops) wakes=$(stat tx_wakes)
	echo 20000 >"$DIR/complete_delay_us"
	timeout 3 socat -u -b 8192 OPEN:/dev/zero UDP4-SENDTO:192.0.2.2:7000,sndbuf=4000000 || true
	more tx_stops "$stops"
	more tx_wakes "$wakes"
	transfer here 192.0.2.2
	for queue in /sys/class/net/qnic0/queues/tx-*/byte_queue_limits; do echo 0 >"$queue/limit_min"; done
	ethtool -G qnic0 tx 1024
}

check "byte queue limits know of what is in flight" bql
bql() {
	echo 1 >"$DIR/stop_completing"
	send_datagram
	cat /sys/class/net/qnic0/queues/tx-*/byte_queue_limits/inflight | grep -qv '^0$' || fail "inflight is 0"
	echo 0 >"$DIR/stop_completing"
	until_true 30 nothing_in_flight || fail "frames stay in flight"
	if cat /sys/class/net/qnic0/queues/tx-*/byte_queue_limits/inflight | grep -qv '^0$'; then fail "inflight stays"; fi
}

check "the wire is as fast as was set" rate
rate() {
	local start ms
	echo 50 >"$DIR/rate_mbps"
	[ "$(cat /sys/class/net/qnic0/speed)" = 50 ] || fail "the speed reported is $(cat /sys/class/net/qnic0/speed)"
	start=$(date +%s%N)
	transfer here 192.0.2.2
	ms=$((($(date +%s%N) - start) / 1000000))
	# 8 MiB take 1342 ms at 50 Mbit/s.
	if [ "$ms" -lt 1300 ] || [ "$ms" -ge 30000 ]; then fail "8 MiB took $ms ms"; fi
}
