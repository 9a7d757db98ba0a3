# QEMU itself. Debian 12's needs a quarter more processor time to emulate the same, so where Debian offers no newer one,
# Debian 13's is used, unpacked into the cache and not installed.
# Sourced after lib.sh.
# shellcheck shell=bash disable=SC2034 # the variable is used by scripts that source this

# prepare_qemu: installs or unpacks QEMU, and sets QEMU to the program for the guest's architecture.
prepare_qemu() {
	local candidate dir
	apt_fresh
	candidate=$(apt-cache policy "$QEMU_PACKAGE" | sed -n 's/^ *Candidate: //p')
	if [[ $candidate == *[0-9]* ]] && dpkg --compare-versions "$candidate" ge 1:10; then
		need "$QEMU_PACKAGE"
		QEMU=$QEMU_PROGRAM
		return
	fi
	dir=$VM_CACHE/qemu/$QEMU_PACKAGE-$(key_of make_qemu)
	if [ ! -d "$dir" ]; then
		need mmdebstrap
		step "unpacking QEMU of Debian 13" made "$dir" make_qemu
	fi
	QEMU=$dir/qemu
}

# make_qemu DIR: unpacks QEMU and what it depends on to DIR/tree, and makes DIR/qemu, which executes it.
make_qemu() {
	mmdebstrap --mode=root --variant=extract --include="$QEMU_PACKAGE" --aptopt='APT::Install-Recommends "false"' \
		trixie "$1/tree" "deb $(debian_mirror) trixie main"
	rm -rf "$1"/tree/usr/share/{man,doc,locale}
	cat >"$1/qemu" <<-EOT
		#!/bin/sh
		# Its libraries need the C library of the same Debian, and its firmware is elsewhere than where it was built for.
		usr=\${0%/*}/tree/usr
		exec "\$usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path "\$usr/lib/x86_64-linux-gnu" \\
			"\$usr/bin/$QEMU_PROGRAM" -L "\$usr/share/qemu" -L "\$usr/share/seabios" "\$@"
	EOT
	chmod +x "$1/qemu"
	"$1/qemu" --version
}
