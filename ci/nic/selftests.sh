# Builds and packs the kernel's selftests for the guest.
# Sourced after lib.sh.
# shellcheck shell=bash

# The parts of the kernel's source that are used: the tests, and what they are built from and run with.
SELFTEST_PATHS=(MAINTAINERS Makefile Documentation/netlink scripts include/uapi
	tools/{arch,bpf,build,include,lib,scripts} tools/net/ynl
	tools/testing/selftests/{Makefile,lib.mk,kselftest.h,kselftest_harness.h,kselftest,lib,net}
	tools/testing/selftests/drivers/net)

# Commands that the tests need and the guest lacks, with their libraries.
SELFTEST_PACKAGES=(iperf3 libiperf0 libsctp1)

# selftest_tree RELEASE: prints the folder in the cache with selftests.tar for that kernel.
selftest_tree() {
	local series dir
	series=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$1")
	dir=$NIC_CACHE/selftests/$series-$(key_of make_selftests kernel_source "$NIC_DIR/selftests.sh")
	if [ ! -d "$dir" ]; then
		prune "$NIC_CACHE/selftests" 4
		step "building the selftests of Linux $series" made "$dir" make_selftests "$series" >&2
	fi
	touch "$dir"
	echo "$dir"
}

# make_selftests SERIES DIR
make_selftests() {
	local work rc=0
	work=$(mktemp -d /var/tmp/qnic-selftests.XXXXXX)
	build_selftests "$1" "$work" && cp "$work/selftests.tar" "$2/" || rc=$?
	rm -rf "$work"
	return "$rc"
}

build_selftests() {
	local series=$1 work=$2 package
	mkdir -p "$work"/{debs,tree/ksrc,uring}
	kernel_source "$series" "$work"
	# Receiving with io_uring needs a liburing newer than the guest's, so it is linked statically.
	apt_for trixie forky
	deb_unpack liburing-dev/forky "$work/uring"
	find "$work/uring" -name '*.so*' -delete
	for package in "${SELFTEST_PACKAGES[@]}"; do
		deb_unpack "$package/trixie" "$work/tree"
	done
	# shellcheck disable=SC2016
	"$VM_DIR/in-build-tree" -- sh -euc '
		cd "$1/source/tools/testing/selftests"
		cc="gcc -I$1/uring/usr/include -L$1/uring/usr/lib/x86_64-linux-gnu"
		for dir in net/lib drivers/net/hw drivers/net; do
			make -j2 -C "$dir" CC="$cc" HAS_IOURING_ZCRX=y
		done' sh "$work"
	rm -rf "$work/tree/usr/share" "$work/tree/usr/lib/systemd" "$work/tree/etc"
	(cd "$work/source" && cp -a --parents MAINTAINERS Documentation/netlink tools/net/ynl/pyynl \
		tools/testing/selftests/{net/lib,net/lib.sh,net/forwarding,drivers/net,kselftest} "$work/tree/ksrc/")
	find "$work/tree" \( -name '*.[acho]' ! -name '*.bpf.o' -o -name tools -path '*/selftests/*' -o -name __pycache__ \) \
		-prune -exec rm -rf {} +
	tar -c -f "$work/selftests.tar" -C "$work/tree" .
}

# kernel_source SERIES DIR: unpacks what the selftests need from Debian's linux-source-SERIES into DIR/source.
kernel_source() {
	local series=$1 dir=$2
	apt_for "${VM_SUITES[@]}"
	deb_unpack "linux-source-$series" "$dir/debs"
	mkdir -p "$dir/source"
	tar -x -f "$dir/debs/usr/src/linux-source-$series.tar.xz" -C "$dir/source" --strip-components=1 \
		"${SELFTEST_PATHS[@]/#/linux-source-$series/}"
}
