package dev.qlease.cli.inspect;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.qlease.cli.args.Target;
import dev.qlease.cli.output.Output;
import dev.qlease.json.RecordWriter;
import dev.qlease.netdev.NetdevEvent;
import dev.qlease.netdev.NetdevEvent.DevEvent;
import dev.qlease.netdev.NetdevEvent.PagePoolEvent;
import dev.qlease.netdev.NetdevMonitor;
import dev.qlease.netlink.Notification;
import dev.qlease.netlink.NotificationSocket;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.RtnetlinkEvent;
import dev.qlease.rtnetlink.RtnetlinkEvent.LinkEvent;
import dev.qlease.rtnetlink.RtnetlinkMonitor;
import dev.qlease.rtnetlink.RtnetlinkMonitor.Group;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Prints events of links (rtnetlink), devices and page pools (netdev's groups {@code mgmt} and {@code page-pool}) as
 * they occur, each as a line or an object.
 *
 * <p>A JSON object has the members that the kernel's own client prints, {@code name} and {@code msg}, and {@code time}.
 * Where the kernel dropped notifications, an object with the name {@code missed} follows: a reader that tracks state
 * must list it again.
 */
public final class Monitor {
    /** Bytes of notifications that the kernel queues for this process. */
    private static final int RECEIVE_QUEUE = 1 << 20;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);

    private final Target target;
    private final boolean asJson;
    private final Output output;
    private final LinkNames names;
    private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();

    public Monitor(Target target, boolean asJson, Output output) {
        this.target = target;
        this.asJson = asJson;
        this.output = output;
        this.names = new LinkNames(target.rtnetlink().links());
    }

    /** Prints events until {@code duration} has elapsed or the output's reader is gone. */
    public void run(Optional<Duration> duration) throws IOException {
        try (NotificationSocket<RtnetlinkEvent> links =
                        RtnetlinkMonitor.open(target.namespace(), RECEIVE_QUEUE, Set.of(Group.LINK));
                NotificationSocket<NetdevEvent> devices = NetdevMonitor.open(target.namespace(), RECEIVE_QUEUE)) {
            names.list();
            if (!asJson) {
                output.note("listening for events of links, devices and page pools; stop with Ctrl-C");
            }
            start("rtnetlink", links);
            start("netdev", devices);
            await(duration);
        }
    }

    /** Returns the number of cached link names. */
    synchronized int known() {
        return names.size();
    }

    private void start(String family, NotificationSocket<?> socket) {
        Thread.ofPlatform().daemon().name("qlease-" + family).start(() -> {
            try {
                for (Notification<?> notification : socket) {
                    print(family, notification);
                }
            } catch (IOException | RuntimeException | Error e) {
                end.completeExceptionally(e);
            }
        });
    }

    private void await(Optional<Duration> duration) throws IOException {
        try {
            if (duration.isPresent()) {
                end.get(duration.get().toNanos(), TimeUnit.NANOSECONDS);
            } else {
                end.get();
            }
        } catch (TimeoutException e) {
            // The requested duration has elapsed.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }

    private synchronized void print(String family, Notification<?> notification) throws IOException {
        if (notification instanceof Notification.Event<?>(Object event)) {
            switch (event) {
                case LinkEvent e -> {
                    names.put(e.link());
                    print(
                            e.change().name().toLowerCase(Locale.ROOT) + "link",
                            e.link(),
                            Optional.of(e.link().ifindex()),
                            details(e.link()));
                    if (e.change() == RtnetlinkEvent.Change.DEL) {
                        names.remove(e.link().ifindex());
                    }
                }
                case DevEvent e ->
                    print(name("dev", e), e.dev(), Optional.of(e.dev().ifindex()), "");
                case PagePoolEvent e -> {
                    var ifindex = e.pagePool().ifindex();
                    print(
                            name("page-pool", e),
                            e.pagePool(),
                            ifindex.isPresent() ? Optional.of(ifindex.getAsInt()) : Optional.empty(),
                            "id " + Long.toUnsignedString(e.pagePool().id()));
                }
                default -> throw new IllegalStateException("an event of a kind that was not subscribed to: " + event);
            }
        } else {
            // Links may have been deleted or renamed in the meantime.
            names.clear();
            print("missed", new Missed(family), Optional.empty(), "events of " + family + ": list again");
        }
    }

    /**
     * Stands for lost events. Public, so that it can be written as JSON.
     *
     * @param family the family whose events were lost
     */
    public record Missed(String family) {}

    private static String name(String object, NetdevEvent event) {
        return object + "-" + event.change().name().toLowerCase(Locale.ROOT) + "-ntf";
    }

    private static String details(Link link) {
        String kind = link.kind().map(k -> k + " ").orElse("");
        String state = link.operstate().map(s -> s.text()).orElse("");
        String flags = String.join(",", link.flags().names().flags(link.flags().number()));
        return kind + state + " <" + flags + ">";
    }

    private void print(String name, Record message, Optional<Integer> ifindex, String details) throws IOException {
        Instant now = Instant.now();
        if (asJson) {
            try (JsonGenerator json = output.json()) {
                json.writeStartObject();
                json.writeStringField("time", now.toString());
                json.writeStringField("name", name);
                json.writeFieldName("msg");
                RecordWriter.brief(json, names::find).write(message);
                json.writeEndObject();
            }
            output.print("\n");
        } else {
            String device =
                    ifindex.map(i -> i + " " + names.find(i).orElse("-") + " ").orElse("");
            output.printLine(TIME.format(now.atZone(ZoneId.systemDefault())) + " " + name + " " + device + details);
        }
        output.flush();
    }
}
