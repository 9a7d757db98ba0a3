# The guest's root file system: a tree of Debian packages made into an image.
# Sourced after lib.sh.
# shellcheck shell=bash

# guest_image: prints the folder in the cache with root.img and busybox.
guest_image() {
	local dir
	dir=$VM_CACHE/image/$(key_of make_image debian_tree "$VM_DIR/packages.guest")
	if [ ! -d "$dir" ]; then
		prune "$VM_CACHE/image" 2
		need mmdebstrap mount e2fsprogs >&2
		step "making the guest's root file system" made "$dir" make_image >&2
	fi
	touch "$dir"
	echo "$dir"
}

make_image() {
	local dir=$1 tree=$1/tree
	debian_tree "$tree" "$VM_DIR/packages.guest" trixie
	cp "$tree/usr/bin/busybox" "$dir/busybox"
	mkdir -p "$tree/qlease" "$tree/out" "$tree/usr/lib/modules"
	echo qlease >"$tree/etc/hostname"
	printf '127.0.0.1 localhost qlease\n::1 localhost qlease\n' >"$tree/etc/hosts"
	# systemd runs only where a test starts it, so podman must manage cgroups and events itself.
	mkdir -p "$tree/etc/containers"
	printf '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' >"$tree/etc/containers/containers.conf"
	mke2fs -q -t ext4 -O ^has_journal -d "$tree" "$dir/root.img" 6G
	rm -rf "$tree"
}

# debian_tree DIR PACKAGES-FILE SUITE...: makes a tree of Debian's essential packages and those listed in the file.
debian_tree() {
	local dir=$1 packages suite mirror sources=()
	packages=$(grep -v '^#' "$2" | paste -sd,)
	mirror=$(debian_mirror)
	shift 2
	for suite in "$@"; do sources+=("deb $mirror $suite main"); done
	# Java's installation requires the folder for manual pages, although none are installed.
	mmdebstrap --mode=root --variant=essential --include="$packages" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--essential-hook='mkdir -p "$1/usr/share/man/man1"' \
		trixie "$dir" "${sources[@]}"
}

# build_tree: prints the folder of the tree in which software for the guest is built.
build_tree() {
	local dir
	dir=$VM_CACHE/build/$(key_of make_build_tree debian_tree "$VM_DIR/packages.build")
	if [ ! -d "$dir" ]; then
		prune "$VM_CACHE/build" 1
		need mmdebstrap mount >&2
		step "making the tree to build in" made "$dir" make_build_tree >&2
	fi
	touch "$dir"
	echo "$dir"
}

# Its user-space headers are those of the newest kernel available.
make_build_tree() {
	debian_tree "$1" "$VM_DIR/packages.build" trixie
	mkdir -p "$1/qlease"
	apt_for trixie-backports
	deb_unpack linux-libc-dev "$1"
}
