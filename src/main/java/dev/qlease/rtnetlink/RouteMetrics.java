package dev.qlease.rtnetlink;

import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.UnknownAttribute;
import dev.qlease.rtnetlink.RouteAttributes.MetricSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The metrics of a route for the protocols that use it; set {@code metrics}.
 *
 * @param lock the metrics that protocols may not change, one bit per RTAX_ number
 * @param mtu the MTU of the path in bytes
 * @param window maximum TCP window to advertise, in bytes
 * @param rtt round-trip time, in units of 1/8 millisecond
 * @param rttvar variance of the round-trip time, in units of 1/4 millisecond
 * @param ssthresh TCP's slow-start threshold
 * @param cwnd maximum congestion window, in segments
 * @param advmss segment size to advertise, in bytes
 * @param reordering number of segments that may arrive out of order
 * @param hoplimit hop limit
 * @param initcwnd initial congestion window, in segments
 * @param features RTAX_FEATURE_ flags
 * @param rtoMin minimum retransmission timeout in milliseconds
 * @param initrwnd initial receive window, in segments
 * @param quickack 1 to acknowledge without delay
 * @param ccAlgo TCP's congestion control algorithm
 * @param fastopenNoCookie 1 for TCP Fast Open without a cookie
 * @param unknown attributes that this library has no name for
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
