package dev.qlease.lease;

import dev.qlease.cli.Training;
import dev.qlease.fixture.Commands;
import dev.qlease.linux.NetworkNamespace;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Another process that runs code of this library, with this one's virtual machine and class path. Closing kills it, if
 * that is still to be done.
 */
public final class Child implements AutoCloseable {
    private static final Path CACHE = Path.of("/tmp/qlease-child.aot");
    private static final List<String> JARS = new ArrayList<>();

    private final Process process;
    private final BufferedReader output;

    private Child(List<String> command) {
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Runs {@link #main} with these arguments, by a command that runs another one. */
    static Child under(List<String> wrapper, String... arguments) {
        return start(wrapper, Child.class.getName(), arguments);
    }

    /** Runs the qlease command. */
    public static Child qlease(String... arguments) {
        return qlease(List.of(), arguments);
    }

    /** Runs the qlease command, by a command that runs another one. */
    public static Child qlease(List<String> wrapper, String... arguments) {
        return start(wrapper, "dev.qlease.cli.Main", arguments);
    }

    private static Child start(List<String> wrapper, String main, String... arguments) {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(java("-XX:AOTCache=" + CACHE));
        command.add(main);
        command.addAll(List.of(arguments));
        return new Child(command);
    }

    /** This one's virtual machine, but with classes out of jars only, and an AOT cache of these. */
    private static List<String> java(String cache) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> !argument.startsWith("-XX:AOT"))
                .forEach(command::add);
        command.addAll(List.of(cache, "-cp", String.join(":", JARS)));
        return command;
    }

    /**
     * Makes the jars and the cache, which save an emulated machine most of a process's start: another process goes
     * through what the children do.
     */
    public static void prepare() {
        if (Files.exists(CACHE)) {
            return;
        }
        for (String entry : System.getProperty("java.class.path").split(":")) {
            if (entry.endsWith(".jar")) {
                JARS.add(entry);
            } else {
                String jar = "/tmp/qlease-child-" + JARS.size() + ".jar";
                Commands.run(
                        Path.of(System.getProperty("java.home"), "bin/jar").toString(), "-c0f", jar, "-C", entry, ".");
                JARS.add(jar);
            }
        }
        try (Guest guest = Guest.create()) {
            List<String> command = new ArrayList<>(java("-XX:AOTCacheOutput=" + CACHE));
            command.addAll(List.of(Child.class.getName(), "train", guest.name()));
            Commands.run(command.toArray(String[]::new));
        }
    }

    public Process process() {
        return process;
    }

    /** The next line that it prints, or that there is none. */
    public String line() {
        try {
            return String.valueOf(output.readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that it prints until its end. */
    String all() {
        return String.join("\n", output.lines().toList());
    }

    /** Waits until it is ready for what it is to do. */
    void awaitReady() {
        String said = line();
        if (!"ready".equals(said)) {
            throw new AssertionError("the other process said " + said);
        }
    }

    /** Has it do what it is ready for, without waiting. */
    void begin() {
        try {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Has it do what it is ready for, and answers what it says of that. */
    String go() {
        begin();
        return line();
    }

    /** Kills it. */
    void kill() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws IOException {
        kill();
        output.close();
    }

    /**
     * What the other process does: {@code lease NETNS} makes a lease of qnic0 and keeps it, once it is told to; {@code
     * train NETNS} deletes it again and goes on to what the command is trained with.
     */
    public static void main(String... arguments) throws IOException {
        try (Leases leases = Leases.open();
                NetworkNamespace netns = NetworkNamespace.parse(arguments[1])) {
            LeaseSpec spec = LeaseSpec.of("qnic0", netns)
                    .address(Guest.ADDRESS4)
                    .address(Guest.ADDRESS6)
                    .redirect(Arrays.asList(arguments).contains("forward") ? Redirect.FORWARD : Redirect.BPF)
                    .build();
            if (arguments[0].equals("train")) {
                leases.create(spec).close();
                Training.main(new String[0]);
                return;
            }
            System.out.println("ready");
            if (System.in.read() >= 0) {
                System.out.println(
                        "made " + leases.plan(spec).apply().keep().info().name());
            }
        } catch (RuntimeException e) {
            System.out.println(e.getClass().getSimpleName() + " " + e.getMessage());
        }
    }
}
