# The packaged command for the guest, and its start-up cache, which only the guest's processor can make: it is kept from one run to
# the next, and as old as the jars that it is of.
# Sourced after lib.sh.
# shellcheck shell=bash

# build_if_stale: makes target/qlease if it is not there, or older than what it is made of.
build_if_stale() {
	need maven
	JAVA_HOME=$(jdk25)
	export JAVA_HOME
	if [ ! -e "$ROOT/target/qlease/lib/qlease.jar" ] ||
		[ -n "$(cd "$ROOT" && find src pom.xml -newer target/qlease/lib/qlease.jar -type f -print -quit)" ]; then
		step "building qlease" mvn -q -B -f "$ROOT/pom.xml" package -DskipTests
	fi
}

# kept_startup_cache: prints where that of target/qlease is kept.
kept_startup_cache() {
	echo "$VM_CACHE/aot/qlease-$(sha256sum "$ROOT"/target/qlease/lib/*.jar | sha256sum | cut -c1-16)"
}

# lend_startup_cache DIR: makes DIR, with the cache in it if there is one.
lend_startup_cache() {
	local kept
	kept=$(kept_startup_cache)
	rm -rf "$1"
	mkdir -p "$1"
	if [ -d "$kept" ]; then
		cp "$kept"/* "$1/"
		touch "$kept"
	fi
}

# keep_startup_cache DIR: keeps what the guest has put there, if it had to make one.
keep_startup_cache() {
	local kept
	compgen -G "$1/*.aot" >/dev/null || return 0
	kept=$(kept_startup_cache)
	mkdir -p "$VM_CACHE/aot"
	rm -rf "$kept.new"
	mkdir "$kept.new"
	mv "$1"/*.aot "$kept.new/"
	rm -rf "$kept"
	mv "$kept.new" "$kept"
	prune "$VM_CACHE/aot" 4
}
