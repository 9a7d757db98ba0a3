# Sets up the ports of the emulated NIC, for ci/nic/setup and ci/nic/replug.
# Sourced, never run.
# shellcheck shell=bash

# set_up_port N: names the device of port N qnicN, moves it to the namespace "remote" if N is odd, assigns its
# addresses and sets it up.
set_up_port() {
	local port=$1 name=qnic$1 nets=(192.0.2 198.51.100 203.0.113 192.0.0) ns=() end=1
	ip link set "$(ls "/sys/devices/platform/qnic.$port/net")" name "$name"
	if ((port % 2)); then
		ip link set "$name" netns remote
		ns=(-n remote) end=2
	fi
	ip "${ns[@]}" addr add "${nets[port / 2]}.$end/24" dev "$name"
	ip "${ns[@]}" addr add "2001:db8:$((port / 2 * 2 + 1))::$end/64" dev "$name" nodad
	ip "${ns[@]}" link set "$name" up
}

# await_link N: waits for the link between port N and the port connected to it.
await_link() {
	local try
	for ((try = 0; try < 50; try++)); do
		[ "$(cat "/sys/class/net/qnic$(($1 & ~1))/carrier")" = 0 ] || return 0
		sleep 0.1
	done
	return 1
}
