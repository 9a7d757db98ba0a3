package dev.qlease.bpf;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/**
 * The kernel's information about a loaded program; struct bpf_prog_info.
 *
 * @param type the number of its type, enum bpf_prog_type
 * @param id its id, as bpftool shows it
 * @param tag a hash of its instructions, in hexadecimal
 * @param name its name
 */
public record ProgramInfo(int type, int id, String tag, String name) {
    static ProgramInfo of(MemorySegment info) {
        return new ProgramInfo(
                BpfField.PROG_INFO_TYPE.get(info),
                BpfField.PROG_INFO_ID.get(info),
                HexFormat.of().formatHex(BpfField.PROG_INFO_TAG.bytes(info)),
                BpfField.PROG_INFO_NAME.text(info));
    }
}
