# What ci/bench/tx and ci/bench/rx share: what they measure, made ready for the test machine.
# Sourced after ../nic/lib.sh.
# shellcheck shell=bash

# prepare_bench NAME PROGRAM: sets release, and RESULTS to the empty folder target/bench/NAME; compiles PROGRAM.c, in C, to
# target/bench/PROGRAM, and Java; has the libraries in target/bench/lib, since what the guest sees is this checkout.
prepare_bench() {
	RESULTS=$ROOT/target/bench/$1
	need maven python3
	JAVA_HOME=$(jdk25)
	export JAVA_HOME
	cd "$ROOT" || exit
	step "compiling" mvn -q -B process-test-classes
	release=$(kernel_release '')
	nic_module "$release"
	rm -rf "$RESULTS"
	mkdir -p "$RESULTS" "$ROOT/target/bench/lib"
	step "compiling $2.c" "$VM_DIR/in-build-tree" -- \
		gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o "target/bench/$2" "ci/bench/$2.c"
	tr ':' '\n' <target/test-classpath.txt |
		grep -E '/(netty|slf4j-api|jackson-core|jspecify)[^/]*\.jar$' | xargs -r cp -t target/bench/lib
}
