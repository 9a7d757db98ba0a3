package dev.qlease.rtnetlink;

import dev.qlease.linux.NetworkNamespace;
import dev.qlease.netlink.Attribute;
import dev.qlease.netlink.HardwareAddress;
import dev.qlease.netlink.IpAddress;
import dev.qlease.netlink.NamedValue;
import dev.qlease.netlink.Request;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The attributes that somebody asks for, in the order in which they were said: what the builders are made of. Immutable. */
final class Settings {
    /** A value whose bytes are made already. */
    static final class Encoded {
        private final byte[] bytes;
        private final String text;

        Encoded(byte[] bytes, String text) {
            this.bytes = bytes;
            this.text = text;
        }

        byte[] bytes() {
            return bytes;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    static final Settings NONE = new Settings(Map.of());

    private final Map<Attribute, Object> values;

    private Settings(Map<Attribute, Object> values) {
        this.values = values;
    }

    /** These with {@code attribute} as {@code value}, whatever it was before. */
    Settings with(Attribute attribute, Object value) {
        Map<Attribute, Object> more = new LinkedHashMap<>(values);
        more.put(attribute, value);
        return new Settings(more);
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    /** What {@code attribute} is to be, if anybody said. */
    Optional<Object> find(Attribute attribute) {
        return Optional.ofNullable(values.get(attribute));
    }

    /** Puts all of them. */
    void write(Request request) {
        values.forEach((attribute, value) -> write(request, attribute, value));
    }

    /** No switch over types, here and below: what Java sets up for one takes a starting process too long. */
    @SuppressWarnings("IfChainToSwitch")
    private static void write(Request request, Attribute attribute, Object value) {
        if (attribute instanceof Attribute.U8 a) {
            request.put(a, number(value));
        } else if (attribute instanceof Attribute.U16 a) {
            request.put(a, number(value));
        } else if (attribute instanceof Attribute.U32 a) {
            request.put(a, number(value));
        } else if (attribute instanceof Attribute.Text a) {
            request.put(a, (String) value);
        } else if (attribute instanceof Attribute.Binary a) {
            request.put(a, bytes(value));
        } else {
            throw new IllegalStateException("nobody says how " + attribute + " is put");
        }
    }

    @SuppressWarnings("IfChainToSwitch")
    private static byte[] bytes(Object value) {
        if (value instanceof HardwareAddress address) {
            return address.bytes();
        } else if (value instanceof IpAddress address) {
            return address.bytes();
        } else if (value instanceof Encoded structure) {
            return structure.bytes();
        }
        throw new IllegalStateException("nobody says how the bytes of " + value + " are made");
    }

    private static int number(Object value) {
        if (value instanceof NamedValue named) {
            return (int) named.number();
        } else if (value instanceof NetworkNamespace namespace) {
            return namespace.descriptor().number();
        }
        return ((Number) value).intValue();
    }

    /** Such as {@code {ifname=nk0, mtu=1400}}. */
    @Override
    public String toString() {
        return values.toString();
    }
}
