package dev.qlease.rtnetlink;

import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import dev.qlease.rtnetlink.LinkAttributes.InfoSet;
import java.util.List;
import java.util.Optional;

/**
 * Which kind of link it is, and which kind of port of its master; set {@code linkinfo-attrs}.
 *
 * @param kind what made it, such as {@code netkit}; empty for hardware and loopback that belong to a master
 * @param data what it says as one of its kind; there whenever the kind is
 * @param slaveKind what its master is, such as {@code bridge}
 * @param slaveData what it says as a port of its master, which nobody here can read
 * @param unknown what a newer kernel says beside
 */
public record LinkInfo(
        Optional<String> kind,
        Optional<LinkKind> data,
        Optional<String> slaveKind,
        List<UnknownAttribute> slaveData,
        List<UnknownAttribute> unknown) {
    static LinkInfo of(Attributes info) {
        Optional<String> kind = info.find(InfoSet.KIND);
        return new LinkInfo(
                kind,
                kind.map(_ -> LinkKind.of(info)),
                info.find(InfoSet.SLAVE_KIND),
                info.has(InfoSet.SLAVE_DATA) ? info.get(InfoSet.SLAVE_DATA).unknown() : List.of(),
                info.unknown());
    }
}
