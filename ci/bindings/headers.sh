# Gets headers for the bindings' scripts, independent of what is installed on the machine.
# Sourced after lib.sh, never run.
# shellcheck shell=bash

BINDINGS_CACHE=$CACHE/bindings

# headers_of PACKAGE: prints a directory, named PACKAGE_VERSION, with the unpacked newest version of the Debian package
# in the configuration of apt_for.
headers_of() {
	local version dir tmp
	version=$(apt-cache show "$1" | sed -n 's/^Version: //p' | sort -V | tail -n 1)
	[ -n "$version" ] || die "the Debian mirror has no $1"
	dir=$BINDINGS_CACHE/$1_$version
	if [ ! -d "$dir" ]; then
		mkdir -p "$BINDINGS_CACHE"
		tmp=$(mktemp -d "$BINDINGS_CACHE/unpacking.XXXXXX")
		chmod 755 "$tmp"
		step "fetching $1 $version" deb_unpack "$1=$version" "$tmp"
		rm -rf "${BINDINGS_CACHE:?}/$1"_*
		mv -T "$tmp" "$dir"
	fi
	echo "$dir"
}
