# The guest's part of ci/vm/startup-cache.sh.
# Sourced, never run.
# shellcheck shell=bash

# use_startup_cache DIR: has the packaged command use a copy of the cache that was lent in DIR, or make one.
use_startup_cache() {
	STARTUP_CACHE_LENT=$1
	export QLEASE_AOT_CACHE=/tmp/qlease-cache
	mkdir -p "$QLEASE_AOT_CACHE"
	if compgen -G "$1/*.aot" >/dev/null; then
		cp "$1"/*.aot "$QLEASE_AOT_CACHE/"
		# It has to look newer than the jars.
		touch "$QLEASE_AOT_CACHE"/*.aot
	fi
}

# await_startup_cache: waits until there is one, made in the background by the first command.
await_startup_cache() {
	local try
	for ((try = 0; try < 600; try++)); do
		! compgen -G "$QLEASE_AOT_CACHE/*.aot" >/dev/null || return 0
		sleep 0.5
	done
	echo "qlease has made no start-up cache" >&2
	return 1
}

# give_startup_cache DIR: leaves it in DIR if it is a new one.
give_startup_cache() {
	if ! compgen -G "$STARTUP_CACHE_LENT/*.aot" >/dev/null; then
		await_startup_cache
		cp "$QLEASE_AOT_CACHE"/*.aot "$1/"
	fi
}
