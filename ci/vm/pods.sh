# Runs tests with pods of a container engine in the test machine. Sourced after lib.sh.
# shellcheck shell=bash

. "$VM_DIR/startup-cache.sh"

# test_with_pods NAME [--kernel VERSION]: runs ci/vm/guest/NAME in the test machine, and exits with its status.
test_with_pods() {
	local name=$1 kernel=() status=0
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help) usage; exit ;;
		--kernel)
			[ -n "${2:-}" ] || DIE_STATUS=2 die "--kernel needs a version; ci/vm/kernels lists them"
			kernel=(--kernel "$2")
			shift 2
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
	lend_startup_cache "target/$name/cache"
	"$CI_DIR/vm/run" "${kernel[@]}" --timeout 2400 --out "target/$name/out" -- "ci/vm/guest/$name" || status=$?
	keep_startup_cache "target/$name/out"
	exit "$status"
}
