# Builds the kernel's own clients for its netlink families from Debian's kernel source.
# Sourced after ci/lib.sh.
# shellcheck shell=bash

# The kernel series that they are taken from, or the newest if Debian no longer has it.
YNL_SERIES=7.3

# ynl: sets YNL to a folder with tools/net/ynl, the specifications, and netdev_dump, replay and live, which
# use the C library.
ynl() {
	local key lock
	key=$(cat "$ROOT"/src/bench/netlink/{ynl.sh,live.c,netdev_dump.c,replay.c} | sha256sum | cut -c1-16)
	YNL=$CACHE/bench/ynl-$key
	mkdir -p "$CACHE/bench"
	exec {lock}>"$CACHE/bench/lock"
	flock "$lock"
	if [ ! -d "$YNL" ]; then
		rm -rf "$CACHE"/bench/ynl-*
		apt_for trixie trixie-backports
		step "building the kernel's C client" build_ynl "$YNL.new"
		mv "$YNL.new" "$YNL"
	fi
	exec {lock}>&-
}

build_ynl() {
	local dir=$1 series work rc=0
	series=$(apt-cache search --names-only '^linux-source-[0-9]+\.[0-9]+$' | cut -d' ' -f1 | cut -d- -f3 | sort -V)
	grep -qxF "$YNL_SERIES" <<<"$series" && series=$YNL_SERIES
	series=$(tail -n1 <<<"$series")
	work=$(mktemp -d /var/tmp/qlease-ynl.XXXXXX)
	unpack_ynl "linux-source-$series" "$work" "$dir" || rc=$?
	rm -rf "$work"
	[ "$rc" = 0 ] && compile_ynl "$dir"
}

unpack_ynl() {
	local package=$1 work=$2 dir=$3
	deb_unpack "$package" "$work" || return
	mkdir -p "$dir"
	# The generator searches its parent directories for MAINTAINERS, in an endless loop if there is none.
	tar -x -f "$work/usr/src/$package.tar.xz" -C "$dir" --strip-components=1 \
		"$package"/{MAINTAINERS,Documentation/netlink,include/uapi/linux,tools/net/ynl}
}

# compile_ynl DIR: compiles with the options of the library's own Makefile.
compile_ynl() {
	local dir=$1 uapi=$1/include/uapi ynl=$1/tools/net/ynl family kind compile
	# The machine's own headers are older than the specifications, or missing.
	compile=(gcc -std=gnu11 -O2 -W -Wall -Wextra -Wno-unused-parameter -Wshadow -I "$dir" -I "$ynl/lib"
		-D_LINUX_NETDEV_H -include "$uapi/linux/netdev.h" -D__LINUX_RTNETLINK_H -include "$uapi/linux/rtnetlink.h"
		-D_LINUX_IF_LINK_H -include "$uapi/linux/if_link.h" -idirafter "$uapi")
	for family in netdev rt-link rt-route; do
		for kind in header source; do
			"$ynl/pyynl/ynl_gen_c.py" --mode user "--$kind" \
				--spec "$dir/Documentation/netlink/specs/$family.yaml" -o "$dir/$family-user.${kind:0:1}" || return
		done
		mv "$dir/$family-user.s" "$dir/$family-user.c"
	done
	"${compile[@]}" -o "$dir/netdev_dump" "$ROOT/src/bench/netlink/netdev_dump.c" "$dir/netdev-user.c" \
		"$ynl/lib/ynl.c" || return
	"${compile[@]}" -Wl,--wrap=send,--wrap=recv -o "$dir/replay" "$ROOT/src/bench/netlink/replay.c" \
		"$dir"/{netdev,rt-link,rt-route}-user.c "$ynl/lib/ynl.c" || return
	"${compile[@]}" -o "$dir/live" "$ROOT/src/bench/netlink/live.c" "$dir"/{rt-link,rt-route}-user.c "$ynl/lib/ynl.c"
}
