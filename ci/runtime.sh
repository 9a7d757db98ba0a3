# shellcheck shell=bash
# Links a Java runtime for a package or an image. Sourced after lib.sh by a script that calls use_jdk first.

# use_jdk [JDK]: sets JAVA_HOME to the JDK that links, jdk to the one whose modules are linked, and what is known of it.
use_jdk() {
	JAVA_HOME=$(jdk25)
	export JAVA_HOME
	jdk=${1:-$JAVA_HOME}
	runtime_version=$(release_of JAVA_RUNTIME_VERSION)
	# shellcheck disable=SC2034 # for the scripts that source this
	case $(release_of OS_ARCH) in
	x86_64) architecture=amd64 prefix=x86_64-linux-gnu ;;
	aarch64) architecture=arm64 prefix=aarch64-linux-gnu ;;
	*) die "nothing can be made for the architecture $(release_of OS_ARCH) of $jdk" ;;
	esac
}

# release_of KEY: prints a value from the JDK's release file.
release_of() { sed -n "s/^$1=\"\(.*\)\"/\1/p" "$jdk/release"; }

# modules_of DIST: prints the modules of Java that the command in DIST needs, separated by commas.
modules_of() {
	local own
	own=dev.qlease$(sed -n 's/^--add-modules=/,/p' "$1/lib/java.options" | tr -d '\n')
	"$JAVA_HOME/bin/java" -p "$1/lib" --limit-modules "$own" --list-modules |
		sed -nE 's/^((java|jdk)[.][^@]*)@[^ ]*$/\1/p' | paste -sd,
}

# link_runtime MODULES DIRECTORY
link_runtime() {
	local from=() strip=$prefix-strip
	[ ! -d "$jdk/jmods" ] || from=(--module-path "$jdk/jmods")
	"$JAVA_HOME/bin/jlink" "${from[@]}" --add-modules "$1" --no-header-files --no-man-pages --compress zip-0 \
		--release-info "add:JAVA_RUNTIME_VERSION=\"$runtime_version\"" --output "$2"
	rm -f "$2/bin/keytool" "$2/lib/jexec"
	command -v "$strip" >/dev/null || need "binutils-${prefix//_/-}"
	elf_files "$2" | xargs -0 "$strip" --strip-unneeded
}

# elf_files DIRECTORY: prints the programs and shared libraries in it, each followed by NUL.
elf_files() { find "$1" -type f -exec sh -c 'head -c 4 "$1" | grep -q "^.ELF"' - {} \; -print0; }

# unpack_notices DIRECTORY JAR...: unpacks the licences and notices in each JAR to a directory of its name in DIRECTORY.
unpack_notices() {
	python3 - "$@" <<-'PYTHON'
		import pathlib, re, sys, zipfile
		for jar in map(pathlib.Path, sys.argv[2:]):
		    archive, directory = zipfile.ZipFile(jar), pathlib.Path(sys.argv[1], jar.stem)
		    for name in archive.namelist():
		        if re.fullmatch(r"META-INF/(.*LICENSE.*|NOTICE.*|qlease[.]txt)", name) and not name.endswith("/"):
		            directory.mkdir(exist_ok=True)
		            (directory / name.rpartition("/")[2]).write_bytes(archive.read(name))
	PYTHON
}
