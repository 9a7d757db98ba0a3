package dev.qlease.cli;

import dev.qlease.cli.args.Command;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.SortColumn;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.dmabuf.MemorySource;
import dev.qlease.lease.LeaseInfo;
import dev.qlease.lease.Leases;
import dev.qlease.linux.NetworkNamespace;
import dev.qlease.rtnetlink.Link;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Shell scripts that complete command lines: commands, options, and existing files, devices, namespaces and leases.
 * Names are data to the scripts: never expanded, never split, and quoted when inserted.
 */
public final class Completion {
    static final List<String> SHELLS = List.of("bash", "zsh");

    /** The names that the scripts get from the command. */
    private static final String DEVICES = "devices";

    private static final String LEASES = "leases";

    private static final String BASH = """
            # Completes qlease in bash: source it, or copy it to /usr/share/bash-completion/completions/qlease.
            # Names are data: compared, quoted and offered, never expanded or split into words.

            # Sets plain to $1 without its quotes, and quote to the quote left open at its end.
            _qlease_plain() {
            	local rest=$1 c
            	plain='' quote=''
            	while [[ -n $rest ]]; do
            		c=${rest:0:1} rest=${rest:1}
            		if [[ $c == \\\\ && $quote != \\' ]]; then
            			plain+=${rest:0:1} rest=${rest:1}
            		elif [[ -n $quote && $c == "$quote" ]]; then
            			quote=''
            		elif [[ -z $quote && ($c == \\" || $c == \\') ]]; then
            			quote=$c
            		else
            			plain+=$c
            		fi
            	done
            }

            # Offers the arguments that begin with what has been typed.
            _qlease_offer() {
            	local name word
            	for name; do
            		[[ $name == "$plain"* ]] || continue
            		if [[ -z $quote ]]; then
            			printf -v word %q "$name"
            		elif [[ $name == *[[:cntrl:]]* || ($quote == \\' && $name == *\\'*) || ($quote == \\" && $name == *[\\"!]*) ]]; then
            			continue
            		elif [[ $quote == \\" ]]; then
            			word=${name//\\\\/\\\\\\\\} word=${word//\\$/\\\\\\$} word=${word//\\`/\\\\\\`}
            		else
            			word=$name
            		fi
            		[[ $word != "$left"* ]] || COMPREPLY+=("${word#"$left"}")
            	done
            }

            # Offers a name as the command prints it, with each backslash doubled.
            _qlease_name() {
            	_qlease_offer "${1//\\\\/\\\\\\\\}"
            }

            _qlease_files() {
            	local file
            	for file in "$plain"*; do
            		if [[ -d $file ]]; then
            			compopt -o nospace 2>/dev/null
            			_qlease_offer "$file/"
            		elif [[ -e $file || -L $file ]]; then
            			_qlease_offer "$file"
            		fi
            	done
            }

            _qlease_ask() {
            	local name
            	while IFS= read -r -d '' name; do
            		_qlease_offer "$name"
            	done < <("${COMP_WORDS[0]}" ${netns:+"--netns=$netns"} completion "$1" 2>/dev/null)
            }

            _qlease_devices() {
            	local device
            	if [[ -n $netns ]]; then
            		_qlease_ask devices
            		return
            	fi
            	for device in /sys/class/net/*; do
            		[[ ! -L $device ]] || _qlease_name "${device##*/}"
            	done
            }

            _qlease_namespaces() {
            	local file
            	if [[ $plain == */* ]]; then
            		_qlease_files
            		return
            	fi
            	for file in /run/netns/*; do
            		[[ ! -e $file ]] || _qlease_name "${file##*/}"
            	done
            }

            _qlease() {
            	local command='' netns='' option value plain quote left='' breaks=${COMP_WORDBREAKS//[!:=]/} line=${COMP_LINE-} word i
            	local -a typed=()
            	COMPREPLY=()
            	# Bash splits words at colons and equals signs: a word not preceded by a blank continues the previous one.
            	for ((i = 0; i <= COMP_CWORD; i++)); do
            		word=${COMP_WORDS[i]}
            		if [[ $i -gt 0 && -n ${COMP_LINE-} && $line != [[:blank:]]* ]]; then
            			typed[${#typed[@]} - 1]+=$word
            		else
            			typed+=("$word")
            			line=${line#"${line%%[![:blank:]]*}"}
            		fi
            		line=${line#"$word"}
            	done
            	for ((i = 1; i < ${#typed[@]} - 1; i++)); do
            		word=${typed[i]}
            		case $word in
            		--netns=*) netns=${word#*=} ;;
            		-n | --netns) netns=${typed[++i]} ;;
            		@VALUED@) ((i++)) ;;
            		-*) ;;
            		*) [[ -n $command && $command != @(lease|cdi) ]] || command+=${command:+ }$word ;;
            		esac
            	done
            	_qlease_plain "$netns"
            	netns=$plain
            	value=${typed[${#typed[@]} - 1]} option=${typed[${#typed[@]} - 2]}
            	if [[ $value == --[a-z]*=* ]]; then
            		option=${value%%=*} value=${value#*=}
            	fi
            	_qlease_plain "$value"
            	[[ -z $quote || $value == "$quote"* ]] || return 0
            	[[ -n $quote || -z $breaks ]] || left=${value%"${value##*[$breaks]}"}
            	case $option in
            @VALUES@	*)
            		case $command in
            @COMMANDS@		esac
            		;;
            	esac
            }
            complete -F _qlease qlease
            """;

    private static final String ZSH = """
            #compdef qlease
            # Completes qlease in zsh: copy it as _qlease into fpath, such as to /usr/share/zsh/site-functions.
            # Names are data: never expanded or split into words; compadd quotes them.
            local command='' netns='' option word
            local -i i

            _qlease_offer() {
            	compadd -- "$@"
            }

            # Offers names as the command prints them, with each backslash doubled.
            _qlease_names() {
            	compadd -- "${@//\\\\/\\\\\\\\}"
            }

            _qlease_files() {
            	_files
            }

            _qlease_ask() {
            	compadd -- ${(0)"$("${(Q)words[1]}" ${netns:+--netns=$netns} completion $1 2>/dev/null)"}
            }

            _qlease_devices() {
            	if [[ -n $netns ]]; then
            		_qlease_ask devices
            	else
            		_qlease_names /sys/class/net/*(N@:t)
            	fi
            }

            _qlease_namespaces() {
            	if [[ $PREFIX == */* ]]; then
            		_files
            	else
            		_qlease_names /run/netns/*(N:t)
            	fi
            }

            for ((i = 2; i < CURRENT; i++)); do
            	word=$words[i]
            	case $word in
            	--netns=*) netns=${(Q)word#*=} ;;
            	-n | --netns) netns=${(Q)words[++i]} ;;
            	@VALUED@) ((++i)) ;;
            	-*) ;;
            	*) [[ -n $command && $command != (lease|cdi) ]] || command+=${command:+ }$word ;;
            	esac
            done
            option=$words[CURRENT-1]
            if [[ $PREFIX == --[a-z]*=* ]]; then
            	option=${PREFIX%%=*}
            	compset -P 1 '*='
            fi
            case $option in
            @VALUES@*)
            	case $command in
            @COMMANDS@	esac
            	;;
            esac
            """;

    private Completion() {}

    /**
     * Returns the completion script for {@code shell}.
     *
     * @throws CommandException if there is none for that shell
     */
    public static String script(String shell) {
        return switch (shell) {
            case "bash" -> script(BASH, "\t");
            case "zsh" -> script(ZSH, "");
            default ->
                throw new CommandException(
                        ExitCode.USAGE,
                        "no completion for \"" + shell + "\", only for " + String.join(" and ", SHELLS));
        };
    }

    private static String script(String script, String indent) {
        String valued = Stream.of(Option.values())
                .filter(option -> option.takesValue() && option != Option.NETNS)
                .map(Option::longName)
                .distinct()
                .collect(Collectors.joining(" | "));
        return script.replace("@VALUED@", valued)
                .replace("@VALUES@", values(indent))
                .replace("@COMMANDS@", commands(indent + "\t"));
    }

    /** Prints the script for the shell {@code argument}, or the names that the scripts request, each ended by NUL. */
    static void print(String argument, @Nullable String netns, Output output) {
        switch (argument) {
            case DEVICES -> output.printNames(devices(netns));
            case LEASES -> output.printNames(leases(netns));
            default -> output.print(script(argument));
        }
    }

    private static List<String> devices(@Nullable String netns) {
        List<String> names = new ArrayList<>();
        try (Target target = Target.open(netns, null)) {
            for (Link link : target.rtnetlink().links().list()) {
                names.add(link.ifname());
                names.addAll(link.altIfname());
            }
        }
        return names;
    }

    private static List<String> leases(@Nullable String netns) {
        try (NetworkNamespace namespace = Target.namespace(netns);
                Leases leases = Leases.open(namespace)) {
            return leases.list().stream().map(LeaseInfo::name).toList();
        }
    }

    private static String offer(Stream<String> words) {
        return "_qlease_offer " + words.collect(Collectors.joining(" "));
    }

    /** Returns the cases for the values of options. */
    private static String values(String indent) {
        StringBuilder cases = new StringBuilder();
        Set<String> done = new HashSet<>();
        for (Option option : Option.values()) {
            // Options of several commands can have one name, such as addresses to listen on.
            if (option.takesValue() && done.add(option.longName())) {
                String names = Stream.of(option.longName(), option.shortName())
                        .filter(name -> !name.isEmpty())
                        .collect(Collectors.joining(" | "));
                String action = switch (option) {
                    case NETNS -> "_qlease_namespaces";
                    case DEV -> "_qlease_devices";
                    // The NIC is in the command's own namespace; --netns is the container's.
                    case NIC -> "netns='' _qlease_devices";
                    case REDIRECT -> offer(Stream.of("bpf", "forward", "none"));
                    case SORT -> offer(SortColumn.names().stream());
                    case OUT, PLOT -> "_qlease_files";
                    case ONLY -> offer(Stream.of("send", "receive"));
                    case MODE -> offer(Stream.of("l2", "l3"));
                    case MEMORY -> offer(MemorySource.NAMES.stream());
                    default -> "";
                };
                cases.append(indent).append(names).append(action.isEmpty() ? ") ;;\n" : ") " + action + " ;;\n");
            }
        }
        return cases.toString();
    }

    private static Stream<String> words(Function<Command, String> word) {
        return Stream.of(Command.values())
                .map(word)
                .filter(text -> !text.isEmpty())
                .distinct();
    }

    /** Returns the cases for what follows a command, and for the command itself. */
    private static String commands(String indent) {
        StringBuilder cases = new StringBuilder();
        append(
                cases,
                indent,
                "''",
                "",
                offer(Stream.concat(
                        words(Command::firstWord), Stream.of(Option.HELP.longName(), Option.VERSION.longName()))));
        for (Command command : Command.values()) {
            if (!command.group().isEmpty()) {
                append(
                        cases,
                        indent,
                        command.text(),
                        "",
                        offer(command.group().stream().map(Command::secondWord)));
                continue;
            }
            String argument = switch (command.argument()) {
                case "DEV" -> "_qlease_devices";
                case "LEASE" -> "_qlease_ask " + LEASES;
                case "FILE", "FILE..." -> "_qlease_files";
                case "COMMAND" -> offer(words(Command::firstWord));
                case "SHELL" -> offer(SHELLS.stream());
                default -> "";
            };
            String name = command.secondWord().isEmpty() ? command.text() : "'" + command.text() + "'";
            append(
                    cases,
                    indent,
                    name,
                    argument,
                    offer(command.options().stream().map(Option::longName)));
        }
        return cases.toString();
    }

    private static void append(StringBuilder cases, String indent, String pattern, String argument, String options) {
        cases.append(indent).append(pattern).append(")\n");
        if (!argument.isEmpty()) {
            cases.append(indent).append('\t').append(argument).append('\n');
        }
        cases.append(indent).append('\t').append(options).append('\n');
        cases.append(indent).append("\t;;\n");
    }
}
