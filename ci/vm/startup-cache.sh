# The start-up cache of the packaged command for the guest, which must be made on the guest's processor: it is kept from
# run to run while the jars and the emulator stay the same.
# Sourced after lib.sh.
# shellcheck shell=bash

# kept_startup_cache: prints where the cache of target/qlease is kept.
kept_startup_cache() {
	echo "$VM_CACHE/aot/qlease-$FLAVOUR-$(sha256sum "$ROOT"/target/qlease/lib/*.jar "$VM_DIR/qemu.sh" | sha256sum |
		cut -c1-16)"
}

# lend_startup_cache DIR: creates DIR, with a copy of the cache if there is one.
lend_startup_cache() {
	rm -rf "$1"
	mkdir -p "$1"
	aot_locked lend_kept "$1" "$(kept_startup_cache)"
}

lend_kept() {
	if [ -d "$2" ]; then
		cp "$2"/* "$1/"
		touch "$2"
	fi
}

# keep_startup_cache DIR: keeps the cache that the guest has put into DIR, if it had to make one.
keep_startup_cache() {
	compgen -G "$1/*.aot" >/dev/null || return 0
	aot_locked replace_kept "$1" "$(kept_startup_cache)"
}

replace_kept() {
	rm -rf "$2"
	mkdir "$2"
	mv "$1"/*.aot "$2/"
	prune "$VM_CACHE/aot" 8
}

# lend_libraries_cache NAME DIR: copies the AOT cache kept as NAME to DIR/libraries.aot, if there is one.
lend_libraries_cache() {
	aot_locked lend_libraries "$VM_CACHE/aot/$1" "$2/libraries.aot"
}

lend_libraries() {
	rm -f "$2"
	if [ -e "$1" ]; then
		touch "$1"
		ln "$1" "$2" 2>/dev/null || cp "$1" "$2"
	fi
}

# keep_libraries_cache NAME DIR: keeps the cache that the guest has put into DIR as NAME, if it had to make one.
keep_libraries_cache() {
	[ -e "$2/libraries.aot" ] || return 0
	aot_locked replace_libraries "$2/libraries.aot" "$VM_CACHE/aot/$1"
}

replace_libraries() {
	mv "$1" "$2.new"
	mv "$2.new" "$2"
	prune "$VM_CACHE/aot" 8
}

# aot_locked COMMAND...: runs COMMAND while no other script accesses the kept caches.
aot_locked() {
	mkdir -p "$VM_CACHE/aot"
	(
		flock 9
		"$@"
	) 9>"$VM_CACHE/aot.lock"
}
