# The machine's architecture and page size: the options that select them, and what follows from them.
# Sourced by lib.sh.
# shellcheck shell=bash disable=SC2034 # the variables are used by scripts that source this

# use_flavour FLAVOUR: selects the kernels whose names end in -FLAVOUR, and the machine for them.
use_flavour() {
	FLAVOUR=$1 DEB_ARCH=${1%-16k}
	case $DEB_ARCH in
	amd64)
		ARCH=x86_64 QEMU_PROGRAM=qemu-system-x86_64 QEMU_PACKAGE=qemu-system-x86 MACHINE=q35 CONSOLE=ttyS0 CROSS_COMPILE='' ;;
	arm64)
		ARCH=aarch64 QEMU_PROGRAM=qemu-system-aarch64 QEMU_PACKAGE=qemu-system-arm MACHINE=virt CONSOLE=ttyAMA0
		CROSS_COMPILE=aarch64-linux-gnu- ;;
	esac
}

# machine_option OPTION VALUE: takes one of the options --kernel, --arch and --pages.
WANTED='' WANTED_ARCH='' WANTED_PAGES=''
machine_option() {
	[ -n "${2:-}" ] || wrong "$1 needs a value"
	case $1 in
	--kernel) WANTED=$2 ;;
	--arch) WANTED_ARCH=$2 ;;
	--pages) WANTED_PAGES=$2 ;;
	esac
}

# choose_machine: after all options, selects what they mean, and sets MACHINE_OPTIONS to options that mean the same. The
# full name of a kernel implies its architecture and page size.
choose_machine() {
	local arch=x86_64 pages=4k implied=''
	case $WANTED in
	*-amd64) implied=1 ;;
	*-arm64) implied=1 arch=aarch64 ;;
	*-arm64-16k) implied=1 arch=aarch64 pages=16k ;;
	esac
	if [ -n "$implied" ] && [ "${WANTED_ARCH:-$arch} ${WANTED_PAGES:-$pages}" != "$arch $pages" ]; then
		wrong "--kernel $WANTED is for --arch $arch --pages $pages"
	fi
	[ -n "$implied" ] || arch=${WANTED_ARCH:-x86_64} pages=${WANTED_PAGES:-4k}
	case $arch/$pages in
	x86_64/4k) use_flavour amd64 ;;
	aarch64/4k) use_flavour arm64 ;;
	aarch64/16k) use_flavour arm64-16k ;;
	x86_64/*) wrong "--pages is 4k on x86_64, not $pages" ;;
	aarch64/*) wrong "--pages is 4k or 16k on aarch64, not $pages" ;;
	*) wrong "--arch is x86_64 or aarch64, not $arch" ;;
	esac
	MACHINE_OPTIONS=(--arch "$arch" --pages "$pages" ${WANTED:+--kernel "$WANTED"})
}

wrong() {
	DIE_STATUS=125 die "$*; see --help"
}

use_flavour amd64
