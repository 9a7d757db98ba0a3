package dev.qlease.cli.inspect;

import dev.qlease.netlink.DumpInterruptedException;
import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Links;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The names of existing links by ifindex. Names known from events are cached; others are looked up. Deleted links are
 * removed. Not thread-safe.
 */
final class LinkNames {
    private final Links links;
    private final Map<Integer, String> known = new HashMap<>();

    LinkNames(Links links) {
        this.links = links;
    }

    /** Lists the links. If they change too fast to be listed, each is looked up when its name is needed. */
    void list() {
        try {
            known.putAll(links.names());
        } catch (DumpInterruptedException e) {
            known.clear();
        }
    }

    /** Caches the name of {@code link}, which has just appeared or changed. */
    void put(Link link) {
        known.put(link.ifindex(), link.ifname());
    }

    /** Removes a deleted link. */
    void remove(int ifindex) {
        known.remove(ifindex);
    }

    /** Removes all names, because events were lost. */
    void clear() {
        known.clear();
    }

    /** Returns the number of cached names. */
    int size() {
        return known.size();
    }

    /** Returns the name of a link, looked up if no event has announced it yet; empty if there is none. */
    Optional<String> find(int ifindex) {
        String name = known.get(ifindex);
        return name != null ? Optional.of(name) : links.find(ifindex).map(Link::ifname);
    }
}
