package dev.qlease.netlink;

import dev.qlease.ffi.uapi.Uapi;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.StringJoiner;

/**
 * What a kernel accepts for one attribute: NL_POLICY_TYPE_ATTR_ in linux/netlink.h.
 *
 * @param type the number of its type, NL_ATTR_TYPE_
 * @param kind the name of its type, such as {@code u32}
 * @param minValue the smallest valid number
 * @param maxValue the largest valid number
 * @param minLength the minimum length in bytes
 * @param maxLength the maximum length in bytes
 * @param nested the index, in the same dump, of the policy of the nested attributes
 * @param mask the valid bits
 */
public record PolicyAttribute(
        int type,
        String kind,
        OptionalLong minValue,
        OptionalLong maxValue,
        OptionalLong minLength,
        OptionalLong maxLength,
        OptionalInt nested,
        OptionalLong mask) {
    private static final Names KINDS = Names.of(
            "invalid",
            "flag",
            "u8",
            "u16",
            "u32",
            "u64",
            "s8",
            "s16",
            "s32",
            "s64",
            "binary",
            "string",
            "nul-string",
            "nested",
            "nested-array",
            "bitfield32",
            "sint",
            "uint");

    private static final Set<String> SIGNED = Set.of("s8", "s16", "s32", "s64", "sint");

    private static final AttributeSet.Builder TABLE = AttributeSet.table("policy attribute");
    private static final Attribute.U32 TYPE = TABLE.u32(Uapi.NL_POLICY_TYPE_ATTR_TYPE(), "type", KINDS);
    private static final Attribute.U64 MIN_S = TABLE.u64(Uapi.NL_POLICY_TYPE_ATTR_MIN_VALUE_S(), "min-value-signed");
    private static final Attribute.U64 MAX_S = TABLE.u64(Uapi.NL_POLICY_TYPE_ATTR_MAX_VALUE_S(), "max-value-signed");
    private static final Attribute.U64 MIN_U = TABLE.u64(Uapi.NL_POLICY_TYPE_ATTR_MIN_VALUE_U(), "min-value");
    private static final Attribute.U64 MAX_U = TABLE.u64(Uapi.NL_POLICY_TYPE_ATTR_MAX_VALUE_U(), "max-value");
    private static final Attribute.U32 MIN_LENGTH = TABLE.u32(Uapi.NL_POLICY_TYPE_ATTR_MIN_LENGTH(), "min-length");
    private static final Attribute.U32 MAX_LENGTH = TABLE.u32(Uapi.NL_POLICY_TYPE_ATTR_MAX_LENGTH(), "max-length");
    private static final Attribute.U32 NESTED = TABLE.u32(Uapi.NL_POLICY_TYPE_ATTR_POLICY_IDX(), "policy-idx");
    private static final Attribute.U32 MASK_32 =
            TABLE.u32(Uapi.NL_POLICY_TYPE_ATTR_BITFIELD32_MASK(), "bitfield32-mask");
    private static final Attribute.U64 MASK = TABLE.u64(Uapi.NL_POLICY_TYPE_ATTR_MASK(), "mask");

    static {
        TABLE.u32(Uapi.NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE(), "policy-maxtype");
        TABLE.pad(Uapi.NL_POLICY_TYPE_ATTR_PAD());
    }

    /** The table. */
    static final AttributeSet SET = TABLE.build();

    static PolicyAttribute of(Attributes a) {
        int type = a.find(TYPE).orElse(0);
        return new PolicyAttribute(
                type,
                KINDS.name(type),
                a.has(MIN_S) ? a.find(MIN_S) : a.find(MIN_U),
                a.has(MAX_S) ? a.find(MAX_S) : a.find(MAX_U),
                unsigned(a, MIN_LENGTH),
                unsigned(a, MAX_LENGTH),
                a.find(NESTED),
                a.has(MASK) ? a.find(MASK) : unsigned(a, MASK_32));
    }

    private static OptionalLong unsigned(Attributes a, Attribute.U32 attribute) {
        return a.has(attribute) ? OptionalLong.of(a.getUnsigned(attribute)) : OptionalLong.empty();
    }

    /** Returns text such as {@code u32 1..2147483647}. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(" ");
        text.add(kind);
        for (String range : List.of(range(minValue, maxValue, ""), range(minLength, maxLength, " bytes"))) {
            if (!range.isEmpty()) {
                text.add(range);
            }
        }
        mask.ifPresent(bits -> text.add("mask 0x" + Long.toHexString(bits)));
        return text.toString();
    }

    private String range(OptionalLong min, OptionalLong max, String unit) {
        return min.isEmpty() && max.isEmpty() ? "" : number(min) + ".." + number(max) + unit;
    }

    private String number(OptionalLong value) {
        if (value.isEmpty()) {
            return "";
        }
        return SIGNED.contains(kind) ? Long.toString(value.getAsLong()) : Long.toUnsignedString(value.getAsLong());
    }
}
