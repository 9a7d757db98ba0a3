package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.StringJoiner;

/**
 * The kernel's explanation of an error number, or a warning with a success: NLMSGERR_ATTR_ in linux/netlink.h.
 *
 * @param message the kernel's message
 * @param attribute the path of the offending attribute, such as {@code lease.queue.id}
 * @param offset where that attribute begins, counted from the request's netlink header
 * @param missing the path of the attribute that is missing from the request
 * @param policy what the kernel accepts for the attribute, as text
 * @param cookie bytes whose meaning the family defines, in hexadecimal
 */
public record ExtendedAck(
        Optional<String> message,
        Optional<String> attribute,
        OptionalInt offset,
        Optional<String> missing,
        Optional<String> policy,
        Optional<String> cookie) {
    /** No explanation. */
    static final ExtendedAck NONE = new ExtendedAck(
            Optional.empty(),
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    private static final AttributeSet.Builder TABLE = AttributeSet.table("extended ack");
    private static final Attribute.Text MESSAGE = TABLE.text(Uapi.NLMSGERR_ATTR_MSG(), "msg");
    private static final Attribute.U32 OFFSET = TABLE.u32(Uapi.NLMSGERR_ATTR_OFFS(), "offset");
    private static final Attribute.Binary COOKIE = TABLE.binary(Uapi.NLMSGERR_ATTR_COOKIE(), "cookie");
    private static final Attribute.Nest POLICY = TABLE.nest(Uapi.NLMSGERR_ATTR_POLICY(), "policy", PolicyAttribute.SET);
    private static final Attribute.U32 MISSING_TYPE = TABLE.u32(Uapi.NLMSGERR_ATTR_MISS_TYPE(), "miss-type");
    private static final Attribute.U32 MISSING_NEST = TABLE.u32(Uapi.NLMSGERR_ATTR_MISS_NEST(), "miss-nest");

    /** The table of the attributes after struct nlmsgerr. */
    static final AttributeSet SET = TABLE.build();

    /** Reads {@code attributes}, finding names in the tables of {@code request}. */
    static ExtendedAck of(Attributes attributes, RequestImage request) {
        OptionalInt offset = attributes.find(OFFSET);
        Optional<String> attribute = Optional.empty();
        if (offset.isPresent()) {
            attribute = request.path(offset.getAsInt());
        }
        Optional<String> missing = Optional.empty();
        if (attributes.has(MISSING_TYPE)) {
            missing = Optional.of(request.missing(attributes.get(MISSING_TYPE), attributes.find(MISSING_NEST)));
        }
        return new ExtendedAck(
                attributes.find(MESSAGE),
                attribute,
                offset,
                missing,
                attributes.find(POLICY, policy -> PolicyAttribute.of(policy).toString()),
                attributes.find(COOKIE, BinaryFormat.HEX::format));
    }

    /** Returns whether it is empty. */
    public boolean isEmpty() {
        return message.isEmpty()
                && attribute.isEmpty()
                && offset.isEmpty()
                && missing.isEmpty()
                && policy.isEmpty()
                && cookie.isEmpty();
    }

    /** Returns what the kernel reports about attributes, as a suffix: "attribute x at offset 20, allowed: ...". */
    String details() {
        StringJoiner details = new StringJoiner(", ");
        attribute.ifPresent(name -> details.add("attribute " + name));
        offset.ifPresent(at -> details.add("at offset " + at));
        missing.ifPresent(name -> details.add("missing attribute " + name));
        policy.ifPresent(allowed -> details.add("allowed: " + allowed));
        return details.toString();
    }

    @Override
    public String toString() {
        String details = details();
        return message.orElse("") + (details.isEmpty() ? "" : " [" + details + "]");
    }
}
