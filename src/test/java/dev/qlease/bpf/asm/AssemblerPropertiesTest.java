package dev.qlease.bpf.asm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for all programs that can be put together. */
class AssemblerPropertiesTest {
    private static Arbitrary<Register> registers() {
        return Arbitraries.of(Register.class);
    }

    private static Arbitrary<Register> writable() {
        return registers().filter(register -> register != Register.R10);
    }

    private static Arbitrary<Integer> offsets() {
        return Arbitraries.integers().between(-32768, 32767);
    }

    @Provide
    Arbitrary<List<Consumer<Assembler>>> programs() {
        Arbitrary<Consumer<Assembler>> ofRegisters = Combinators.combine(
                        Arbitraries.of(Alu.class), writable(), registers())
                .as((op, dst, src) -> code -> code.alu(op, dst, src).alu32(op, dst, src));
        Arbitrary<Consumer<Assembler>> ofConstants = Combinators.combine(
                        Arbitraries.of(Alu.class),
                        writable(),
                        Arbitraries.integers().between(1, 31))
                .as((op, dst, imm) -> code -> code.alu(op, dst, imm).alu32(op, dst, imm));
        Arbitrary<Consumer<Assembler>> moves = Combinators.combine(
                        Arbitraries.of(Size.class), writable(), registers(), offsets())
                .as((size, a, b, offset) -> code ->
                        code.load(size, a, b, offset).store(size, b, offset, a).store(size, a, offset, offset));
        Arbitrary<Consumer<Assembler>> wide = Combinators.combine(writable(), Arbitraries.longs())
                .as((dst, value) -> code -> code.load64(dst, value).neg(dst).toBigEndian(dst, 32));
        Arbitrary<Consumer<Assembler>> jumps = Combinators.combine(
                        Arbitraries.of(Condition.class), registers(), registers(), Arbitraries.integers())
                .as((condition, a, b, imm) -> code -> {
                    Label next = new Label("next");
                    code.jump(condition, a, b, next)
                            .jump32(condition, a, imm, next)
                            .jump(next)
                            .bind(next)
                            .call(imm);
                });
        return Arbitraries.oneOf(ofRegisters, ofConstants, moves, wide, jumps)
                .list()
                .ofMaxSize(60);
    }

    @Property
    void anInstructionIsEightBytesWhateverTheByteOrder(@ForAll("programs") List<Consumer<Assembler>> parts) {
        Assembler assembler = new Assembler();
        parts.forEach(part -> part.accept(assembler));
        Code code = assembler.exit().assemble();
        ByteBuffer little = ByteBuffer.wrap(code.bytes(ByteOrder.LITTLE_ENDIAN)).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer big = ByteBuffer.wrap(code.bytes(ByteOrder.BIG_ENDIAN));
        assertThat(little.capacity()).isEqualTo(8 * code.instructions().size()).isEqualTo(big.capacity());
        for (Instruction instruction : code.instructions()) {
            assertThat(Byte.toUnsignedInt(little.get())).isEqualTo(instruction.code());
            assertThat(Byte.toUnsignedInt(big.get())).isEqualTo(instruction.code());
            int registers = Byte.toUnsignedInt(little.get());
            assertThat(registers & 15).isEqualTo(instruction.dst().number());
            assertThat(registers >> 4).isEqualTo(instruction.src().number());
            assertThat(Byte.toUnsignedInt(big.get())).isEqualTo((registers & 15) << 4 | registers >> 4);
            assertThat(little.getShort()).isEqualTo(big.getShort()).isEqualTo((short) instruction.offset());
            assertThat(little.getInt()).isEqualTo(big.getInt()).isEqualTo(instruction.imm());
        }
    }
}
