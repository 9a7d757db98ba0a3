# Prepares the guest for tests with pods of containerd. Sourced, never run.
# shellcheck shell=bash
. ci/vm/guest/startup-cache.sh

# prepare_for_pods NAME QUEUES: makes the start-up cache of the command, the emulated NIC and devices that pods can use.
prepare_for_pods() {
	# Another containerd than the machine's own may come first.
	PATH=$ENGINE$PATH
	use_startup_cache "target/$1/cache"
	target/qlease/bin/qlease --version >/dev/null
	await_startup_cache
	give_startup_cache /out

	ci/nic/setup --queues "$2"
	ip -n remote route add 198.18.0.0/24 via 192.0.2.1
	sysctl -q net.core.skb_defer_max=0
	modprobe overlay
	# Devices have the same mode in a container, whose user is not root.
	chmod 666 /dev/udmabuf
}
