# Functions shared by the scripts in ci/vm: the cache and making its contents.
# Sourced, never run.
# shellcheck shell=bash disable=SC2034 # the variables are used by scripts that source this

# shellcheck source=ci/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# Otherwise a failure within $(...) would go unnoticed.
shopt -s inherit_errexit

VM_DIR=$CI_DIR/vm
VM_CACHE=$CACHE/vm
VM_SUITES=(trixie trixie-backports)

# shellcheck source=ci/vm/arch.sh
. "$VM_DIR/arch.sh"

# usage: prints the comment at the top of the script as its help.
usage() {
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
}

# key_of FUNCTION... FILE...: prints a hash of the definitions of the FUNCTIONs and the contents of the FILEs.
key_of() {
	local part
	for part in "$@"; do
		if [ -f "$part" ]; then cat "$part"; else declare -f "$part"; fi
	done | sha256sum | cut -c1-16
}

# made DIR MAKER ARGUMENT...: ensures that DIR exists, made by MAKER ARGUMENT... TMPDIR: once, by one
# process at a time, and completely or not at all. The modification time of DIR is that of its last use.
made() {
	local dir=$1
	shift
	if [ -d "$dir" ]; then
		touch "$dir"
		return
	fi
	mkdir -p "$(dirname "$dir")"
	exec {made_lock}>"$dir.lock"
	flock "$made_lock"
	if [ ! -d "$dir" ]; then
		rm -rf "$dir.new"
		mkdir "$dir.new"
		"$@" "$dir.new"
		mv "$dir.new" "$dir"
	fi
	exec {made_lock}>&-
}

# prune DIR KEEP: removes all but the KEEP most recently used entries of DIR, except those used within the last
# two hours, which may be in use.
prune() {
	local old
	[ -d "$1" ] || return 0
	find "$1" -mindepth 1 -maxdepth 1 ! -name '*.lock' ! -name '*.new' -printf '%T@ %p\n' | sort -rn |
		tail -n "+$(($2 + 1))" | cut -d' ' -f2- |
		while read -r old; do
			if [ -n "$(find "$old" -maxdepth 0 -mmin +120)" ]; then rm -rf --one-file-system "$old" "$old.lock"; fi
		done
}
