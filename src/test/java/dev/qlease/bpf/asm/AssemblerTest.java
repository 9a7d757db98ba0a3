package dev.qlease.bpf.asm;

import static dev.qlease.bpf.asm.Register.R0;
import static dev.qlease.bpf.asm.Register.R1;
import static dev.qlease.bpf.asm.Register.R10;
import static dev.qlease.bpf.asm.Register.R2;
import static dev.qlease.bpf.asm.Register.R3;
import static dev.qlease.bpf.asm.Register.R9;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.ffi.uapi.Uapi;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The bytes of instructions, as instruction-set.rst and the kernel's own assembler have them, and what is refused. */
class AssemblerTest {
    private static String bytes(Assembler assembler, ByteOrder order) {
        return HexFormat.of().formatHex(assembler.assemble().bytes(order, 0, 1, 2, 3));
    }

    private static Assembler code() {
        return new Assembler();
    }

    static Stream<Arguments> instructions() {
        return Stream.of(
                Arguments.of("r1 = r2", code().alu(Alu.MOV, R1, R2), "bf21000000000000"),
                Arguments.of("r0 = -1", code().alu(Alu.MOV, R0, -1), "b7000000ffffffff"),
                Arguments.of("w3 = 5", code().alu32(Alu.MOV, R3, 5), "b403000005000000"),
                Arguments.of("r3 += -48", code().alu(Alu.ADD, R3, -48), "07030000d0ffffff"),
                Arguments.of("w1 -= w2", code().alu32(Alu.SUB, R1, R2), "1c21000000000000"),
                Arguments.of("r1 *= r2", code().alu(Alu.MUL, R1, R2), "2f21000000000000"),
                Arguments.of("r1 /= 3", code().alu(Alu.DIV, R1, 3), "3701000003000000"),
                Arguments.of("r1 |= r2", code().alu(Alu.OR, R1, R2), "4f21000000000000"),
                Arguments.of("r1 &= 255", code().alu(Alu.AND, R1, 255), "57010000ff000000"),
                Arguments.of("r1 <<= 63", code().alu(Alu.LSH, R1, 63), "670100003f000000"),
                Arguments.of("w1 >>= 31", code().alu32(Alu.RSH, R1, 31), "740100001f000000"),
                Arguments.of("r1 %= r2", code().alu(Alu.MOD, R1, R2), "9f21000000000000"),
                Arguments.of("r1 ^= r1", code().alu(Alu.XOR, R1, R1), "af11000000000000"),
                Arguments.of("r1 s>>= 8", code().alu(Alu.ARSH, R1, 8), "c701000008000000"),
                Arguments.of("r9 = -r9", code().neg(R9), "8709000000000000"),
                Arguments.of("r2 = be16 r2", code().toBigEndian(R2, 16), "dc02000010000000"),
                Arguments.of("r2 = le64 r2", code().toLittleEndian(R2, 64), "d402000040000000"),
                Arguments.of(
                        "r1 = 0x1122334455667788 ll",
                        code().load64(R1, 0x1122334455667788L),
                        "18010000887766550000000044332211"),
                Arguments.of("r1 = map 3", code().loadMap(R1, 3), "18110000030000000000000000000000"),
                Arguments.of("lock *(u64 *)(r1 + 8) += r2", code().atomicAdd(Size.DW, R1, 8, R2), "db21080000000000"),
                Arguments.of("r2 = *(u8 *)(r1 + 5)", code().load(Size.B, R2, R1, 5), "7112050000000000"),
                Arguments.of("r2 = *(u16 *)(r1 - 2)", code().load(Size.H, R2, R1, -2), "6912feff00000000"),
                Arguments.of("r2 = *(u32 *)(r1 + 16)", code().load(Size.W, R2, R1, 16), "6112100000000000"),
                Arguments.of("r2 = *(u64 *)(r10 - 8)", code().load(Size.DW, R2, R10, -8), "79a2f8ff00000000"),
                Arguments.of("*(u64 *)(r10 - 8) = r1", code().store(Size.DW, R10, -8, R1), "7b1af8ff00000000"),
                Arguments.of("*(u32 *)(r10 - 4) = 7", code().store(Size.W, R10, -4, 7), "620afcff07000000"),
                Arguments.of("call 155", code().call(Uapi.BPF_FUNC_redirect_peer()), "850000009b000000"),
                Arguments.of("call kernel-function 4660", code().callFunction(0x1234), "8520000034120000"),
                Arguments.of("exit", code().exit(), "9500000000000000"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("instructions")
    void anInstructionHasTheKernelsBytes(String text, Assembler assembler, String expected) {
        assertThat(bytes(assembler, ByteOrder.LITTLE_ENDIAN)).as(text).isEqualTo(expected);
    }

    @Test
    void onBigEndianMachinesTheFirstRegisterIsInTheHighBits() {
        assertThat(bytes(code().load(Size.H, R2, R1, -2).alu(Alu.ADD, R3, 1), ByteOrder.BIG_ENDIAN))
                .isEqualTo("6921fffe00000000" + "0730000000000001");
    }

    @Test
    void jumpsCountFromTheNextInstruction() {
        Label back = new Label("back");
        Label out = new Label("out");
        Assembler assembler = code().bind(back)
                .jump(Condition.EQ, R1, 0, out)
                .jump32(Condition.SLE, R1, R2, out)
                .jump32(Condition.GE, R1, 0xe000_0000, back)
                .jump(Condition.SET, R1, R2, back)
                .jump(out)
                .bind(out)
                .exit();
        assertThat(bytes(assembler, ByteOrder.LITTLE_ENDIAN))
                .isEqualTo("1501040000000000" + "de21030000000000" + "3601fdff000000e0" + "4d21fcff00000000"
                        + "0500000000000000" + "9500000000000000");
    }

    @Test
    void aLabelWithoutAPlaceIsNamed() {
        assertThatThrownBy(() -> code().jump(new Label("nowhere")).exit().assemble())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the jump at instruction 0 goes to label nowhere, which is not bound");
    }

    @Test
    void aLabelBehindTheLastInstructionIsNamed() {
        Label end = new Label("end");
        assertThatThrownBy(() -> code().exit().jump(end).bind(end).assemble())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the jump at instruction 1 goes to label end, which is after the last instruction");
    }

    @Test
    void aLabelIsBoundOnce() {
        Label twice = new Label("twice");
        assertThatThrownBy(() -> code().bind(twice).exit().bind(twice))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("label twice is already bound at instruction 0 and cannot also be bound at 1");
    }

    @Test
    void twoLabelsOfOneNameAreTwoPlaces() {
        Label first = new Label("same");
        Label second = new Label("same");
        Code code =
                code().bind(first).jump(second).exit().bind(second).jump(first).assemble();
        assertThat(code.instructions()).extracting(Instruction::offset).containsExactly(1, 0, -3);
    }

    @Test
    void aJumpReachesOneLessThan32768InstructionsForth() {
        assertThat(jumpOver(32767).instructions().getFirst().offset()).isEqualTo(32767);
        assertThatThrownBy(() -> jumpOver(32768))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the jump at instruction 0 goes to label far, 32768 instructions away: a jump reaches"
                        + " -32768 to 32767");
    }

    private static Code jumpOver(int instructions) {
        Label far = new Label("far");
        Assembler assembler = code().jump(far);
        for (int i = 0; i < instructions; i++) {
            assembler.alu(Alu.MOV, R0, 0);
        }
        return assembler.bind(far).exit().assemble();
    }

    @Test
    void whatCannotBeEncodedIsRefusedAtOnce() {
        assertThatThrownBy(() -> code().alu(Alu.MOV, R10, 0))
                .hasMessage("r10 is the end of the stack and cannot be changed");
        assertThatThrownBy(() -> code().load(Size.W, R10, R1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> code().alu(Alu.LSH, R1, 64)).hasMessage("LSH shifts 64 bits by 0 to 63, not by 64");
        assertThatThrownBy(() -> code().alu32(Alu.ARSH, R1, 32))
                .hasMessage("ARSH shifts 32 bits by 0 to 31, not by 32");
        assertThatThrownBy(() -> code().alu(Alu.RSH, R1, -1)).hasMessage("RSH shifts 64 bits by 0 to 63, not by -1");
        assertThatThrownBy(() -> code().alu(Alu.MOD, R1, 0)).hasMessage("MOD by 0");
        assertThatThrownBy(() -> code().toBigEndian(R1, 8))
                .hasMessage("the byte order of 16, 32 or 64 bits is converted, not of 8");
        assertThatThrownBy(() -> code().load(Size.W, R1, R2, 32768))
                .hasMessage("an instruction's offset is -32768 to 32767, not 32768");
    }

    @Test
    void aMapsNumberBecomesItsDescriptor() {
        Code code = code().loadMap(R1, 1).load64(R2, 1).exit().assemble();
        assertThat(HexFormat.of().formatHex(code.bytes(ByteOrder.LITTLE_ENDIAN, 7, 9)))
                .isEqualTo(
                        "18110000090000000000000000000000" + "18020000010000000000000000000000" + "9500000000000000");
        assertThatThrownBy(() -> code.bytes(7)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void atomicOperationsAreOnWordsOrDoubleWords() {
        assertThatThrownBy(() -> code().atomicAdd(Size.H, R1, 0, R2))
                .hasMessage("atomic operations are on 4 or 8 bytes, not on size H");
    }
}
