# The device can access only mapped memory, in the mapped direction.
# shellcheck shell=bash

# poke DIR VERB ADDRESS LENGTH: makes the device behind DIR access memory; fails if that is refused.
poke() { echo "$2 $3 $4" 2>/dev/null >"$1/bus/poke"; }

# refused WHY DIR VERB ADDRESS LENGTH: fails unless the access is refused for WHY, counted and logged.
refused() {
	local why=$1 dir=$2 dev=${2##*.} before after
	shift 2
	dev=qnic$dev
	before=$(stat dma_faults "$dev")
	if poke "$dir" "$@"; then fail "the device could $*"; fi
	after=$(stat dma_faults "$dev")
	[ "$after" = $((before + 1)) ] || fail "dma_faults went from $before to $after"
	tail -n 1 "$dir/bus/faults" | grep -qF "$1 $2 $3 $why" || fail "bus/faults ends: $(tail -n 1 "$dir/bus/faults")"
}

# mapping DIRECTION: prints the address and length of a mapping in that direction.
mapping() { awk -v dir="$1" '$3 == dir { print $1, $2; exit }' "$DIR/bus/mappings" | grep . || fail "no mapping $1"; }

check "the device may do what was mapped for it" bus_allowed
bus_allowed() {
	local both from before
	before=$(stat dma_faults)
	both=$(mapping both) from=$(mapping from-device)
	# shellcheck disable=SC2086
	poke "$DIR" read $both || poke "$DIR" read "${both% *}" 4 || fail "read of $both refused"
	poke "$DIR" write "${from% *}" 64 || fail "write to $from refused"
	[ "$(stat dma_faults)" = "$before" ] || fail "counted as a fault"
}

check "an address never mapped is refused" bus_unmapped
bus_unmapped() {
	refused "never mapped" "$DIR" read 0x1000 64
	refused "never mapped" "$DIR" write 0x7fffffffffffffff 1
}

check "an access beyond a mapping is refused" bus_beyond
bus_beyond() {
	local from addr len
	from=$(mapping from-device)
	addr=${from% *} len=${from#* }
	refused "beyond the mapping" "$DIR" write "$(printf '%#x' $((addr + len)))" 1
	refused "beyond the mapping" "$DIR" write "$(printf '%#x' $((addr + len - 1)))" 2
}

check "an access against the direction is refused" bus_direction
bus_direction() {
	local from to
	from=$(mapping from-device)
	refused "against the mapping's direction" "$DIR" read "${from% *}" 64
	# A frame in flight is mapped in the other direction.
	echo 5000000 >"$DIR/tx_delay_us"
	echo x | socat -u - UDP4:192.0.2.2:7000
	to=$(mapping to-device)
	poke "$DIR" read "${to% *}" 14 || fail "read of $to refused"
	refused "against the mapping's direction" "$DIR" write "${to% *}" 14
}

check "an address is refused after unmap" bus_stale
bus_stale() {
	local addr
	pings 192.0.2.2 1
	addr=$(printf '%#x' "$(cat "$DIR/bus/last_unmapped")")
	refused "not mapped any more" "$DIR" read "$addr" 14
	# Even when the slot is in use again.
	pings 192.0.2.2 5
	refused "not mapped any more" "$DIR" read "$addr" 14
}

check "an address of one port means nothing to the other" bus_other
bus_other() {
	local from
	from=$(mapping from-device)
	if poke "$PEER_DIR" write "${from% *}" 64; then fail "qnic.1 wrote to qnic.0's buffer"; fi
}

check "refused accesses are in the kernel's log" bus_logged
bus_logged() {
	dmesg | grep -q 'qnic.0: DMA refused: read of 64 bytes at 0x0000000000001000: never mapped' || fail "not there"
}

check "mappings do not pile up" bus_leak
bus_leak() {
	local before after
	before=$(stat dma_mapped)
	transfer here 192.0.2.2
	transfer remote 192.0.2.1
	sleep 1
	after=$(stat dma_mapped)
	# The page pools keep pages mapped; they may grow by no more than the size of their rings.
	[ "$after" -lt $((before + 4096)) ] || fail "$before mappings became $after"
}
