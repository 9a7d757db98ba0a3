# Runs tests with pods of a container engine in the test machine. Sourced after lib.sh.
# shellcheck shell=bash

. "$VM_DIR/startup-cache.sh"

# test_with_pods NAME [--kernel VERSION] [--newest]: runs ci/vm/guest/NAME in the test machine, and exits with its
# status.
test_with_pods() {
	local name=$1 kernel=() newest='' engine='' status=0
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help) usage; exit ;;
		--kernel)
			[ -n "${2:-}" ] || DIE_STATUS=2 die "--kernel needs a version; ci/vm/kernels lists them"
			kernel=(--kernel "$2")
			shift 2
			;;
		--newest)
			newest=1
			shift
			;;
		*) DIE_STATUS=2 die "unknown argument $1; see --help" ;;
		esac
	done
	[ "$(id -u)" = 0 ] || die "the test machine requires root"
	cd "$ROOT" || exit
	build_if_stale
	"$CI_DIR/nic/build" "${kernel[@]}" >&2
	rm -rf "target/$name"
	mkdir -p "target/$name/out"
	if [ -n "$newest" ]; then
		engine=target/$name/engine
		step "unpacking Debian's newest containerd" unpack_containerd "$engine"
	fi
	lend_startup_cache "target/$name/cache"
	# Pods that start at once have a process of Java each.
	"$CI_DIR/vm/run" "${kernel[@]}" --timeout 2400 --memory 8192 --env "ENGINE=${engine:+/qlease/$engine/usr/bin:}" \
		--out "target/$name/out" -- "ci/vm/guest/$name" || status=$?
	keep_startup_cache "target/$name/out"
	exit "$status"
}

unpack_containerd() {
	apt_for forky sid
	deb_unpack containerd "$1"
}
