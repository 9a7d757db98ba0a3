package dev.qlease.cli.top;

import dev.qlease.cli.args.Arguments;
import dev.qlease.cli.args.Option;
import dev.qlease.cli.args.SortColumn;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.args.Values;
import dev.qlease.cli.output.CommandException;
import dev.qlease.cli.output.ExitCode;
import dev.qlease.cli.output.Output;
import dev.qlease.cli.output.Printable;
import dev.qlease.cli.output.Terminals;
import dev.qlease.cli.top.Tables.Section;
import dev.qlease.metrics.Rates;
import dev.qlease.metrics.Sampler;
import dev.qlease.rtnetlink.Link;
import java.io.IOException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.jline.terminal.Size;
import org.jspecify.annotations.Nullable;

/** {@code qlease top}. */
public final class Top {
    private static final Duration INTERVAL = Duration.ofSeconds(2);
    private static final Duration LEAST_INTERVAL = Duration.ofMillis(100);
    private static final Duration LONGEST_INTERVAL = Duration.ofDays(1);

    /** How often the terminal's size is looked at. */
    private static final Duration TURN = Duration.ofMillis(100);

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private final Sampler sampler;
    private final Rates rates = new Rates();
    private final Duration interval;
    private final String subject;
    private final Output output;
    private SortColumn sort;
    private boolean reversed;
    private int view;
    private int scroll;

    private Top(Sampler sampler, Duration interval, SortColumn sort, String subject, Output output) {
        this.sampler = sampler;
        this.interval = interval;
        this.sort = sort;
        this.subject = subject;
        this.output = output;
    }

    /** Shows refreshes until the user ends it, or one with {@code --once}. */
    public static void run(Arguments arguments, Output output) throws IOException {
        Duration interval = interval(arguments.value(Option.INTERVAL));
        SortColumn sort = SortColumn.parse(arguments.value(Option.SORT));
        @Nullable String netns = arguments.value(Option.NETNS);
        Sampler opened;
        String subject;
        try (Target target = Target.open(netns, arguments.argument().orElse(null))) {
            opened = Sampler.open(target.namespace(), target.ifindex());
            subject = target.link().map(Link::ifname).orElse("all devices") + (netns == null ? "" : " in " + netns);
        }
        try (Sampler sampler = opened) {
            Top top = new Top(sampler, interval, sort, subject, output);
            if (arguments.has(Option.ONCE)) {
                top.once(arguments.has(Option.JSON));
            } else if (!arguments.has(Option.JSON) && isOnTerminal()) {
                top.interactively();
            } else {
                top.forever(arguments.has(Option.JSON));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean isOnTerminal() {
        @Nullable String type = System.getenv("TERM");
        return type != null
                && !type.equals("dumb")
                && Terminals.isTerminal(Terminals.STANDARD_INPUT)
                && Terminals.isTerminal(Terminals.STANDARD_OUTPUT);
    }

    static Duration interval(@Nullable String seconds) {
        Duration interval = Values.duration(Option.INTERVAL, seconds).orElse(INTERVAL);
        if (interval.compareTo(LEAST_INTERVAL) < 0 || interval.compareTo(LONGEST_INTERVAL) > 0) {
            throw new CommandException(
                    ExitCode.USAGE,
                    Option.INTERVAL.longName() + " is 0.1 to " + LONGEST_INTERVAL.toSeconds() + " seconds, not \""
                            + seconds + "\"");
        }
        return interval;
    }

    private Tables tables() {
        return new Tables(rates, sort, reversed);
    }

    /** Prints one refresh. Rates take two samples, so it takes an interval. */
    private void once(boolean asJson) throws IOException, InterruptedException {
        Refresh.next(sampler, rates);
        Thread.sleep(interval);
        print(Refresh.next(sampler, rates), asJson);
    }

    private void forever(boolean asJson) throws IOException, InterruptedException {
        Refresh.next(sampler, rates);
        for (long next = System.nanoTime() + interval.toNanos(); ; next += interval.toNanos()) {
            Thread.sleep(Duration.ofNanos(Math.max(0, next - System.nanoTime())));
            print(Refresh.next(sampler, rates), asJson);
        }
    }

    private void print(Refresh refresh, boolean asJson) throws IOException {
        if (asJson) {
            JsonLine.print(refresh, tables(), output);
        } else {
            output.printLine(title(refresh));
            for (Section<?> section : tables().of(refresh.rows())) {
                if (!section.rows().isEmpty()) {
                    output.print("\n" + section.whole());
                }
            }
            refresh.failed()
                    .forEach(part -> output.print("\n"
                            + Printable.line(
                                    part.source().text() + ": " + part.problem().orElse(""))
                            + "\n"));
            output.print("\n");
        }
        output.flush();
    }

    private String title(Refresh refresh) {
        return TIME.format(refresh.sample().time().atZone(ZoneId.systemDefault())) + " " + subject + ", every "
                + interval.toMillis() / 1e3 + " s, by " + sort.text() + (reversed ? " reversed" : "");
    }

    private void interactively() throws IOException {
        try (Screen screen = Screen.open()) {
            boolean ended = false;
            while (!ended) {
                long next = System.nanoTime() + interval.toNanos();
                Refresh refresh = Refresh.next(sampler, rates);
                draw(screen, refresh);
                ended = untilNext(screen, refresh, next);
            }
        }
    }

    private void draw(Screen screen, Refresh refresh) throws IOException {
        Size size = screen.size();
        List<Section<?>> sections = tables().of(refresh.rows());
        if (view > 0) {
            scroll = Math.min(scroll, sections.get(view - 1).rows().size());
        }
        screen.draw(
                new Frame(title(refresh), view, scroll).lines(refresh, sections, size.getColumns(), size.getRows()));
    }

    /** Reacts to keys and to a new size until it is time for the next refresh; returns whether the user has ended it. */
    private boolean untilNext(Screen screen, Refresh refresh, long next) throws IOException {
        Size drawn = screen.size();
        for (long left = next - System.nanoTime(); left > 0; left = next - System.nanoTime()) {
            int key = screen.key(Duration.ofNanos(Math.min(left, TURN.toNanos())));
            if (key == 'q' || key == -1) {
                return true;
            }
            boolean changed = key != Screen.NONE && press(key, screen.size().getRows());
            if (changed || screen.isStale() || !screen.size().equals(drawn)) {
                drawn = screen.size();
                draw(screen, refresh);
            }
        }
        return false;
    }

    /** Returns whether the key has an effect. */
    private boolean press(int key, int height) {
        switch (key) {
            case '\t' -> {
                view = (view + 1) % (Tables.COUNT + 1);
                scroll = 0;
            }
            case 's' -> sort = sort.next();
            case 'r' -> reversed = !reversed;
            case Screen.UP -> scroll = Math.max(0, scroll - 1);
            case Screen.DOWN -> scroll++;
            case Screen.PAGE_UP -> scroll = Math.max(0, scroll - height);
            case Screen.PAGE_DOWN -> scroll += height;
            default -> {
                return false;
            }
        }
        return true;
    }
}
