# Reads the reports of JUnit and Surefire.
# shellcheck shell=bash

# outcomes_of_reports ELEMENT: prints "test<TAB>message" for each test with that element, a regular expression, in the
# JUnit or Surefire reports on its input.
outcomes_of_reports() {
	awk -v RS='<testcase ' -v element="<$1[ />]" '
		{ sub(/<system-(out|err)>.*/, "") }
		match($0, element) {
			message = substr($0, RSTART)
			name = attribute(" name", " " $0)
			class = attribute(" classname", " " $0)
			sub(/.*[.]/, "", class)
			if (message ~ /^[^>]*message="/) message = attribute(" message", message)
			else {
				sub(/^[^\[]*\[CDATA\[/, "", message)
				sub(/\]\]>.*/, "", message)
			}
			gsub(/&#1?[0-9];/, " ", message)
			gsub(/[\t\r\n ]+/, " ", message)
			gsub(/&lt;/, "<", message); gsub(/&gt;/, ">", message)
			gsub(/&quot;/, "\"", message); gsub(/&amp;/, "\\&", message)
			print class "." name "\t" substr(message, 1, 400)
		}
		function attribute(name, text) {
			if (!match(text, name "=\"[^\"]*\"")) return ""
			return substr(text, RSTART + length(name) + 2, RLENGTH - length(name) - 3)
		}'
}

# failed_classes: prints the names of the classes with a failed test in the reports on its input, each once. A nested
# class counts as the class around it.
failed_classes() {
	awk -v RS='<testcase ' '
		{ sub(/<system-(out|err)>.*/, "") }
		/<(failure|error)[ >]/ && match($0, /classname="[^"$]*/) { print substr($0, RSTART + 11, RLENGTH - 11) }' | sort -u
}
