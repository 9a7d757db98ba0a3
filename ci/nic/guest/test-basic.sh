# Frames of both families arrive intact in both directions.
# shellcheck shell=bash

check "ping over IPv4" ping4
ping4() { pings 192.0.2.2; }

check "ping over IPv6" ping6
ping6() { pings 2001:db8:1::2; }

check "ping with fragments" ping_fragments
ping_fragments() { ping -q -c 2 -s 20000 -W 5 192.0.2.2 || fail "no answer"; }

check "TCP to the remote end arrives intact" tcp_out
tcp_out() {
	transfer here 192.0.2.2
	transfer here 2001:db8:1::2
}

check "TCP from the remote end arrives intact" tcp_in
tcp_in() {
	transfer remote 192.0.2.1
	transfer remote 2001:db8:1::1
}

check "TSO frames are cut on the wire without hardware GRO" tcp_cut
tcp_cut() {
	local before
	before=$(stat tx_tso)
	remote ethtool -K qnic1 rx-gro-hw off
	transfer here 2001:db8:1::2
	transfer here 192.0.2.2
	remote ethtool -K qnic1 rx-gro-hw on
	more tx_tso "$before"
}

check "header split puts payload apart" split
split() {
	local before
	ethtool -G qnic0 tcp-data-split on
	before=$(stat rx_split)
	transfer remote 192.0.2.1
	more rx_split "$before"
	ethtool -G qnic0 tcp-data-split auto
}

check "a flow rule drops what it says" rule_drop
rule_drop() {
	local before
	before=$(stat rule_drops)
	ethtool -K qnic0 ntuple on
	ethtool -N qnic0 flow-type udp4 dst-port 7777 action -1 loc 0
	echo x | remote socat -u - UDP4:192.0.2.1:7777
	until_true 5 eval "[ \$(stat rule_drops) -gt $before ]" || fail "rule_drops stays $before"
	ethtool -N qnic0 delete 0
}
