# Device memory: bound queues, and their mappings.
# shellcheck shell=bash

# bind QUEUE: binds a dma-buf to that queue until unbind.
bind() {
	# shellcheck disable=SC1083
	coproc BOUND { ./bind-rx qnic0 "$1" 2>&1; }
	read -r -t 20 answer <&"${BOUND[0]}" || answer="no answer"
	[ "$answer" = bound ] || fail "$answer"
}
unbind() {
	# shellcheck disable=SC2154
	# shellcheck disable=SC1083
	exec {BOUND[1]}>&-
	# shellcheck disable=SC2153
	wait "$BOUND_PID"
}

# mapped_bytes: prints how much memory the device may write to.
mapped_bytes() { awk '$3 == "from-device" { sum += $2 } END { print sum }' "$DIR/bus/mappings"; }

split_on() { ethtool -G qnic0 tcp-data-split on; }
split_off() { ethtool -G qnic0 tcp-data-split auto; }

check "a dma-buf is mapped while it is bound, and payload goes into it" devmem_bind
devmem_bind() {
	local before after bytes
	# Otherwise, freed skbs keep the dma-buf's memory on a per-CPU list.
	sysctl -qw net.core.skb_defer_max=0
	split_on
	ethtool -X qnic0 equal 3
	before=$(mapped_bytes) bytes=$(stat rx_unreadable_bytes)
	bind 3
	after=$(mapped_bytes)
	[ "$after" -gt $((before + (14 << 20))) ] || fail "$before bytes mapped became $after"
	ethtool -N qnic0 flow-type udp4 dst-port 7000 action 3 loc 0
	# The queue also receives packets that cannot be split.
	pings 192.0.2.2
	if rmmod qnic 2>/dev/null; then fail "the module went away under the binding"; fi
	ethtool -N qnic0 flow-type tcp4 dst-port 7001 action 3 loc 1
	socat -u TCP4-LISTEN:7001 CREATE:/tmp/unread &
	until_true 10 listening 7001 || fail "no listener"
	head -c 20000 /dev/zero | timeout 10 "${REMOTE[@]}" socat -u - TCP4:192.0.2.1:7001 || true
	more rx_unreadable_bytes "$bytes"
	ethtool -N qnic0 delete 0
	ethtool -N qnic0 delete 1
	unbind
	until_true 20 eval "[ \$(mapped_bytes) -lt $after ]" || fail "the dma-buf stays mapped"
	ethtool -X qnic0 default
	split_off
}

check "a queue's restart is refused on command, and the old queue goes on" devmem_refuse
devmem_refuse() {
	local before
	split_on
	before=$(stat fault_restarts_refused)
	echo 1 >"$DIR/refuse_restart"
	if (bind 3) 3>/dev/null; then fail "the binding succeeded"; fi
	more fault_restarts_refused "$before"
	transfer remote 192.0.2.1
	bind 3
	unbind
	split_off
}
