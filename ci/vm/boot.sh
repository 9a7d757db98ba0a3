# Starts the virtual machine, under KVM where a guest really boots under it, and looks after its end.
# Sourced after lib.sh.
# shellcheck shell=bash

# Warnings, and notices, reach the console. Mitigations only make an emulated processor slower.
KERNEL_PARAMETERS='console=ttyS0 panic=-1 loglevel=6 mitigations=off'

# accelerator KERNEL IMAGE: prints the QEMU options for the processor. /dev/kvm can be there and open, and its guests hang:
# only a kernel that reached its first program is a proof, asked for once in each boot of this machine.
accelerator() {
	local memo
	memo=$VM_CACHE/kvm/$(cat /proc/sys/kernel/random/boot_id)
	if [ ! -e "$memo" ]; then
		rm -rf "$VM_CACHE/kvm"
		mkdir -p "$VM_CACHE/kvm"
		if kvm_boots "$1" "$2"; then echo kvm; else echo tcg; fi >"$memo"
	fi
	if [ "$(cat "$memo")" = kvm ]; then
		echo "-accel kvm -cpu host"
	else
		# With a thread for each processor one boot in forty panics early, and a busy machine takes twice as long.
		echo "-accel tcg,thread=single -cpu max"
	fi
}

# kvm_boots KERNEL IMAGE: whether a guest reaches its first program under KVM, within seconds.
kvm_boots() {
	local dir rc=1
	[ -c /dev/kvm ] && { : <>/dev/kvm; } 2>/dev/null || return 1
	dir=$(mktemp -d)
	mkdir "$dir/root"
	printf '#!/bin/sh\n/bin/busybox echo qlease-probe-booted >/dev/ttyS0\n/bin/busybox poweroff -f\n' >"$dir/root/init"
	mkdir "$dir/root/bin" "$dir/root/dev"
	cp "$2/busybox" "$dir/root/bin/busybox"
	ln -s busybox "$dir/root/bin/sh"
	chmod +x "$dir/root/init"
	(cd "$dir/root" && find . -mindepth 1 | cpio -o -H newc --quiet) >"$dir/initrd"
	# In a shell of its own, which keeps quiet about the signal that ends a QEMU that cannot even start.
	(timeout -k 1 8 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -machine q35 \
		-accel kvm -cpu host -m 512 -kernel "$1/boot" -initrd "$dir/initrd" \
		-append "console=ttyS0 quiet panic=-1" -serial "file:$dir/console" </dev/null || true) >/dev/null 2>&1
	if grep -qs qlease-probe-booted "$dir/console"; then rc=0; fi
	rm -rf "$dir"
	return "$rc"
}

# make_initrd KERNEL IMAGE SETTINGS-DIR FILE: puts together what the kernel unpacks at its start. Nothing of it is
# compressed, since the emulated machine is slow at that.
make_initrd() {
	local tmp=$4.d
	mkdir -p "$tmp/bin" "$tmp/vm"
	cp "$VM_DIR/guest/initramfs" "$tmp/init"
	cp "$2/busybox" "$tmp/bin/busybox"
	cp "$VM_DIR/guest/init" "$3"/* "$tmp/vm/"
	{
		(cd "$tmp" && find . -mindepth 1 | cpio -o -H newc --quiet)
		cat "$1/early.cpio"
	} >"$4"
	rm -rf "$tmp"
}

# prepare_machine WANTED: sees to QEMU, kernel and image; sets RELEASE, KERNEL, IMAGE.
prepare_machine() {
	[ "$(uname -m)" = x86_64 ] || die "the machine is for x86_64 only, not $(uname -m)"
	need qemu-system-x86 cpio
	RELEASE=$(kernel_release "$1")
	KERNEL=$(kernel_dir "$RELEASE")
	say "Linux $RELEASE"
	IMAGE=$(guest_image)
	ACCELERATOR=$(accelerator "$KERNEL" "$IMAGE")
}

# make_run_dir: sets RUN to a folder of this run, which is gone with the script, and so is its QEMU.
make_run_dir() {
	mkdir -p "$VM_CACHE/run"
	# A run that was killed outright could not tidy up.
	for RUN in "$VM_CACHE"/run/*.*; do
		if [ -d "$RUN" ] && [ ! -d "/proc/$(basename "${RUN%.*}")" ]; then rm -rf "$RUN"; fi
	done
	RUN=$(mktemp -d "$VM_CACHE/run/$$.XXXXXX")
	mkdir "$RUN/vm"
	trap 'end_run' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

end_run() {
	local pid
	for pid in "${QEMU_PID:-}" "${READERS[@]:-}"; do
		if [ -n "$pid" ]; then
			kill "$pid" 2>/dev/null || true
			wait "$pid" 2>/dev/null || true
		fi
	done
	rm -rf "$RUN"
}

# boot_for_command MEMORY CPUS TIMEOUT OUT-DIR: boots the machine for $RUN/vm/command and waits for its end.
# Leaves $RUN/console, the kernel's log; $RUN/status, what guest/init had to say; QEMU_STATUS and $RUN/qemu.
boot_for_command() {
	local memory=$1 cpus=$2 timeout=$3 out=$4 shares
	share_of shares qlease "$ROOT" readonly=on
	echo "SHARE_CACHE=loose OUT_SHARED=${out:+1}" >"$RUN/vm/settings"
	if [ -n "$out" ]; then
		mkdir -p "$out"
		share_of shares out "$(realpath "$out")" readonly=off
	fi
	make_initrd "$KERNEL" "$IMAGE" "$RUN/vm" "$RUN/initrd"
	rm -f "$RUN"/{stdout,stderr,status,console}
	mkfifo "$RUN/stdout" "$RUN/stderr"
	cat "$RUN/stdout" &
	READERS=($!)
	cat "$RUN/stderr" >&2 &
	READERS+=($!)
	# If this script is killed, timeout ends and takes QEMU with it.
	# shellcheck disable=SC2086
	setpriv --pdeathsig TERM timeout -k 5 "$timeout" setpriv --pdeathsig KILL qemu-system-x86_64 \
		-nodefaults -no-user-config -display none -no-reboot -machine q35 $ACCELERATOR -m "$memory" -smp "$cpus" \
		-kernel "$KERNEL/boot" -initrd "$RUN/initrd" -append "$KERNEL_PARAMETERS" \
		-drive "file=$IMAGE/root.img,if=virtio,format=raw,snapshot=on" \
		-drive "file=$KERNEL/modules.img,if=virtio,format=raw,readonly=on" \
		-serial "file:$RUN/console" -device virtio-serial-pci \
		-chardev "file,id=out,path=$RUN/stdout" -device virtserialport,nr=1,chardev=out \
		-chardev "file,id=err,path=$RUN/stderr" -device virtserialport,nr=2,chardev=err \
		-chardev "file,id=status,path=$RUN/status" -device virtserialport,nr=3,chardev=status \
		"${shares[@]}" </dev/null >"$RUN/qemu" 2>&1 &
	QEMU_PID=$!
	QEMU_STATUS=0
	wait "$QEMU_PID" || QEMU_STATUS=$?
	QEMU_PID=
	# A reader is still waiting for a writer where QEMU ended before it opened the pipe.
	if [ ! -e "$RUN/console" ]; then kill "${READERS[@]}" 2>/dev/null || true; fi
	wait "${READERS[@]}" || true
	READERS=()
}

# share_of ARRAY TAG DIR OPTION: adds to ARRAY the QEMU options that share DIR with the guest over 9p.
share_of() {
	local -n options=$1
	options+=(-virtfs "local,path=${3//,/,,},security_model=none,mount_tag=$2,multidevs=remap,$4")
}

# said WORD: prints what guest/init said under that word.
said() {
	[ ! -e "$RUN/status" ] || sed -n "s/^$1 //p" "$RUN/status"
}

panicked_early() {
	[ -z "$(said up)" ] && grep -qs 'Kernel panic' "$RUN/console"
}

# verdict TIMEOUT COMMAND: says what went wrong, if something did, and exits with the status for it.
verdict() {
	local status bad missing
	status=$(said exit)
	if [ "$QEMU_STATUS" = 124 ] || [ "$QEMU_STATUS" = 137 ]; then
		fault 124 "the machine was ended after $1 s, before \"$2\" was done"
	elif [ -n "$status" ]; then
		bad=$(unexpected_warnings)
		missing=$(missing_warnings)
		if [ -n "$bad" ]; then
			fault 123 "\"$2\" ended with status $status, but the kernel's log has: $(sed -n 1p <<<"$bad")"
		elif [ -n "$missing" ]; then
			fault 123 "\"$2\" ended with status $status, but the kernel's log lacks what it expects: $missing"
		fi
		exit "$status"
	elif [ -n "$(said up)" ]; then
		fault 122 "the machine died under \"$2\": $(last_words)"
	elif [ -s "$RUN/console" ]; then
		fault 121 "Linux $RELEASE did not come up: $(last_words)"
	else
		fault 120 "QEMU did not start: $(tail -n 1 "$RUN/qemu")"
	fi
}

# fault STATUS SENTENCE: keeps the console's log, one of the last twenty, and exits.
fault() {
	local log
	log=$VM_CACHE/log/$(date +%Y%m%d-%H%M%S)-$$
	mkdir -p "$VM_CACHE/log"
	cat "$RUN/console" >"$log" 2>/dev/null || : >"$log"
	find "$VM_CACHE/log" -type f -printf '%T@ %p\n' | sort -rn | tail -n +21 | cut -d' ' -f2- | xargs -r rm -f
	DIE_STATUS=$1 die "$2 (the console's log: $log)"
}

# The kernel's words for its own trouble. Lines, not whole reports: each kind begins with one of these.
KERNEL_TROUBLE='WARNING: |BUG: |kernel BUG at|Oops: |general protection fault|Kernel panic|unregister_netdevice: waiting'
KERNEL_TROUBLE+='|INFO: task .* blocked for more than|rcu: INFO: .*(stall|starved)|detected stall|possible .*lock'
KERNEL_TROUBLE+='|UBSAN: |refcount_t: |stalled pool shutdown|Bad page state|scheduling while atomic|DMA-API: '

unexpected_warnings() {
	said expect >"$RUN/expected"
	grep -E "$KERNEL_TROUBLE" "$RUN/console" | grep -vE -f "$RUN/expected" || true
}

missing_warnings() {
	local pattern
	said expect | while read -r pattern; do
		grep -qE -e "$pattern" "$RUN/console" || echo "$pattern"
	done
}

# last_words: prints the line of the console's log that tells best why the machine ended.
last_words() {
	{ grep -E "$KERNEL_TROUBLE|qlease: " "$RUN/console" || tail -n 1 "$RUN/console"; } | tr -d '\r' | sed -n 1p
}
