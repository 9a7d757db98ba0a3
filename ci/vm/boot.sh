# Starts the virtual machine, under KVM if a guest boots under it, and waits for its end.
# Sourced after lib.sh.
# shellcheck shell=bash disable=SC2034 # the variables are used by scripts that source this

# shellcheck source=ci/vm/qemu.sh
. "$VM_DIR/qemu.sh"

# Warnings and notices reach the console. Mitigations only make an emulated processor slower.
# The guest may cache the shared checkout, since it does not change during a run.
SHARE_CACHE=loose READERS=()
KERNEL_PARAMETERS='panic=-1 loglevel=6 mitigations=off'

# accelerator KERNEL IMAGE: prints the QEMU options for the processor. A guest can hang although /dev/kvm exists and
# opens: only a kernel that reaches its first program proves that KVM works, which is tested once per boot of this
# machine.
accelerator() {
	local memo
	if [ "$ARCH" != "$(uname -m)" ]; then
		# QEMU's own algorithm for pointer authentication takes less time than the architecture's.
		echo "-accel tcg,thread=single -cpu max,pauth-impdef=on"
		return
	fi
	memo=$VM_CACHE/accelerator/$(cat /proc/sys/kernel/random/boot_id)
	prune "$VM_CACHE/accelerator" 1
	made "$memo" choose_accelerator "$1" "$2"
	if [ "$(cat "$memo/name")" = kvm ]; then
		echo "-accel kvm -cpu host"
	else
		# With a thread per processor, early panics are more frequent, and a busy machine takes twice as long.
		echo "-accel tcg,thread=single -cpu max"
	fi
}

# choose_accelerator KERNEL IMAGE DIR: writes to DIR/name which one is used.
choose_accelerator() {
	if kvm_boots "$1" "$2"; then echo kvm; else echo tcg; fi >"$3/name"
}

# kvm_boots KERNEL IMAGE: succeeds if a guest reaches its first program under KVM within seconds.
kvm_boots() {
	local dir rc=1
	[ -c /dev/kvm ] && { : <>/dev/kvm; } 2>/dev/null || return 1
	dir=$(mktemp -d)
	mkdir "$dir/tree"
	printf '#!/bin/sh\n/bin/busybox echo qlease-probe-booted\n/bin/busybox poweroff -f\n' >"$dir/tree/init"
	mkdir "$dir/tree/bin" "$dir/tree/dev"
	cp "$2/busybox" "$dir/tree/bin/busybox"
	ln -s busybox "$dir/tree/bin/sh"
	chmod +x "$dir/tree/init"
	(cd "$dir/tree" && find . -mindepth 1 | cpio -o -H newc --quiet) >"$dir/initrd"
	# In a shell of its own, so that the signal that ends a QEMU that cannot start is not reported.
	(timeout -k 1 8 "$QEMU" -nodefaults -no-user-config -display none -no-reboot -machine q35 \
		-accel kvm -cpu host -m 512 -kernel "$1/boot" -initrd "$dir/initrd" \
		-append "console=ttyS0 quiet panic=-1" -serial "file:$dir/console" </dev/null || true) >/dev/null 2>&1
	if grep -qs qlease-probe-booted "$dir/console"; then rc=0; fi
	rm -rf "$dir"
	return "$rc"
}

# make_initrd KERNEL IMAGE SETTINGS-DIR FILE: assembles the initramfs. It is not compressed, since the emulated machine
# is slow at unpacking.
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

# parse_options ARGUMENT...: sets the variables for the options of ci/vm/run, and COMMAND to what follows --.
parse_options() {
	MEMORY=4096 CPUS=2 TIMEOUT=900 OUT='' ICOUNT='' SETTINGS=() EXPECTED=() COMMAND=()
	local number
	while [ $# -gt 0 ]; do
		case $1 in
		-h | --help) usage; exit 0 ;;
		--) shift; COMMAND=("$@"); break ;;
		--kernel | --arch | --pages)
			machine_option "$1" "${2:-}"
			shift 2 ;;
		--memory | --cpus | --timeout | --env | --out | --expect-kernel-warning)
			[ $# -gt 1 ] || wrong "$1 needs a value"
			case $1 in
			--memory) MEMORY=$2 ;;
			--cpus) CPUS=$2 ;;
			--timeout) TIMEOUT=$2 ;;
			--env) [[ $2 =~ ^[A-Za-z_][A-Za-z_0-9]*= ]] || wrong "--env wants NAME=VALUE, not $2"
				SETTINGS+=("$2") ;;
			--out) OUT=$2 ;;
			--expect-kernel-warning) EXPECTED+=("$2") ;;
			esac
			shift 2 ;;
		--icount) ICOUNT=1; shift ;;
		*) wrong "unknown option $1" ;;
		esac
	done
	for number in "$MEMORY" "$CPUS" "$TIMEOUT"; do
		[[ $number =~ ^[1-9][0-9]*$ ]] || wrong "not a number: $number"
	done
	choose_machine
}

# prepare_machine: installs or builds QEMU, kernel and image; sets RELEASE, KERNEL, IMAGE, ACCELERATOR.
prepare_machine() {
	[ "$(uname -m)" = x86_64 ] || die "the machine runs on x86_64 only, not on $(uname -m)"
	need cpio
	prepare_qemu
	RELEASE=$(kernel_release "$WANTED")
	KERNEL=$(kernel_dir "$RELEASE")
	say "Linux $RELEASE"
	IMAGE=$(guest_image)
	ACCELERATOR=$(accelerator "$KERNEL" "$IMAGE")
	if [ -n "$ICOUNT" ] && [[ $ACCELERATOR == *tcg* ]]; then
		ACCELERATOR+=' -icount shift=1'
	fi
}

# make_run_dir: sets RUN to a folder for this run, which is deleted with the script's end, when its QEMU ends, too. It
# holds what the guest sees in /run/vm.
make_run_dir() {
	local setting
	# Cleans up after runs that were killed.
	for RUN in "$VM_CACHE"/run/*.*; do
		if [ -d "$RUN" ] && [ ! -d "/proc/$(basename "${RUN%.*}")" ]; then rm -rf "$RUN"; fi
	done
	mkdir -p "$VM_CACHE/run"
	RUN=$(mktemp -d "$VM_CACHE/run/$$.XXXXXX")
	trap 'end_run' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mkdir "$RUN/vm"
	echo "SHARE_CACHE=$SHARE_CACHE OUT_SHARED=${OUT:+1}" >"$RUN/vm/settings"
	{
		for setting in "${SETTINGS[@]}"; do
			printf 'export %s=%q\n' "${setting%%=*}" "${setting#*=}"
		done
		if [ ${#COMMAND[@]} -gt 0 ]; then
			printf 'exec'
			printf ' %q' "${COMMAND[@]}"
			echo
		fi
	} >"$RUN/vm/command"
	: >"$RUN/vm/expect-kernel-warning"
	if [ ${#EXPECTED[@]} -gt 0 ]; then printf '%s\n' "${EXPECTED[@]}" >"$RUN/vm/expect-kernel-warning"; fi
}

end_run() {
	local pid
	for pid in "${QEMU_PID:-}" "${READERS[@]}"; do
		if [ -n "$pid" ]; then
			kill "$pid" 2>/dev/null || true
			wait "$pid" 2>/dev/null || true
		fi
	done
	rm -rf "$RUN"
}

# qemu OPTION...: executes QEMU with the machine's disks, its shares and the OPTIONs first; the kernel's log goes to
# $RUN/console and the messages of guest/init to $RUN/status. If the script is killed, timeout ends and ends QEMU, too.
qemu() {
	local shares=()
	share_of shares qlease "$ROOT" readonly=on
	if [ -n "$OUT" ]; then
		mkdir -p "$OUT"
		share_of shares out "$(realpath "$OUT")" readonly=off
	fi
	# shellcheck disable=SC2086
	exec setpriv --pdeathsig TERM timeout --foreground -k 5 "$TIMEOUT" setpriv --pdeathsig KILL "$QEMU" \
		-nodefaults -no-user-config -display none -no-reboot -machine "$MACHINE" $ACCELERATOR -m "$MEMORY" -smp "$CPUS" \
		-kernel "$KERNEL/boot" -initrd "$RUN/initrd" -append "console=$CONSOLE $KERNEL_PARAMETERS" \
		-drive "file=$IMAGE/root.img,if=virtio,format=raw,snapshot=on" \
		-drive "file=$KERNEL/modules.img,if=virtio,format=raw,readonly=on" \
		-serial "file:$RUN/console" -device virtio-serial-pci \
		-chardev "file,id=status,path=$RUN/status" -device virtserialport,nr=3,chardev=status \
		"${shares[@]}" "$@"
}

# boot_for_command: boots the machine for $RUN/vm/command and waits for its end. Sets QEMU_STATUS; QEMU's messages are
# in $RUN/qemu.
boot_for_command() {
	make_initrd "$KERNEL" "$IMAGE" "$RUN/vm" "$RUN/initrd"
	rm -f "$RUN"/{stdout,stderr,status,console}
	mkfifo "$RUN/stdout" "$RUN/stderr"
	cat "$RUN/stdout" &
	READERS=($!)
	cat "$RUN/stderr" >&2 &
	READERS+=($!)
	qemu -chardev "file,id=out,path=$RUN/stdout" -device virtserialport,nr=1,chardev=out \
		-chardev "file,id=err,path=$RUN/stderr" -device virtserialport,nr=2,chardev=err \
		</dev/null >"$RUN/qemu" 2>&1 &
	QEMU_PID=$!
	QEMU_STATUS=0
	wait "$QEMU_PID" || QEMU_STATUS=$?
	QEMU_PID=
	# If QEMU ended before it opened the pipe, a reader is still waiting for a writer.
	if [ ! -e "$RUN/console" ]; then kill "${READERS[@]}" 2>/dev/null || true; fi
	wait "${READERS[@]}" || true
	READERS=()
}

# share_of ARRAY TAG DIR OPTION: appends the QEMU options to ARRAY that share DIR with the guest over 9p.
share_of() {
	local -n options=$1
	options+=(-virtfs "local,path=${3//,/,,},security_model=none,mount_tag=$2,multidevs=remap,$4")
}
