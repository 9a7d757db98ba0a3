package dev.qlease.ethtool;

import dev.qlease.ethtool.EthtoolAttributes.HeaderSet;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.netlink.Attribute.Nest;
import dev.qlease.netlink.Attribute.Text;
import dev.qlease.netlink.Attribute.U32;
import dev.qlease.netlink.AttributeSet;
import dev.qlease.netlink.Attributes;
import dev.qlease.netlink.Operation;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The running kernel's lists of names, ETH_SS_ in linux/ethtool.h, each requested once. Thread-safe. */
final class StringSets {
    private static final class StringSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("string");
        static final U32 INDEX = TABLE.u32(Uapi.ETHTOOL_A_STRING_INDEX(), "index");
        static final Text VALUE = TABLE.text(Uapi.ETHTOOL_A_STRING_VALUE(), "value");
        static final AttributeSet SET = TABLE.build();
    }

    private static final class StringsSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("strings");
        static final Nest STRING = TABLE.nest(Uapi.ETHTOOL_A_STRINGS_STRING(), "string", StringSet.SET);
        static final AttributeSet SET = TABLE.build();
    }

    private static final class StringsetSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("stringset");
        static final U32 ID = TABLE.u32(Uapi.ETHTOOL_A_STRINGSET_ID(), "id");
        static final Nest STRINGS = TABLE.nest(Uapi.ETHTOOL_A_STRINGSET_STRINGS(), "strings", StringsSet.SET);
        static final AttributeSet SET = TABLE.build();
    }

    private static final class StringsetsSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("stringsets");
        static final Nest STRINGSET = TABLE.nest(Uapi.ETHTOOL_A_STRINGSETS_STRINGSET(), "stringset", StringsetSet.SET);
        static final AttributeSet SET = TABLE.build();
    }

    private static final class StrsetSet {
        private static final AttributeSet.Builder TABLE = AttributeSet.table("strset");
        static final Nest HEADER = TABLE.nest(Uapi.ETHTOOL_A_STRSET_HEADER(), "header", HeaderSet.SET);
        static final Nest STRINGSETS = TABLE.nest(Uapi.ETHTOOL_A_STRSET_STRINGSETS(), "stringsets", StringsetsSet.SET);
        static final AttributeSet SET = TABLE.build();
    }

    private static final Operation GET =
            DeviceRequests.operation(Uapi.ETHTOOL_MSG_STRSET_GET(), "strset-get", StrsetSet.SET);

    private final DeviceRequests requests;
    private final Map<Integer, Map<Integer, String>> known = new ConcurrentHashMap<>();

    StringSets(DeviceRequests requests) {
        this.requests = requests;
    }

    /**
     * Returns the names of a set that is the same for all devices, by number.
     *
     * @param id ETH_SS_
     */
    Map<Integer, String> names(int id) {
        Map<Integer, String> names = known.get(id);
        if (names == null) {
            names = ask(id);
            known.put(id, names);
        }
        return names;
    }

    private Map<Integer, String> ask(int id) {
        return requests.begin(GET)
                .about("string set " + id)
                .begin(StrsetSet.HEADER)
                .end()
                .begin(StrsetSet.STRINGSETS)
                .begin(StringsetsSet.STRINGSET)
                .put(StringsetSet.ID, id)
                .end()
                .end()
                .get(DeviceRequests.reply(GET, StringSets::read));
    }

    private static Map<Integer, String> read(Attributes a) {
        Map<Integer, String> names = new LinkedHashMap<>();
        a.get(StrsetSet.STRINGSETS)
                .get(StringsetsSet.STRINGSET)
                .get(StringsetSet.STRINGS)
                .all(StringsSet.STRING, string -> Map.entry(string.get(StringSet.INDEX), string.get(StringSet.VALUE)))
                .forEach(name -> names.put(name.getKey(), name.getValue()));
        return Collections.unmodifiableMap(names);
    }
}
