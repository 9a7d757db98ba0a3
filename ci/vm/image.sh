# The guest's root file system: a tree of Debian packages made into an image.
# Sourced after lib.sh.
# shellcheck shell=bash

# guest_image: prints the folder in the cache with root.img and busybox.
guest_image() {
	local dir
	if [ "$DEB_ARCH" = amd64 ]; then
		dir=$VM_CACHE/image/$(key_of make_image debian_tree "$VM_DIR/packages.guest")
	else
		dir=$VM_CACHE/image/$DEB_ARCH-$(key_of make_image foreign_tree settle_foreign "$VM_DIR/packages.guest")
	fi
	if [ ! -d "$dir" ]; then
		prune "$VM_CACHE/image" 3
		need mmdebstrap mount e2fsprogs >&2
		step "making the guest's root file system" made "$dir" make_image >&2
	fi
	touch "$dir"
	echo "$dir"
}

make_image() {
	local dir=$1 tree=$1/tree
	if [ "$DEB_ARCH" = amd64 ]; then
		debian_tree "$tree" "$VM_DIR/packages.guest" trixie
	else
		foreign_tree "$tree" "$VM_DIR/packages.guest"
	fi
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

# foreign_tree DIR PACKAGES-FILE: as debian_tree, for the guest's architecture, whose programs this machine cannot run:
# the packages are unpacked and not configured.
foreign_tree() {
	local packages
	packages=$(grep -v '^#' "$2" | paste -sd,)
	mmdebstrap --mode=root --variant=extract --architectures="$DEB_ARCH" --skip=check/qemu \
		--include='?essential' --include="$packages" --aptopt='APT::Install-Recommends "false"' \
		trixie "$1" "deb $(debian_mirror) trixie main"
	rm -rf "$1"/usr/share/{man,doc,locale}
	settle_foreign "$1"
}

# settle_foreign TREE: does what the packages' own scripts would have done, as far as the guest needs it.
settle_foreign() {
	local program
	cp "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd"
	cp "$1/usr/share/base-passwd/group.master" "$1/etc/group"
	cp "$1/usr/share/libc-bin/nsswitch.conf" "$1/etc/nsswitch.conf"
	ln -sfn /run "$1/var/run"
	ln -sf mawk "$1/usr/bin/awk"
	ln -sf which.debianutils "$1/usr/bin/which"
	for program in "$1"/usr/lib/jvm/java-25-openjdk-*/bin/*; do
		ln -sf "${program#"$1"}" "$1/usr/bin/"
	done
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
