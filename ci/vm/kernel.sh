# Debian's kernels: which are available, which one is selected, and unpacking them into the cache.
# Sourced after lib.sh.
# shellcheck shell=bash

PREFERRED_KERNEL=7.3.4
OLDEST_DEFAULT_KERNEL=7.2

# The modules required for the root file system and the shares, in any order; their dependencies are added.
EARLY_MODULES=(virtio_blk ext4 9p 9pnet_virtio)

# kernel_apt [ARCHITECTURE]: sets APT_CONFIG to a configuration for Debian's kernels of that architecture, by default
# the machine's.
kernel_apt() {
	local APT_ARCH=${1:-$DEB_ARCH}
	if [ "$APT_ARCH" = amd64 ]; then APT_ARCH=''; fi
	apt_for "${VM_SUITES[@]}"
}

# served_kernels: prints a line RELEASE PACKAGE-VERSION WHERE for each available kernel of the machine's flavour, newest
# first. WHERE is
# "indexed" if all its packages are in the archive's index, otherwise "pool": some have left the index then, and are
# no longer covered by its signature, but can still be downloaded from the archive's pool.
served_kernels() {
	kernel_apt
	apt-cache dumpavail | awk -v flavour="$FLAVOUR" '
		BEGIN { name = "^linux-(image|modules|binary)-[0-9.]+[^-]*-" flavour "$" }
		/^Package:/ && $2 ~ name { package = $2 }
		/^Version:/ && package != "" { version[package] = $2 }
		/^$/ { package = "" }
		END {
			for (p in version) if (p ~ /^linux-image-/) {
				release = substr(p, length("linux-image-") + 1)
				split_up = ("linux-binary-" release) in version
				whole = !split_up || ("linux-modules-" release) in version
				print release, version[p], whole ? "indexed" : "pool"
			}
		}' | sort -rV
}

# kernel_release WANTED: prints the release name of the kernel selected by WANTED: a release name, a version
# like 7.2.12, a prefix like 7.2 (the newest that matches), or empty for the default.
kernel_release() {
	local wanted=$1 memo release
	release=$(cached_kernels | awk -v wanted="${wanted:-$PREFERRED_KERNEL}" '
		$1 == wanted || index($1, wanted "+") == 1 || index($1, wanted "-") == 1 { print $1; exit }')
	if [ -n "$release" ]; then
		echo "$release"
		return
	fi
	# The newest kernel is looked up once a week, and not at all if only the cache is reachable.
	memo=$VM_CACHE/newest/$FLAVOUR-${wanted:-default}
	if [ -n "$(find "$memo" -mtime -7 2>/dev/null)" ] && cached_kernels | grep -qxF "$(cat "$memo")"; then
		cat "$memo"
		return
	fi
	release=$(served_kernels | choose_kernel "$wanted")
	[ -n "$release" ] ||
		die "Debian has no kernel ${wanted:->= $OLDEST_DEFAULT_KERNEL} for $FLAVOUR; ci/vm/kernels lists all"
	mkdir -p "$(dirname "$memo")"
	echo "$release" >"$memo"
	echo "$release"
}

# served_series LEAST: prints each series of kernels, such as 7.2, of which one is available, from LEAST on, oldest first.
served_series() {
	served_kernels | grep -oE '^[0-9]+\.[0-9]+' | sort -uV | while read -r series; do
		! at_least "$1" "$series" || echo "$series"
	done
}

# at_least VERSION RELEASE: whether the kernel is of that version or newer.
at_least() {
	[ "$(printf '%s\n' "$1" "${2%%[-+]*}" | sort -V | head -n 1)" = "$1" ]
}

# require_kernel VERSION RELEASE WHAT: ends with a sentence if the kernel is older than WHAT requires.
require_kernel() {
	at_least "$1" "$2" ||
		DIE_STATUS=2 die "$3 requires Linux $1 or newer, not $2; ci/vm/kernels lists all"
}

# kernel_folder: prints the folder in the cache for kernels made by these functions, one subfolder per release.
kernel_folder() {
	echo "$VM_CACHE/kernel/$(key_of make_kernel unpack_vmlinux pack_early_modules kernel_packages)"
}

cached_kernels() {
	find "$(kernel_folder)" -maxdepth 1 -regex ".*/[^-/]*-$FLAVOUR" -printf '%f\n' 2>/dev/null || true
}

# choose_kernel WANTED: prints the release that WANTED selects from the output of served_kernels on its input.
choose_kernel() {
	awk -v wanted="$1" -v preferred="$PREFERRED_KERNEL" -v oldest="$OLDEST_DEFAULT_KERNEL" '
		function means(release, version) {
			return release == version || index(release, version "+") == 1 || index(release, version "-") == 1 ||
				index(release, version ".") == 1
		}
		function at_least(release, version,    r, v) {
			split(release, r, /[.+-]/)
			split(version, v, ".")
			return r[1] + 0 > v[1] + 0 || (r[1] == v[1] && r[2] + 0 >= v[2] + 0)
		}
		wanted != "" && !found && means($1, wanted) { found = $1 }
		wanted == "" && means($1, preferred) { found = $1 }
		wanted == "" && !newest && at_least($1, oldest) { newest = $1 }
		END { if (found || newest) print found ? found : newest }'
}

# kernel_dir RELEASE: prints the folder in the cache with this kernel's config, boot (the kernel in the form that QEMU
# starts), modules.img (a file system to mount on /usr/lib/modules) and early.cpio.
kernel_dir() {
	local dir
	dir=$(kernel_folder)/$1
	if [ ! -d "$dir" ]; then
		prune "$VM_CACHE/kernel" 2
		prune "$(kernel_folder)" 9
		need kmod cpio e2fsprogs xz-utils zstd >&2
		kernel_apt
		# shellcheck disable=SC2046
		indexed $(kernel_packages "$1") || true
		step "unpacking Linux $1" made "$dir" make_kernel "$1" >&2
	fi
	touch "$dir" "$(kernel_folder)"
	echo "$dir"
}

make_kernel() {
	local release=$1 dir=$2 tree=$2/tree modules package file
	modules=$tree/usr/lib/modules/$release
	for package in $(kernel_packages "$release"); do
		kernel_deb "$package" "$release" "$DEB_ARCH" "$tree"
	done
	# Debian's releases differ in where kmod looks for modules below a root: both paths lead there.
	if [ -d "$tree/lib" ]; then
		mkdir -p "$tree/usr/lib"
		mv "$tree/lib/modules" "$tree/usr/lib/"
		rmdir "$tree/lib"
	fi
	ln -s usr/lib "$tree/lib"
	for file in vmlinuz config; do
		mv "$modules/$file" "$dir/$file" || mv "$tree/boot/$file-$release" "$dir/$file"
	done
	if [ "$DEB_ARCH" = amd64 ]; then
		unpack_vmlinux "$dir/vmlinuz" "$dir/boot"
	else
		# An arm64 kernel is not packed.
		mv "$dir/vmlinuz" "$dir/boot"
	fi
	depmod -b "$tree" "$release"
	pack_early_modules "$tree" "$release" "$dir"
	mke2fs -q -t ext4 -O ^has_journal -d "$tree/usr/lib/modules" "$dir/modules.img" 512M
	rm -rf "$tree"
}

# unpack_vmlinux VMLINUZ FILE: unpacks the kernel in VMLINUZ to FILE, which QEMU can start directly
# (PVH), or copies VMLINUZ if it is not packed as expected. An emulated machine takes seconds to unpack it.
# The offsets and lengths are those of Documentation/arch/x86/boot.rst.
unpack_vmlinux() {
	local setup_sectors offset length
	setup_sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
	offset=$(od -An -tu4 -j $((0x248)) -N 4 "$1")
	length=$(od -An -tu4 -j $((0x24c)) -N 4 "$1")
	# The last four bytes are the unpacked length.
	tail -c +$(((setup_sectors + 1) * 512 + offset + 1)) "$1" | head -c $((length - 4)) >"$2.packed" || true
	if ! zstd -dcq "$2.packed" >"$2" && ! xz -dcq "$2.packed" >"$2"; then mv "$1" "$2"; fi
	rm -f "$1" "$2.packed"
}

# pack_early_modules TREE RELEASE DIR: makes DIR/early.cpio of EARLY_MODULES and their dependencies, with a list of
# names in loading order. They are decompressed here since the emulated machine is slow at it.
pack_early_modules() {
	local early=$3/early module
	mkdir -p "$early/modules"
	for module in "${EARLY_MODULES[@]}"; do
		modprobe -d "$1" -S "$2" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$3/early-modules"
	while read -r module; do
		xz -dc "$module" >"$early/modules/$(basename "$module" .xz)"
		basename "$module" .xz >>"$early/modules/order"
	done <"$3/early-modules"
	(cd "$early" && find . -mindepth 1 | cpio -o -H newc --quiet) >"$3/early.cpio"
	rm -rf "$early" "$3/early-modules"
}

# kernel_packages RELEASE: prints the packages with the kernel. Newer kernels are split into several.
kernel_packages() {
	local dependencies
	dependencies=$(apt-cache show "linux-image-$1" | sed -n 's/^Depends: //p')
	if [[ $dependencies == *linux-binary-$1* ]]; then
		echo "linux-base-$1 linux-binary-$1 linux-modules-$1"
	else
		echo "linux-image-$1"
	fi
}

# indexed PACKAGE...: succeeds if the archive's index still has the packages; prints a message for each missing one.
indexed() {
	local package all=0
	for package in "$@"; do
		if [ -z "$(apt-cache madison "$package")" ]; then
			say "$package has left the archive's index: it is taken from the pool, where no signature covers it"
			all=1
		fi
	done
	return "$all"
}

# kernel_deb PACKAGE RELEASE ARCHITECTURE DIR: unpacks a package of that kernel into DIR. A package that has left the
# archive's index while its kernel is still listed is taken from the pool, by the version that the kernel names.
kernel_deb() {
	local package=$1 release=$2 architecture=$3 dir=$4 tmp version
	[ "$architecture" = all ] || kernel_apt "$architecture"
	if indexed "$package"; then
		deb_unpack "$package" "$dir"
		return
	fi
	kernel_apt
	version=$(apt-cache show "linux-image-$release" | sed -n 's/^Version: //p' | sed -n 1p)
	tmp=$(mktemp -d)
	/usr/lib/apt/apt-helper download-file \
		"$(debian_mirror)pool/main/l/linux/${package}_${version}_$architecture.deb" "$tmp/package.deb"
	mkdir -p "$dir"
	dpkg-deb -x "$tmp/package.deb" "$dir"
	rm -rf "$tmp"
}

# kernel_headers RELEASE TREE: unpacks the headers to build modules for that kernel into TREE, and sets and exports
# RELEASE, KDIR, the folder in TREE to build against, and CROSS_COMPILE, the prefix of the compiler's programs.
kernel_headers() {
	local stamp=$2/usr/src/.unpacked-$1
	export RELEASE=$1 KDIR=/usr/src/linux-headers-$1 CROSS_COMPILE
	[ ! -e "$stamp" ] || return 0
	(
		flock 9
		[ ! -e "$stamp" ] || exit 0
		step "unpacking the headers of Linux $1" unpack_headers "$1" "$2" >&2
		touch "$stamp"
	) 9>"$2.headers.lock"
}

unpack_headers() {
	local package architecture
	for package in $(header_packages "$1"); do
		case $package in
		*-common) architecture=all ;;
		# Its programs run on the machine that builds.
		linux-kbuild-*) architecture=amd64 ;;
		*) architecture=$DEB_ARCH ;;
		esac
		kernel_deb "$package" "$1" "$architecture" "$2"
	done
}

header_packages() {
	local version=${1%-"$FLAVOUR"}
	echo "linux-headers-$1 linux-headers-$version-common linux-kbuild-$version"
}
