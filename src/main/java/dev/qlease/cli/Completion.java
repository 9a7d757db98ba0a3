package dev.qlease.cli;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Scripts that complete the command line: commands, their options, and the devices and namespaces that there are. */
final class Completion {
    static final List<String> SHELLS = List.of("bash", "zsh");

    private static final String BASH_FILES = "$(compgen -f -- \"$current\") ";
    private static final String ZSH_FILES = "$(ls) ";

    private Completion() {}

    /**
     * The script for {@code shell}.
     *
     * @throws CommandException if there is none
     */
    static String script(String shell) {
        return switch (shell) {
            case "bash" -> bash();
            case "zsh" -> zsh();
            default ->
                throw new CommandException(
                        ExitCode.USAGE,
                        "completion is for " + String.join(" and ", SHELLS) + ", not \"" + shell + "\"");
        };
    }

    private static String bash() {
        return """
            # Completes qlease in bash: source it, or put it into /usr/share/bash-completion/completions/qlease.
            _qlease() {
            	local current=${COMP_WORDS[COMP_CWORD]} command= words= i
            	case ${COMP_WORDS[COMP_CWORD - 1]} in
            %s	esac
            	if [ -z "$words" ]; then
            		for ((i = 1; i < COMP_CWORD; i++)); do
            			case ${COMP_WORDS[i]} in
            			-*) ;;
            			*)
            				command+=${command:+ }${COMP_WORDS[i]}
            				[ "$command" = lease ] || break
            				;;
            			esac
            		done
            		case $command in
            %s		esac
            	fi
            	COMPREPLY=($(compgen -W "$words" -- "$current"))
            }
            complete -F _qlease qlease
            """.formatted(values("\t", "words", BASH_FILES), commands("\t\t", "words", BASH_FILES));
    }

    private static String zsh() {
        return """
            #compdef qlease
            # Completes qlease in zsh: put it into a directory of fpath, such as /usr/share/zsh/site-functions, as _qlease.
            local words_= command
            local -a plain_=(${words[2,CURRENT-1]:#-*})
            command=$plain_[1]
            [[ $command = lease && -n $plain_[2] ]] && command+=" $plain_[2]"
            case $words[CURRENT-1] in
            %sesac
            if [[ -z $words_ ]]; then
            	case $command in
            %s	esac
            fi
            compadd -- ${=words_}
            """.formatted(values("", "words_", ZSH_FILES), commands("\t", "words_", ZSH_FILES));
    }

    /** After an option that takes a value. */
    private static String values(String indent, String variable, String files) {
        StringBuilder cases = new StringBuilder();
        for (Option option : Option.values()) {
            if (option.takesValue()) {
                String names = Stream.of(option.longName(), option.shortName())
                        .filter(name -> !name.isEmpty())
                        .collect(Collectors.joining(" | "));
                String words = switch (option) {
                    case NETNS -> variable + "=\" $(ls /run/netns 2>/dev/null)\"";
                    case DEV, NIC -> variable + "=\" $(ls /sys/class/net)\"";
                    case REDIRECT -> variable + "=\"bpf forward none\"";
                    case OUT -> variable + "=\"" + files + "\"";
                    case MODE -> variable + "=\"l2 l3\"";
                    case MEMORY -> variable + "=\"" + String.join(" ", SendMemory.Source.NAMES) + "\"";
                    default -> "return";
                };
                cases.append(indent).append(names).append(") ").append(words).append(" ;;\n");
            }
        }
        return cases.toString();
    }

    /** After a command, or where there is none yet. */
    private static String commands(String indent, String variable, String files) {
        StringBuilder cases = new StringBuilder();
        String names =
                Stream.of(Command.values()).map(Command::firstWord).distinct().collect(Collectors.joining(" "));
        String leases = Stream.of(Command.values())
                .map(Command::secondWord)
                .filter(word -> !word.isEmpty())
                .collect(Collectors.joining(" "));
        cases.append(indent)
                .append("'') ")
                .append(variable)
                .append("=\"")
                .append(names)
                .append(' ');
        cases.append(Option.HELP.longName())
                .append(' ')
                .append(Option.VERSION.longName())
                .append("\" ;;\n");
        cases.append(indent)
                .append(Command.LEASE.text())
                .append(") ")
                .append(variable)
                .append("=\"");
        cases.append(leases).append("\" ;;\n");
        for (Command command : Command.values()) {
            if (command == Command.LEASE) {
                continue;
            }
            String options = command.options().stream().map(Option::longName).collect(Collectors.joining(" "));
            String argument = switch (command.argument()) {
                case "DEV" -> "$(ls /sys/class/net) ";
                case "FILE" -> files;
                case "COMMAND" -> names + " ";
                case "SHELL" -> String.join(" ", SHELLS) + " ";
                default -> "";
            };
            cases.append(indent)
                    .append(command.secondWord().isEmpty() ? command.text() : "'" + command.text() + "'")
                    .append(") ")
                    .append(variable)
                    .append("=\"");
            cases.append(argument).append(options).append("\" ;;\n");
        }
        return cases.toString();
    }
}
