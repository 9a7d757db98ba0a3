package dev.qlease.rtnetlink;

import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import dev.qlease.rtnetlink.LinkAttributes.XdpSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The XDP programs of a link; set {@code xdp-attrs}.
 *
 * @param attached where programs are attached
 * @param progId the program's id, if there is only one
 * @param drvProgId the id of the program in the driver
 * @param skbProgId the id of the program in the generic path
 * @param hwProgId the id of the program in the device
 * @param unknown attributes that this library has no name for
 */
public record LinkXdp(
        Optional<XdpAttached> attached,
        OptionalInt progId,
        OptionalInt drvProgId,
        OptionalInt skbProgId,
        OptionalInt hwProgId,
        List<UnknownAttribute> unknown) {
    static LinkXdp of(Attributes xdp) {
        return new LinkXdp(
                xdp.find(XdpSet.ATTACHED, XdpAttached::new),
                xdp.find(XdpSet.PROG_ID),
                xdp.find(XdpSet.DRV_PROG_ID),
                xdp.find(XdpSet.SKB_PROG_ID),
                xdp.find(XdpSet.HW_PROG_ID),
                xdp.unknown());
    }
}
