package dev.qlease.netdev;

import dev.qlease.netdev.NetdevAttributes.DevAttributes;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import java.util.List;
import java.util.OptionalLong;

/**
 * A network device as this family describes it: its support for XDP and AF_XDP.
 *
 * @param ifindex the device
 * @param xdpFeatures its support for XDP
 * @param xdpZcMaxSegs maximum number of buffers per frame for AF_XDP zero-copy
 * @param xdpRxMetadataFeatures metadata of received frames that XDP programs can read
 * @param xskFeatures its support for AF_XDP senders
 * @param unknown attributes that this library has no name for
 */
public record Dev(
        int ifindex,
        XdpFeatures xdpFeatures,
        OptionalLong xdpZcMaxSegs,
        XdpRxMetadata xdpRxMetadataFeatures,
        XskFlags xskFeatures,
        List<UnknownAttribute> unknown) {
    static Dev of(Attributes a) {
        return new Dev(
                a.get(DevAttributes.IFINDEX),
                new XdpFeatures(a.find(DevAttributes.XDP_FEATURES).orElse(0)),
                a.findUnsigned(DevAttributes.XDP_ZC_MAX_SEGS),
                new XdpRxMetadata(a.find(DevAttributes.XDP_RX_METADATA_FEATURES).orElse(0)),
                new XskFlags(a.find(DevAttributes.XSK_FEATURES).orElse(0)),
                a.unknown());
    }
}
