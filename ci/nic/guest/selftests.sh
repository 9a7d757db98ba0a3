# Prepares the machine for the kernel's selftests in the guest, and runs one of them.
# Sourced, never run.
# shellcheck shell=bash

SELFTESTS=/ksrc/tools/testing/selftests

# prepare_selftests DELAY-US: unpacks the tree from /out, and sets the NIC up, with completions delayed by DELAY-US.
prepare_selftests() {
	local port
	tar -x -f /out/selftests.tar -C / --no-same-owner
	"$(dirname "${BASH_SOURCE[0]}")/../setup" --queues 4
	for port in /sys/kernel/debug/qnic/qnic.*; do
		echo "$1" >"$port/complete_delay_us"
	done
	# Otherwise, freed skbs keep net_iovs on a per-CPU list, and small dma-bufs are exhausted.
	sysctl -qw net.core.skb_defer_max=0
	# Some tests set the port down and up again and expect it to keep its addresses.
	sysctl -qw net.ipv6.conf.qnic0.keep_addr_on_down=1
	# The route by which nk_netns reaches the guest's end.
	sysctl -qw net.ipv6.conf.all.forwarding=1
	ip -n remote -6 route add 2001:db8:2::/64 via 2001:db8:1::1

	# The file that the selftests' README calls net.config.
	export NETIF=qnic0 REMOTE_TYPE=netns REMOTE_ARGS=remote
	export LOCAL_V4=192.0.2.1 LOCAL_V6=2001:db8:1::1 REMOTE_V4=192.0.2.2 REMOTE_V6=2001:db8:1::2
	export LOCAL_PREFIX_V6=2001:db8:2::0/64
}

# selftest NAME: runs the test in its own directory.
selftest() (
	cd "$SELFTESTS/drivers/net" || exit
	[ -e "$1.py" ] || cd hw || exit
	[ -e "$1.py" ] || { echo "1..0 # SKIP this kernel's selftests have no $1.py"; exit 4; }
	exec python3 "./$1.py"
)
