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

/** The attributes that a caller has set, in that order; the content of the specifications. Immutable. */
final class Settings {
    /** A value that is already encoded. */
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

    /** Returns these settings with {@code attribute} set to {@code value}, replacing a previous value. */
    Settings with(Attribute attribute, Object value) {
        Map<Attribute, Object> more = new LinkedHashMap<>(values);
        more.put(attribute, value);
        return new Settings(more);
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    /** Returns the value of {@code attribute}, if set. */
    Optional<Object> find(Attribute attribute) {
        return Optional.ofNullable(values.get(attribute));
    }

    /** Puts all attributes. */
    void write(Request request) {
        values.forEach((attribute, value) -> write(request, attribute, value));
    }

    /** No pattern switch here and below: its setup slows down a starting process. */
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
            throw new IllegalStateException("no way to encode " + attribute);
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
        throw new IllegalStateException("no way to encode " + value);
    }

    private static int number(Object value) {
        if (value instanceof NamedValue named) {
            return (int) named.number();
        } else if (value instanceof NetworkNamespace namespace) {
            return namespace.descriptor().number();
        }
        return ((Number) value).intValue();
    }

    /** Returns text such as {@code {ifname=nk0, mtu=1400}}. */
    @Override
    public String toString() {
        return values.toString();
    }
}
