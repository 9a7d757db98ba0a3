# Determines the outcome of a machine's run from the messages of guest/init, QEMU's exit status and the console's log.
# Sourced after lib.sh.
# shellcheck shell=bash

# said WORD: prints the message of guest/init that begins with WORD.
said() {
	[ ! -e "$RUN/status" ] || sed -n "s/^$1 //p" "$RUN/status"
}

panicked_early() {
	[ -z "$(said up)" ] && grep -qs 'Kernel panic' "$RUN/console"
}

# verdict COMMAND: reports what went wrong, if anything, and exits with the status for it.
verdict() {
	local status bad missing
	status=$(said exit)
	if [ "$QEMU_STATUS" = 124 ] || [ "$QEMU_STATUS" = 137 ]; then
		fault 124 "the machine was ended after $TIMEOUT s, before \"$1\" was done"
	elif [ -n "$status" ]; then
		bad=$(unexpected_warnings)
		missing=$(missing_warnings)
		if [ -n "$bad" ]; then
			fault 123 "\"$1\" ended with status $status, but the kernel's log has: $(sed -n 1p <<<"$bad")"
		elif [ -n "$missing" ]; then
			fault 123 "\"$1\" ended with status $status, but the kernel's log lacks what it expects: $missing"
		fi
		exit "$status"
	elif [ -n "$(said up)" ]; then
		fault 122 "the machine died under \"$1\": $(last_words)"
	elif [ -s "$RUN/console" ]; then
		fault 121 "Linux $RELEASE did not come up: $(last_words)"
	else
		fault 120 "QEMU did not start: $(tail -n 1 "$RUN/qemu")"
	fi
}

# fault STATUS SENTENCE: keeps the console's log, beside at most nineteen earlier ones, and exits.
fault() {
	local log
	log=$VM_CACHE/log/$(date +%Y%m%d-%H%M%S)-$$
	mkdir -p "$VM_CACHE/log"
	cat "$RUN/console" >"$log" 2>/dev/null || : >"$log"
	find "$VM_CACHE/log" -type f -printf '%T@ %p\n' | sort -rn | tail -n +21 | cut -d' ' -f2- | xargs -r rm -f
	DIE_STATUS=$1 die "$2 (the console's log: $log)"
}

# The first lines of the kernel's reports of its own problems.
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

# last_words: prints the line of the console's log that best explains why the machine ended.
last_words() {
	{ grep -E "$KERNEL_TROUBLE|qlease: " "$RUN/console" || tail -n 1 "$RUN/console"; } | tr -d '\r' | sed -n 1p
}
