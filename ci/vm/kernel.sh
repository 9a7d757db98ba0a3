# Debian's kernels: which are served, which one is meant, and their unpacking into the cache.
# Sourced after lib.sh.
# shellcheck shell=bash

PREFERRED_KERNEL=7.3.4
OLDEST_DEFAULT_KERNEL=7.2

# The modules that lead to the root file system and to the shares, in no order; those they need come along.
EARLY_MODULES=(virtio_blk ext4 9p 9pnet_virtio)

# served_kernels: prints a line RELEASE PACKAGE-VERSION WHERE for each kernel served, newest first. WHERE is
# "indexed" where all its packages are in the archive's index, else "pool": then some have left the index, and
# with it the reach of its signature, but can still be had from the archive's pool.
served_kernels() {
	apt_for "${VM_SUITES[@]}"
	apt-cache dumpavail | awk '
		/^Package: linux-(image|modules|binary)-[0-9.]+[^-]*-amd64$/ { package = $2 }
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

# kernel_release WANTED: prints the release name of the kernel meant by WANTED, which is such a name, a version
# like 7.2.12, the beginning of one like 7.2 (the newest of those), or empty for the default.
kernel_release() {
	local wanted=$1 memo release
	release=$(cached_kernels | awk -v wanted="${wanted:-$PREFERRED_KERNEL}" '
		$1 == wanted || index($1, wanted "+") == 1 || index($1, wanted "-") == 1 { print $1; exit }')
	if [ -n "$release" ]; then
		echo "$release"
		return
	fi
	# What "the newest" means is looked up once a week, and not at all where nothing but the cache can be had.
	memo=$VM_CACHE/newest/${wanted:-default}
	if [ -n "$(find "$memo" -mtime -7 2>/dev/null)" ] && cached_kernels | grep -qxF "$(cat "$memo")"; then
		cat "$memo"
		return
	fi
	release=$(served_kernels | choose_kernel "$wanted")
	[ -n "$release" ] || die "Debian serves no kernel ${wanted:->= $OLDEST_DEFAULT_KERNEL}; ci/vm/kernels lists those it does"
	mkdir -p "$(dirname "$memo")"
	echo "$release" >"$memo"
	echo "$release"
}

# kernel_folder: prints the folder in the cache whose folders, one for each release, hold kernels made this way.
kernel_folder() {
	echo "$VM_CACHE/kernel/$(key_of make_kernel unpack_vmlinux pack_early_modules kernel_packages)"
}

cached_kernels() {
	find "$(kernel_folder)" -maxdepth 1 -name '*-amd64' -printf '%f\n' 2>/dev/null || true
}

# choose_kernel WANTED: prints the release that WANTED means out of the list of served_kernels on its input.
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

# kernel_dir RELEASE: prints the folder in the cache that has this kernel's config, boot (the kernel as QEMU is to
# start it), modules.img (a file system to be mounted on /usr/lib/modules) and early.cpio.
kernel_dir() {
	local dir
	dir=$(kernel_folder)/$1
	if [ ! -d "$dir" ]; then
		prune "$VM_CACHE/kernel" 2
		prune "$(kernel_folder)" 7
		need kmod cpio e2fsprogs xz-utils zstd >&2
		apt_for "${VM_SUITES[@]}"
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
		kernel_deb "$package" "$release" amd64 "$tree"
	done
	# Where kmod looks for modules below a root differs between Debian's releases: both ways lead there.
	if [ -d "$tree/lib" ]; then
		mkdir -p "$tree/usr/lib"
		mv "$tree/lib/modules" "$tree/usr/lib/"
		rmdir "$tree/lib"
	fi
	ln -s usr/lib "$tree/lib"
	for file in vmlinuz config; do
		mv "$modules/$file" "$dir/$file" || mv "$tree/boot/$file-$release" "$dir/$file"
	done
	unpack_vmlinux "$dir/vmlinuz" "$dir/boot"
	depmod -b "$tree" "$release"
	pack_early_modules "$tree" "$release" "$dir"
	mke2fs -q -t ext4 -O ^has_journal -d "$tree/usr/lib/modules" "$dir/modules.img" 512M
	rm -rf "$tree"
}

# unpack_vmlinux VMLINUZ FILE: makes FILE the kernel that VMLINUZ unpacks itself to, which QEMU can start as it is
# (PVH), or VMLINUZ itself where it is not packed as expected. An emulated machine takes seconds to unpack it.
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

# pack_early_modules TREE RELEASE DIR: makes DIR/early.cpio of EARLY_MODULES and of those they need, with their
# names in the order of loading. They are unpacked here since the emulated machine is slow at it.
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

# kernel_packages RELEASE: prints the packages that hold it. Newer kernels come split.
kernel_packages() {
	local dependencies
	dependencies=$(apt-cache show "linux-image-$1" | sed -n 's/^Depends: //p')
	if [[ $dependencies == *linux-binary-$1* ]]; then
		echo "linux-base-$1 linux-binary-$1 linux-modules-$1"
	else
		echo "linux-image-$1"
	fi
}

# indexed PACKAGE...: whether the archive's index still has the packages, for each that lacks with a word of it.
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

# kernel_deb PACKAGE RELEASE ARCHITECTURE DIR: unpacks a package of that kernel into DIR. One that has left the
# archive's index while its kernel is still listed is taken from the pool, by the version that the kernel names.
kernel_deb() {
	local package=$1 release=$2 architecture=$3 dir=$4 tmp version
	if indexed "$package"; then
		deb_unpack "$package" "$dir"
		return
	fi
	version=$(apt-cache show "linux-image-$release" | sed -n 's/^Version: //p' | sed -n 1p)
	tmp=$(mktemp -d)
	/usr/lib/apt/apt-helper download-file \
		"$(debian_mirror)pool/main/l/linux/${package}_${version}_$architecture.deb" "$tmp/package.deb"
	mkdir -p "$dir"
	dpkg-deb -x "$tmp/package.deb" "$dir"
	rm -rf "$tmp"
}

# kernel_headers RELEASE TREE: unpacks into TREE what modules for that kernel are built with, and sets and exports
# RELEASE and KDIR, the folder in TREE to build against.
kernel_headers() {
	local stamp=$2/usr/src/.unpacked-$1
	export RELEASE=$1 KDIR=/usr/src/linux-headers-$1
	[ ! -e "$stamp" ] || return 0
	apt_for "${VM_SUITES[@]}"
	# shellcheck disable=SC2046
	indexed $(header_packages "$1") || true
	step "unpacking the headers of Linux $1" unpack_headers "$1" "$2" >&2
	touch "$stamp"
}

unpack_headers() {
	local package architecture
	for package in $(header_packages "$1"); do
		architecture=amd64
		if [[ $package == *-common ]]; then architecture=all; fi
		kernel_deb "$package" "$1" "$architecture" "$2"
	done
}

header_packages() {
	echo "linux-headers-$1 linux-headers-${1%-amd64}-common linux-kbuild-${1%-amd64}"
}
