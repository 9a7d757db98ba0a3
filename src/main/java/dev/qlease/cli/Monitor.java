package dev.qlease.cli;

import com.fasterxml.jackson.core.JsonGenerator;
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
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Prints what happens to links (rtnetlink), devices and page pools (netdev's groups {@code mgmt} and {@code page-pool}), a
 * line or an object each, as it happens.
 *
 * <p>As JSON an object has what the kernel's own client prints, {@code name} and {@code msg}, and the {@code time}. Where the
 * kernel had to throw notifications away there is one whose name is {@code missed}: whoever keeps a picture lists anew.
 */
final class Monitor {
    /** Bytes that the kernel keeps for a reader who is late. */
    private static final int RECEIVE_QUEUE = 1 << 20;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);

    private final Target target;
    private final boolean asJson;
    private final Output output;
    private final Map<Integer, String> names = new HashMap<>();
    private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();

    Monitor(Target target, boolean asJson, Output output) {
        this.target = target;
        this.asJson = asJson;
        this.output = output;
    }

    /** Prints until {@code duration} is over or nobody reads any more. */
    void run(Optional<Duration> duration) throws IOException {
        try (NotificationSocket<RtnetlinkEvent> links =
                        RtnetlinkMonitor.open(target.namespace(), RECEIVE_QUEUE, Set.of(Group.LINK));
                NotificationSocket<NetdevEvent> devices = NetdevMonitor.open(target.namespace(), RECEIVE_QUEUE)) {
            names.putAll(target.rtnetlink().links().names());
            if (!asJson) {
                output.note("listening to links, devices and page pools; Ctrl-C ends it");
            }
            start("rtnetlink", links);
            start("netdev", devices);
            await(duration);
        }
    }

    private void start(String family, NotificationSocket<?> socket) {
        Thread.ofPlatform().daemon().name("qlease-" + family).start(() -> {
            try {
                for (Notification<?> notification : socket) {
                    print(family, notification);
                }
            } catch (IOException | RuntimeException e) {
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
            // That is the end that was asked for.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }

    private synchronized void print(String family, Notification<?> notification) throws IOException {
        if (notification instanceof Notification.Event<?>(Object event)) {
            switch (event) {
                case LinkEvent e -> {
                    names.put(e.link().ifindex(), e.link().ifname());
                    print(
                            e.change().name().toLowerCase(Locale.ROOT) + "link",
                            e.link(),
                            Optional.of(e.link().ifindex()),
                            details(e.link()));
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
                default -> throw new IllegalStateException("an event of no kind that was asked for: " + event);
            }
        } else {
            print("missed", new Missed(family), Optional.empty(), "events of " + family + ": list anew");
        }
    }

    /**
     * Stands for what is not known.
     *
     * @param family whose events are missing
     */
    private record Missed(String family) {}

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
                new RecordJson(json, this::name).write(message);
                json.writeEndObject();
            }
            output.print("\n");
        } else {
            String device =
                    ifindex.map(i -> i + " " + name(i).orElse("-") + " ").orElse("");
            output.print(TIME.format(now.atZone(ZoneId.systemDefault())) + " " + name + " " + device + details + "\n");
        }
        output.flush();
    }

    /** A device's name. The two sockets' events come in any order, so that one may be of a device not heard of yet. */
    private Optional<String> name(int ifindex) {
        String known = names.get(ifindex);
        return known != null
                ? Optional.of(known)
                : target.rtnetlink().links().find(ifindex).map(Link::ifname);
    }
}
