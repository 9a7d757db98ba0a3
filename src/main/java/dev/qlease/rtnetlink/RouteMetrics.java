package dev.qlease.rtnetlink;

import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import dev.qlease.rtnetlink.RouteAttributes.MetricSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a route says to the protocols that use it; set {@code metrics}.
 *
 * @param lock which of these they may not change, as a bit for each by RTAX_ number
 * @param mtu the path's, in bytes
 * @param window the largest TCP window to advertise, in bytes
 * @param rtt the round trip's time, in milliseconds / 8
 * @param rttvar how that varies, in milliseconds / 4
 * @param ssthresh TCP's slow-start threshold
 * @param cwnd the largest congestion window, in segments
 * @param advmss the segment size to advertise, in bytes
 * @param reordering segments that may come out of order
 * @param hoplimit the hop limit
 * @param initcwnd the congestion window to begin with, in segments
 * @param features RTAX_FEATURE_ flags
 * @param rtoMin the least retransmission timeout, in milliseconds
 * @param initrwnd the receive window to begin with, in segments
 * @param quickack 1 to acknowledge without delay
 * @param ccAlgo TCP's congestion control
 * @param fastopenNoCookie 1 for TCP fast open without a cookie
 * @param unknown what a newer kernel says beside
 */
public record RouteMetrics(
        OptionalLong lock,
        OptionalLong mtu,
        OptionalLong window,
        OptionalLong rtt,
        OptionalLong rttvar,
        OptionalLong ssthresh,
        OptionalLong cwnd,
        OptionalLong advmss,
        OptionalLong reordering,
        OptionalLong hoplimit,
        OptionalLong initcwnd,
        OptionalLong features,
        OptionalLong rtoMin,
        OptionalLong initrwnd,
        OptionalLong quickack,
        Optional<String> ccAlgo,
        OptionalLong fastopenNoCookie,
        List<UnknownAttribute> unknown) {
    static RouteMetrics of(Attributes metrics) {
        return new RouteMetrics(
                metrics.findUnsigned(MetricSet.LOCK),
                metrics.findUnsigned(MetricSet.MTU),
                metrics.findUnsigned(MetricSet.WINDOW),
                metrics.findUnsigned(MetricSet.RTT),
                metrics.findUnsigned(MetricSet.RTTVAR),
                metrics.findUnsigned(MetricSet.SSTHRESH),
                metrics.findUnsigned(MetricSet.CWND),
                metrics.findUnsigned(MetricSet.ADVMSS),
                metrics.findUnsigned(MetricSet.REORDERING),
                metrics.findUnsigned(MetricSet.HOPLIMIT),
                metrics.findUnsigned(MetricSet.INITCWND),
                metrics.findUnsigned(MetricSet.FEATURES),
                metrics.findUnsigned(MetricSet.RTO_MIN),
                metrics.findUnsigned(MetricSet.INITRWND),
                metrics.findUnsigned(MetricSet.QUICKACK),
                metrics.find(MetricSet.CC_ALGO),
                metrics.findUnsigned(MetricSet.FASTOPEN_NO_COOKIE),
                metrics.unknown());
    }
}
