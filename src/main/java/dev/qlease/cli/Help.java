package dev.qlease.cli;

import java.util.ArrayList;
import java.util.List;

/** What {@code --help} prints. */
final class Help {
    private Help() {}

    /** Of all. */
    static String text() {
        StringBuilder help = new StringBuilder();
        help.append("Usage: qlease COMMAND [ARGUMENT] [OPTION]...\n\n")
                .append(
                        "Leases receive queues of NICs to containers, and sends and receives device memory; shows what the kernel knows of both.\n\nCommands:\n");
        List<String[]> rows = new ArrayList<>();
        for (Command command : Command.values()) {
            rows.add(new String[] {command.text() + argument(command), command.description()});
        }
        append(help, rows);
        help.append("\nqlease COMMAND --help tells the options of a command.\n");
        help.append(common());
        return help.toString();
    }

    /** Of one command. */
    static String text(Command command) {
        return command == Command.NCDEVMEM ? ncdevmem() : usual(command);
    }

    private static String ncdevmem() {
        return "Usage: qlease ncdevmem -f DEV [-l] [-s ADDR -p PORT] [OPTION]...\n\n"
                + Command.NCDEVMEM.description() + "\n\nOptions:\n" + NcdevmemRequest.OPTIONS + """

                The selftests find it as ncdevmem, which the package has beside qlease. All that it sets up of the NIC is put
                back when it ends, be it by a signal. What came is told of on standard error.
                """;
    }

    private static String usual(Command command) {
        StringBuilder help = new StringBuilder();
        help.append("Usage: qlease ")
                .append(command.text())
                .append(argument(command))
                .append(" [OPTION]...\n\n");
        help.append(command.description()).append("\n\nOptions:\n");
        List<String[]> rows = new ArrayList<>();
        for (Option option : command.options()) {
            String names = (option.shortName().isEmpty() ? "    " : option.shortName() + ", ") + option.longName();
            String value = option.takesValue() ? " " + option.value() : "";
            rows.add(new String[] {names + value, option.description()});
        }
        append(help, rows);
        if (command == Command.LEASE_CREATE) {
            help.append("""

                    --netns is the container's namespace. What takes several values takes them with commas between, or
                    again. The peers of the guest need a route to its addresses by an address of the NIC.
                    """);
        }
        if (command == Command.SEND) {
            help.append("""

                    FILE is a file, or - or nothing for standard input. BYTES may end in K, M or G.
                    MEMORY is udmabuf, udmabuf:huge (pages of 2 MiB), dma-heap[:NAME], drm[:FILE], cuda, hip, or
                    fd:N for a dma-buf that was inherited as descriptor N; auto takes the first that works, udmabuf last.
                    """);
        }
        if (command == Command.RECEIVE) {
            help.append("""

                    Receives one connection and ends with it. Of a netkit guest all leased queues are taken if --queue is left
                    out; of a NIC it has to say which, and flow rules have to bring the connection there: ethtool -N.
                    PATTERN is a number N: the bytes 1, 2 ... N-1 and a newline, which is what qlease ncdevmem -v takes, too.
                    To /dev/null nothing is copied out of the device's memory. A summary goes to standard output, or to
                    standard error if that has the data. BYTES may end in K, M or G.
                    MEMORY is as for send; pieces larger than a page take udmabuf:huge, or memory of a device.
                    """);
        }
        help.append(common());
        return help.toString();
    }

    private static String argument(Command command) {
        return command.argument().isEmpty() ? "" : " [" + command.argument() + "]";
    }

    private static String common() {
        StringBuilder help = new StringBuilder();
        help.append("""

                DEV is a device's name, another name of it, or its ifindex; all devices if it is left out.
                NETNS is a name below /run/netns, a path with a slash in it, or the PID of a process.
                With --json, lists are an array of objects with the kernel's names; errors are an object
                with "error" on standard error, and nothing is on standard output then.

                Exit codes:
                """);
        List<String[]> rows = new ArrayList<>();
        for (ExitCode code : ExitCode.values()) {
            rows.add(new String[] {Integer.toString(code.number()), code.meaning()});
        }
        append(help, rows);
        help.append("\nQLEASE_DEBUG=1 does what --debug does.\n");
        return help.toString();
    }

    private static void append(StringBuilder help, List<String[]> rows) {
        int width = 0;
        for (String[] row : rows) {
            width = Math.max(width, row[0].length());
        }
        for (String[] row : rows) {
            help.append("  ").append(row[0]).repeat(' ', width - row[0].length() + 2);
            help.append(row[1]).append('\n');
        }
    }
}
