# Functions shared by the guest's parts of ci/bench/tx and ci/bench/rx.
# Sourced, never run.
# shellcheck shell=bash

bench=$PWD/target/bench
lib=/tmp/lib
export JAVA_HOME
JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")

trap 'echo "${0##*/}: $BASH_COMMAND: failed with status $?" >&2' ERR
die() { echo "${0##*/}: $*" >&2; exit 1; }

# prepare_java: copies the classes that java runs, since the checkout is on the host, and slow to read.
prepare_java() {
	mkdir "$lib"
	cp -r target/classes target/test-classes "$bench"/lib/* "$lib/"
}

# java CLASS ARGUMENT...
java() {
	"$JAVA_HOME/bin/java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
		-cp "$lib/test-classes:$lib/classes:$lib/*" "dev.qlease.bench.$1" "${@:2}"
}
