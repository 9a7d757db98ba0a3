package dev.qlease.rtnetlink;

import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import dev.qlease.rtnetlink.LinkAttributes.InfoSet;
import java.util.List;
import java.util.Optional;

/**
 * The kind of a link, and the kind of its master; set {@code linkinfo-attrs}.
 *
 * @param kind its kind, such as {@code netkit}; empty for hardware and loopback devices with a master
 * @param data the data of its kind; present if the kind is
 * @param slaveKind the kind of its master, such as {@code bridge}
 * @param slaveData its data as a port of its master, which this library does not decode
 * @param unknown attributes that this library has no name for
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
