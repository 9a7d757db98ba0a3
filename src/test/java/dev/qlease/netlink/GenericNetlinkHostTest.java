package dev.qlease.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.UnsupportedException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** nlctrl of the kernel of this machine, asked about itself: that family every kernel has. */
@Tag("host")
@Timeout(30)
class GenericNetlinkHostTest {
    private static final AttributeSet.Builder TABLE = AttributeSet.table("nlctrl");
    private static final Attribute.U16 FAMILY_ID = TABLE.u16(Uapi.CTRL_ATTR_FAMILY_ID(), "family-id");
    private static final Attribute.Text FAMILY_NAME = TABLE.text(Uapi.CTRL_ATTR_FAMILY_NAME(), "family-name");
    private static final Attribute.U32 STRANGER = TABLE.u32(99, "stranger");
    private static final AttributeSet SET = TABLE.build();

    private static final Operation GET_FAMILY = Operation.generic(Uapi.CTRL_CMD_GETFAMILY(), "getfamily", SET, SET);
    private static final Operation NO_OPERATION = Operation.generic(77, "nothing", SET, SET);

    @Test
    void aFamilyTellsItsOperationsAndGroups() {
        try (GenericNetlink netlink = GenericNetlink.open()) {
            GenericFamily family = netlink.family("nlctrl");
            assertThat(family.name()).isEqualTo("nlctrl");
            assertThat(family.id()).isEqualTo(Uapi.GENL_ID_CTRL());
            assertThat(family.has(GET_FAMILY)).isTrue();
            assertThat(family.has(NO_OPERATION)).isFalse();
            assertThat(family.group("notify")).isPositive();
            assertThat(netlink.family("nlctrl")).isSameAs(family);
            assertThatExceptionOfType(UnsupportedException.class)
                    .isThrownBy(() -> family.group("nobody"))
                    .withMessageContaining("has no such group, only [notify]");
        }
    }

    @Test
    void aFamilyThatTheKernelLacksIsUnsupported() {
        try (GenericNetlink netlink = GenericNetlink.open()) {
            assertThatExceptionOfType(UnsupportedException.class)
                    .isThrownBy(() -> netlink.family("no-such-fam"))
                    .withMessage(
                            "family no-such-fam: this kernel has no generic netlink family no-such-fam (EOPNOTSUPP)")
                    .withCauseInstanceOf(NetlinkException.class);
        }
    }

    @Test
    void thePolicySaysWhatAnOperationAccepts() {
        try (GenericNetlink netlink = GenericNetlink.open()) {
            Policy policy = netlink.policy(netlink.family("nlctrl"), GET_FAMILY, false);
            assertThat(policy.accepts(FAMILY_NAME)).isTrue();
            assertThat(policy.find(FAMILY_NAME)).hasValueSatisfying(name -> {
                assertThat(name.kind()).isEqualTo("nul-string");
                assertThat(name.maxLength()).hasValue(15);
            });
            assertThat(policy.find(FAMILY_ID)).hasToString("Optional[u16 0..65535]");
            assertThat(policy.accepts(STRANGER)).isFalse();
            assertThat(policy.accepts(FAMILY_NAME, FAMILY_ID)).isFalse();
        }
    }

    @Test
    void anOperationWithoutAPolicyIsUnsupported() {
        try (GenericNetlink netlink = GenericNetlink.open()) {
            GenericFamily family = netlink.family("nlctrl");
            assertThatExceptionOfType(UnsupportedException.class)
                    .isThrownBy(() -> netlink.policy(family, NO_OPERATION, false))
                    .withMessageContaining("this kernel has none for it in family nlctrl");
        }
    }

    @Test
    void whatTheKernelRefusesIsNamed() {
        try (GenericNetlink netlink = GenericNetlink.open()) {
            GenericFamily family = netlink.family("nlctrl");
            assertThatExceptionOfType(NetlinkException.class)
                    .isThrownBy(() -> family.request(netlink.socket(), GET_FAMILY)
                            .put(FAMILY_NAME, "a-name-that-is-too-long")
                            .get(_ -> 1))
                    .satisfies(e -> assertThat(e.extendedAck().attribute()).contains("family-name"));
        }
    }

    @Test
    void familiesAreListed() {
        try (GenericNetlink netlink = GenericNetlink.open()) {
            GenericFamily family = netlink.family("nlctrl");
            assertThat(family.request(netlink.socket(), GET_FAMILY)
                            .dump(m ->
                                    m.attributes(SET, GET_FAMILY.headerSize()).get(FAMILY_NAME)))
                    .contains("nlctrl", "netdev", "ethtool");
        }
    }
}
