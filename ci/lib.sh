# shellcheck shell=bash
# Functions shared by the scripts in ci/: reporting, installing missing packages, finding a JDK 25, and a
# private apt configuration for Debian suites that the machine itself does not use.
# Sourced, never run.

set -euo pipefail
CI_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for the scripts that source this
ROOT=$(dirname "$CI_DIR")
CACHE=${QLEASE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/qlease}
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "$*" >&2; }
die() { say "${SCRIPT:-${0##*/}}: $*"; exit "${DIE_STATUS:-1}"; }

# step WHAT COMMAND...: runs COMMAND and reports in one line what was done and how long it took.
# Its output goes to a log that is shown only if it fails. COMMAND can be a function: it runs in a shell of its
# own, which ends at the first command that fails.
step() {
	local what=$1 start=$SECONDS log rc=0
	shift
	log=$(mktemp)
	"$@" >"$log" 2>&1 </dev/null &
	wait $! || rc=$?
	if [ "$rc" != 0 ]; then
		tail -n 60 "$log" >&2
		rm -f "$log"
		die "$what: failed with status $rc after $((SECONDS - start)) s: $*"
	fi
	rm -f "$log"
	say "$what: $((SECONDS - start)) s"
}

# need PACKAGE...: installs the Debian packages that are missing.
need() {
	local missing=() p
	for p in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
	done
	[ ${#missing[@]} = 0 ] && return
	[ "$(id -u)" = 0 ] || die "missing Debian packages: ${missing[*]}; install them or run this as root"
	apt_fresh
	apt_locked step "installing ${missing[*]}" \
		apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"
}

# apt_fresh: updates package lists that are older than a day.
apt_fresh() {
	[ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -1 -print -quit 2>/dev/null)" ] ||
		apt_locked step "updating the package lists" apt-get update
}

# apt_locked COMMAND...: runs COMMAND while no other script in ci/ changes this machine's packages or their lists.
# Services that an installation starts must not inherit the lock.
apt_locked() {
	mkdir -p "$CACHE"
	(
		flock 9
		"$@" 9>&-
	) 9>"$CACHE/apt.lock"
}

# build_if_stale: builds target/ if it is older than its sources. Concurrent scripts, such as the parts of ci/test, set
# QLEASE_BUILT: target/ was built for all of them and must not change.
build_if_stale() {
	need maven
	JAVA_HOME=$(jdk25)
	export JAVA_HOME
	[ -z "${QLEASE_BUILT:-}" ] || return 0
	if older_than target/qlease/lib/qlease.jar src/main src/generated pom.xml ||
		older_than target/test-classes src/test "$ROOT"/src/bench/*/java; then
		step "building qlease" mvn -q -B -ntp -f "$ROOT/pom.xml" package -DskipTests
	fi
}

# older_than TARGET SOURCE...: succeeds if a file below a SOURCE is newer than all files below TARGET.
older_than() {
	local newest
	newest=$(cd "$ROOT" && find "$1" -type f -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1 | cut -d' ' -f2-)
	[ -z "$newest" ] || [ -n "$(cd "$ROOT" && find "${@:2}" -newer "$newest" -type f -print -quit)" ]
}

# jdk25: prints the home of a JDK 25 (JAVA_HOME, PATH, /usr/lib/jvm); installs Debian's if there is one.
jdk25() {
	local home
	home=$(find_jdk25) && { echo "$home"; return; }
	apt_fresh
	if ! apt-cache show openjdk-25-jdk-headless >/dev/null 2>&1; then
		die "no JDK 25 in JAVA_HOME, PATH or /usr/lib/jvm, and Debian $(cat /etc/debian_version) has none:" \
			"install one and set JAVA_HOME"
	fi
	need openjdk-25-jdk-headless >&2
	find_jdk25
}

find_jdk25() {
	local home
	for home in "${JAVA_HOME:-}" "$(dirname "$(dirname "$(readlink -f "$(command -v javac || true)")")")" /usr/lib/jvm/*; do
		if [ -x "$home/bin/javac" ] && grep -qs '^JAVA_VERSION="25[."]' "$home/release"; then
			echo "$home"
			return
		fi
	done
	return 1
}

# debian_mirror: prints the address of the Debian archive that this machine's own apt configuration uses.
debian_mirror() {
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
		grep -v -- '-security' | sed -n '1p' | grep . || die "no Debian mirror in this machine's apt configuration"
}

# apt_for SUITE...: sets APT_CONFIG for the rest of the script to a private configuration, kept in the
# cache, in which apt sees SUITE... (main, for the architecture APT_ARCH or this machine's) of the machine's mirror.
apt_for() {
	local dir suite mirror lock
	need debian-archive-keyring
	[ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null)" ] || apt_fresh
	dir=$CACHE/apt/$(printf '%s-' "$@")${APT_ARCH:-}
	mirror=$(debian_mirror)
	mkdir -p "$dir"/{lists/partial,archives/partial,parts}
	# Several scripts may do this concurrently, and none of them may read a partly written file of another.
	exec {lock}>"$dir/lock"
	flock "$lock"
	touch "$dir/status"
	for suite in "$@"; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
	done >"$dir/sources.list.new"
	mv "$dir/sources.list.new" "$dir/sources.list"
	cat >"$dir/apt.conf.new" <<-CONF
		Dir::Etc::SourceList "$dir/sources.list";
		Dir::Etc::SourceParts "$dir/parts";
		Dir::State "$dir";
		Dir::State::Lists "$dir/lists";
		Dir::State::Status "$dir/status";
		Dir::Cache "$dir";
		APT::Sandbox::User "root";
	CONF
	[ -z "${APT_ARCH:-}" ] ||
		printf 'APT::Architecture "%s";\nAPT::Architectures { "%s"; };\n' "$APT_ARCH" "$APT_ARCH" >>"$dir/apt.conf.new"
	mv "$dir/apt.conf.new" "$dir/apt.conf"
	export APT_CONFIG=$dir/apt.conf
	[ -n "$(find "$dir/lists" -name '*_Packages*' -mmin -360 -print -quit)" ] ||
		step "reading the package lists of $*" apt-get update
	exec {lock}>&-
}

# deb_unpack PACKAGE[=VERSION|/SUITE] DIR: downloads a package with the configuration of apt_for and unpacks it.
deb_unpack() {
	local tmp
	tmp=$(mktemp -d)
	mkdir -p "$2"
	(cd "$tmp" && apt-get download "$1") >&2
	dpkg-deb -x "$tmp"/*.deb "$2"
	rm -rf "$tmp"
}
