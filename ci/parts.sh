# Runs the parts of ci/test and ci/nightly, two at a time, each with its own log, and prints the summary.
# Sourced after lib.sh by a script that fills in WEIGHT, AFTER, ALONE and REPORTS and defines run_part NAME.
# shellcheck shell=bash
. "$CI_DIR/reports.sh"

# By part name: its seconds on an idle machine, since the longest part starts first; the parts that must end before it,
# if they run at all; whether it must run alone; the folder of its JUnit reports below target/. Parts with the same name
# followed by -1, -2 ... are one part in the summary.
declare -A WEIGHT=() AFTER=() ALONE=() REPORTS=()

AT_ONCE=2
LOGS=$ROOT/target/test-logs
declare -A PID=() STARTED=() ENDED=() STATUS=() NOT_RUN=()
declare -a PENDING=() PARTS_RUN=()

# run_parts NAME...: runs the parts. The output of each is shown when it ends.
run_parts() {
	local heartbeat=$SECONDS
	PENDING=("$@") PARTS_RUN=("$@")
	mkdir -p "$LOGS"
	for name in "$@"; do rm -f "$LOGS/$name".{log,start}; done
	trap 'stop_parts 129' HUP
	trap 'stop_parts 130' INT
	trap 'stop_parts 143' TERM
	trap 'kill_parts KILL' EXIT
	while [ ${#PENDING[@]} -gt 0 ] || [ ${#PID[@]} -gt 0 ]; do
		while choose_part; do start_part "$CHOSEN"; done
		sleep 1 &
		wait $! || true
		for name in "${!PID[@]}"; do
			kill -0 "${PID[$name]}" 2>/dev/null || end_part "$name"
		done
		if ((SECONDS - heartbeat >= 60)); then
			heartbeat=$SECONDS
			progress "running:$(running)"
		fi
	done
	trap - HUP INT TERM EXIT
}

progress() { printf '.. %5d s  %s\n' "$SECONDS" "$*"; }

# running: prints the running parts and for how long they have been running.
running() {
	for name in "${!PID[@]}"; do printf ' %s (%d s)' "$name" $((SECONDS - STARTED[$name])); done
}

# choose_part: sets CHOSEN to the longest part that may start now; fails if there is none.
choose_part() {
	local name
	CHOSEN=
	[ ${#PID[@]} -lt "$AT_ONCE" ] || return 1
	for name in "${!PID[@]}"; do [ -z "${ALONE[$name]:-}" ] || return 1; done
	drop_what_cannot_run
	for name in "${PENDING[@]}"; do
		if [ -n "${ALONE[$name]:-}" ] && [ ${#PID[@]} -gt 0 ] || ! may_start "$name"; then continue; fi
		[ -n "$CHOSEN" ] && [ "${WEIGHT[$name]:-0}" -le "${WEIGHT[$CHOSEN]:-0}" ] || CHOSEN=$name
	done
	[ -n "$CHOSEN" ]
}

# may_start NAME: succeeds if all parts that must end before it have ended.
may_start() {
	local before
	for before in ${AFTER[$1]:-}; do
		[[ " ${PARTS_RUN[*]} " != *" $before "* ]] || [ -n "${ENDED[$before]:-}" ] || return 1
	done
}

# drop_what_cannot_run: removes the parts from PENDING that depend on a part that failed as a whole.
drop_what_cannot_run() {
	local name before
	for name in "${PENDING[@]}"; do
		for before in ${AFTER[$name]:-}; do
			if [ "${STATUS[$before]:-0}" != 0 ] || [ -n "${NOT_RUN[$before]:-}" ]; then
				NOT_RUN[$name]="not run, since $before failed"
				ENDED[$name]=$SECONDS
				progress "$name: ${NOT_RUN[$name]}"
				no_longer_pending "$name"
				break
			fi
		done
	done
}

no_longer_pending() {
	local name rest=()
	for name in "${PENDING[@]}"; do [ "$name" = "$1" ] || rest+=("$name"); done
	PENDING=("${rest[@]}")
}

# start_part NAME: starts the part in a process group of its own, with its output in a log.
start_part() {
	no_longer_pending "$1"
	touch "$LOGS/$1.start"
	STARTED[$1]=$SECONDS
	set -m
	(
		set +m
		trap - HUP INT TERM EXIT
		exec >"$LOGS/$1.log" 2>&1 </dev/null
		run_part "$1"
	) &
	PID[$1]=$!
	set +m
	progress "$1 started"
}

# end_part NAME: records how the part ended, and shows its output.
end_part() {
	local status=0 counts
	wait "${PID[$1]}" || status=$?
	unset "PID[$1]"
	STATUS[$1]=$status ENDED[$1]=$SECONDS
	echo "== $1"
	awk 1 "$LOGS/$1.log"
	read -ra counts < <(counts_of "$1")
	echo "-- $1: ${counts[0]} passed, ${counts[1]} failed, ${counts[2]} skipped, $((SECONDS - STARTED[$1])) s"
}

# counts_of NAME: prints "passed failed skipped" from the last summary line in the part's log, Surefire's or ours. A
# part that failed, or reports no test at all, counts at least one failure.
counts_of() {
	local p=0 f=0 s=0
	if [ -n "${NOT_RUN[$1]:-}" ]; then
		echo 0 0 1
		return
	fi
	read -r p f s < <(sed -nE \
		-e 's/\x1b\[[0-9;]*m//g' \
		-e 's/^(\[[A-Z]+\] *)?Tests run: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+), Skipped: ([0-9]+)$/\2 \3 \4 \5/p' \
		-e 's/^([a-z0-9 /-]+: )?([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/= \2 \3 \5/p' "$LOGS/$1.log" |
		tail -n 1 | awk '$1 == "=" { print $2, $3, $4 + 0; next } { print $1 - $2 - $3 - $4, $2 + $3, $4 }') || true
	p=${p:-0} f=${f:-0} s=${s:-0}
	if [ "$f" = 0 ] && { [ "${STATUS[$1]}" != 0 ] || [ $((p + s)) = 0 ]; }; then f=1; fi
	echo "$p $f $s"
}

# skips_of NAME: prints a line for each reason why tests of the part were skipped.
skips_of() {
	if [ -n "${NOT_RUN[$1]:-}" ]; then
		echo "${NOT_RUN[$1]}"
		return
	fi
	{
		sed -nE -e 's/^skipped ([^:]*): (.*)/\2\t\1/p' \
			-e 's/^ *(ok|not ok) [0-9]+ (.*) # (SKIP|XFAIL) *(.*)/\4\t\2/p' \
			-e 's/^ *1\.\.0 # SKIP *(.*)/\1\tall/p' "$LOGS/$1.log"
		[ -z "${REPORTS[$1]:-}" ] || find "$ROOT/target/${REPORTS[$1]}" -name '*.xml' -newer "$LOGS/$1.start" -exec cat {} + |
			skips_of_reports
	} | awk -F '\t' '
		!n[$1]++ { order[++reasons] = $1; first[$1] = $2 }
		END {
			for (i = 1; i <= reasons; i++) {
				r = order[i]
				print r " (" first[r] (n[r] > 1 ? " and " n[r] - 1 " more" : "") ")"
			}
		}'
}

# skips_of_reports: prints "reason<TAB>test" for each skipped test in the JUnit or Surefire reports on its input.
skips_of_reports() { outcomes_of_reports skipped | awk -F '\t' '{ print $2 "\t" $1 }'; }

# failures_of NAME: prints a line for each failed test of the part, with the beginning of its message.
failures_of() {
	{
		sed -nE -e 's/^FAILED *(.*)/\1/p' -e 's/^ *(not ok [0-9]* ?.*)/\1/p' "$LOGS/$1.log" | { grep -v ' # \(SKIP\|XFAIL\)' || true; }
		[ -z "${REPORTS[$1]:-}" ] || find "$ROOT/target/${REPORTS[$1]}" -name '*.xml' -newer "$LOGS/$1.start" -exec cat {} + |
			outcomes_of_reports '(failure|error)' | awk -F '\t' '{ print $1 ": " $2 }'
	} | awk '!n[$0]++' | head -n 20
}

# summary: prints what failed, the part that failed first before others, what was skipped, a table of the parts and the total counts; fails if
# anything failed.
summary() {
	local name part counts passed=0 failed=0 skipped=0 lines first
	local -A p=() f=() s=() from=() to=() note=()
	local -a parts=()
	for name in "${PARTS_RUN[@]}"; do
		part=${name%-[0-9]}
		[ -n "${p[$part]:-}" ] || parts+=("$part")
		read -ra counts < <(counts_of "$name")
		: $((p[$part] += counts[0])) $((f[$part] += counts[1])) $((s[$part] += counts[2]))
		from[$part]=$(least "${from[$part]:-}" "${STARTED[$name]:-${ENDED[$name]}}")
		to[$part]=${ENDED[$name]}
		[ -z "${NOT_RUN[$name]:-}" ] || note[$part]=", not run"
	done
	first=$(for name in "${PARTS_RUN[@]}"; do
		read -ra counts < <(counts_of "$name")
		[ "${counts[1]}" = 0 ] || echo "${ENDED[$name]} $name ${counts[1]}"
	done | sort -n)
	echo
	while read -r _ name counts; do
		[ -n "$name" ] || continue
		echo "failed: $name, $counts failures; see ${LOGS#"$ROOT/"}/$name.log"
		failures_of "$name" | sed 's/^/    /'
	done <<<"$first"
	for name in "${PARTS_RUN[@]}"; do
		sed -n "s/^unstable: /unstable in $name: /p" "$LOGS/$name.log"
		lines=$(skips_of "$name")
		[ -z "$lines" ] || awk -v name="$name" '{ print "skipped in " name ": " $0 }' <<<"$lines"
	done
	for part in "${parts[@]}"; do
		passed=$((passed + p[$part])) failed=$((failed + f[$part])) skipped=$((skipped + s[$part]))
		printf '%-12s %5d s  %5d passed %3d failed %3d skipped%s\n' "$part" $((to[$part] - from[$part])) \
			"${p[$part]}" "${f[$part]}" "${s[$part]}" "${note[$part]:-}"
	done
	printf '%-12s %5d s\n' "in all" "$SECONDS"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
}

least() { if [ -z "$1" ] || [ "$2" -lt "$1" ]; then echo "$2"; else echo "$1"; fi; }

# stop_parts STATUS: after a signal, ends the running parts, shows the end of their output, and exits.
stop_parts() {
	local i name names=("${!PID[@]}")
	trap '' HUP INT TERM
	progress "stopped by a signal; ending:$(running)"
	kill_parts TERM
	for ((i = 0; i < 20 && ${#PID[@]} > 0; i++)); do
		sleep 0.5
		for name in "${!PID[@]}"; do
			kill -0 "${PID[$name]}" 2>/dev/null || unset "PID[$name]"
		done
	done
	kill_parts KILL
	for name in "${names[@]}"; do
		echo "== $name, stopped; the end of ${LOGS#"$ROOT/"}/$name.log"
		tail -n 30 "$LOGS/$name.log"
	done
	trap - EXIT
	exit "$1"
}

# kill_parts SIGNAL: sends SIGNAL to the process groups of all running parts.
kill_parts() {
	local name
	for name in "${!PID[@]}"; do
		kill -s "$1" -- "-${PID[$name]}" 2>/dev/null || true
	done
}
