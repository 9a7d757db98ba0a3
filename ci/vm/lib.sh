# What the scripts of ci/vm share: the cache and the making of what is in it.
# Sourced, never run.
# shellcheck shell=bash disable=SC2034 # those who source this use its variables

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

# Else a failure within $(...) would go unnoticed.
shopt -s inherit_errexit

VM_DIR=$CI_DIR/vm
VM_CACHE=$CACHE/vm
VM_SUITES=(trixie trixie-backports)

# usage: prints the comment at the head of the script as its help.
usage() {
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
}

# key_of FUNCTION... FILE...: prints a short name for what the FUNCTIONs do and the FILEs hold.
key_of() {
	local part
	for part in "$@"; do
		if [ -f "$part" ]; then cat "$part"; else declare -f "$part"; fi
	done | sha256sum | cut -c1-16
}

# made DIR MAKER ARGUMENT...: sees to it that DIR is there, as MAKER ARGUMENT... TMPDIR makes it: once, by one
# process at a time, and whole or not at all. The time of DIR tells when it was last used.
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

# prune DIR KEEP: removes what is in DIR beyond the KEEP entries last used, unless it was used within the last
# two hours and so may be in use.
prune() {
	local old
	[ -d "$1" ] || return 0
	find "$1" -mindepth 1 -maxdepth 1 ! -name '*.lock' ! -name '*.new' -printf '%T@ %p\n' | sort -rn |
		tail -n "+$(($2 + 1))" | cut -d' ' -f2- |
		while read -r old; do
			if [ -n "$(find "$old" -maxdepth 0 -mmin +120)" ]; then rm -rf --one-file-system "$old" "$old.lock"; fi
		done
}
