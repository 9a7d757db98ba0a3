# Functions shared by the benchmarks in the test machine: building the programs that they measure.
# Sourced after ci/nic/lib.sh.
# shellcheck shell=bash

# prepare_bench NAME SUBJECT/PROGRAM...: sets release, and RESULTS to the empty folder target/bench/NAME; compiles each
# SUBJECT/PROGRAM.c to target/bench/PROGRAM, and the Java classes; copies the libraries to target/bench/lib, since the
# guest sees only this checkout.
prepare_bench() {
	RESULTS=$ROOT/target/bench/$1
	need python3
	build_if_stale
	cd "$ROOT" || exit
	release=$(kernel_release '')
	nic_module "$release"
	rm -rf "$RESULTS"
	mkdir -p "$RESULTS" "$ROOT/target/bench/lib"
	local program
	for program in "${@:2}"; do
		step "compiling $program.c" "$VM_DIR/in-build-tree" -- \
			gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o "target/bench/${program#*/}" \
			-I src/bench/common "src/bench/$program.c"
	done
	tr ':' '\n' <target/test-classpath.txt |
		grep -E '/(netty|slf4j-api|jackson-core|jspecify)[^/]*\.jar$' | xargs -r cp -t target/bench/lib
}
