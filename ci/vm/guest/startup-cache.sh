# The guest's part of ci/vm/startup-cache.sh.
# Sourced, never run.
# shellcheck shell=bash

# use_startup_cache DIR: lets the packaged command use a copy of the cache in DIR, or make one.
use_startup_cache() {
	STARTUP_CACHE_LENT=$1
	export QLEASE_AOT_CACHE=/tmp/qlease-cache
	mkdir -p "$QLEASE_AOT_CACHE"
	if compgen -G "$1/*.aot" >/dev/null; then
		cp "$1"/*.aot "$QLEASE_AOT_CACHE/"
		# It must be newer than the jars.
		touch "$QLEASE_AOT_CACHE"/*.aot
	fi
}

# await_startup_cache: waits for the cache that the first command makes in the background.
await_startup_cache() {
	local try
	for ((try = 0; try < 600; try++)); do
		! compgen -G "$QLEASE_AOT_CACHE/*.aot" >/dev/null || return 0
		sleep 0.5
	done
	echo "qlease has made no start-up cache" >&2
	return 1
}

# give_startup_cache DIR: copies the cache to DIR if it is new.
give_startup_cache() {
	if ! compgen -G "$STARTUP_CACHE_LENT/*.aot" >/dev/null; then
		await_startup_cache
		cp "$QLEASE_AOT_CACHE"/*.aot "$1/"
	fi
}
