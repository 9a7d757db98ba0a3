# Functions shared by the scripts in ci/nic: building the module for a kernel.
# Sourced, never run.
# shellcheck shell=bash disable=SC2034 # the variables are used by scripts that source this

# shellcheck source=ci/vm/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/lib.sh"
# shellcheck source=ci/vm/kernel.sh
. "$VM_DIR/kernel.sh"

NIC_DIR=$CI_DIR/nic
NIC_CACHE=$CACHE/nic
OLDEST_NIC_KERNEL=6.16
NIC_SOURCES=("$ROOT"/src/nic/{Makefile,*.[ch]})

# nic_module RELEASE: sets MODULE to the qnic.ko for that kernel, below target/, where the guest sees it. It is taken
# from the cache if these sources were built for this kernel before.
nic_module() {
	local release=$1 dir
	require_kernel "$OLDEST_NIC_KERNEL" "$release" "the emulated NIC"
	dir=$NIC_CACHE/module/$release-$(key_of make_module "${NIC_SOURCES[@]}")
	if [ ! -d "$dir" ]; then
		prune "$NIC_CACHE/module" 8
		step "building qnic.ko for Linux $release" made "$dir" make_module "$release"
	fi
	touch "$dir"
	MODULE=$ROOT/target/nic/$release/qnic.ko
	mkdir -p "$(dirname "$MODULE")"
	if ! cmp -s "$dir/qnic.ko" "$MODULE"; then
		install -m 644 "$dir/qnic.ko" "$MODULE.$$"
		mv "$MODULE.$$" "$MODULE"
	fi
}

# make_module RELEASE DIR: builds in /var/tmp, which the build tree shares. Warnings are errors, including those of W=1.
make_module() {
	local work rc=0
	work=$(mktemp -d /var/tmp/qnic.XXXXXX)
	cp "${NIC_SOURCES[@]}" "$work/"
	# shellcheck disable=SC2016
	"$VM_DIR/in-build-tree" --kernel "$1" -- \
		sh -c 'make -C "$KDIR" M="$1" W=1 KCFLAGS=-Werror modules && "${CROSS_COMPILE}strip" -g "$1/qnic.ko"' sh "$work" || rc=$?
	[ "$rc" != 0 ] || cp "$work/qnic.ko" "$2/"
	rm -rf "$work"
	return "$rc"
}
