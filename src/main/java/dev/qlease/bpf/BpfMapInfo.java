package dev.qlease.bpf;

import java.lang.foreign.MemorySegment;

/**
 * The kernel's information about a map; struct bpf_map_info.
 *
 * @param type the number of its type, enum bpf_map_type
 * @param id its id, as bpftool shows it
 * @param keySize size of a key in bytes
 * @param valueSize size of a value in bytes
 * @param maxEntries maximum number of entries
 * @param name its name
 */
public record BpfMapInfo(int type, int id, int keySize, int valueSize, int maxEntries, String name) {
    static BpfMapInfo of(MemorySegment info) {
        return new BpfMapInfo(
                BpfField.MAP_INFO_TYPE.get(info),
                BpfField.MAP_INFO_ID.get(info),
                BpfField.MAP_INFO_KEY_SIZE.get(info),
                BpfField.MAP_INFO_VALUE_SIZE.get(info),
                BpfField.MAP_INFO_MAX_ENTRIES.get(info),
                BpfField.MAP_INFO_NAME.text(info));
    }
}
