# Divides the test classes among concurrent machines.
# Sourced after lib.sh.
# shellcheck shell=bash

# classes_of_other_shards K N: prints a regular expression that matches the names of the test classes that are not in
# the Kth of N shards, and of their nested classes. Every class in target/test-classes that JUnit can find is in
# one shard: in descending order of duration, each is assigned to the shard with the least total.
classes_of_other_shards() {
	local others
	others=$(expected_durations | sort -k1,1nr -k2 | awk -v k="$1" -v n="$2" '
		{
			least = 1
			for (i = 2; i <= n; i++) if (sum[i] < sum[least]) least = i
			sum[least] += $1
			if (least != k) print $2
		}' | sed 's/[.]/[.]/g' | paste -sd'|')
	echo "(${others:-no class})([$].*)?"
}

# expected_durations: prints a line SECONDS CLASS for each test class: from ci/vm/durations, otherwise by the number of
# its tests, or nearly zero if it is not in a ring of the test machine.
expected_durations() {
	(cd "$ROOT/target/test-classes" && find . -name '*Test*.class' ! -name '*$*' -printf '%P\n') | sort |
		(cd "$ROOT/src/test/java" && awk -v durations="$VM_DIR/durations" '
			BEGIN { while ((getline <durations) > 0) if ($1 != "#") known[$2] = $1 }
			{
				source = class = $0
				sub(/[.]class$/, ".java", source)
				sub(/[.]class$/, "", class)
				gsub("/", ".", class)
				vm = tests = 0
				while ((getline line <source) > 0) {
					vm += line ~ /^@Tag[(]"vm"[)]/
					tests += line ~ /@(Parameterized|Repeated)?Test([^A-Za-z]|$)/
				}
				close(source)
				print class in known ? known[class] : vm ? 3 + 6 * tests : 0.01, class
			}')
}

# measured_durations: prints a line SECONDS CLASS for each test class of the ring vm from the reports of its last runs.
measured_durations() {
	find "$ROOT/target" -path '*/surefire-reports-vm*/TEST-junit-jupiter.xml' ! -path '*-arm64*' -exec cat {} + | awk '
		/<testcase / && match($0, / classname="[^"$]*/) {
			class = substr($0, RSTART + 12, RLENGTH - 12)
			if (match($0, / time="[0-9.]*/)) sum[class] += substr($0, RSTART + 7, RLENGTH - 7)
		}
		END { for (class in sum) printf "%d %s\n", sum[class] + 0.5, class }' | sort -k1,1nr -k2
}
