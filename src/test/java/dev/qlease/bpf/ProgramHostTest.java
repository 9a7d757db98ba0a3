package dev.qlease.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.qlease.bpf.asm.Alu;
import dev.qlease.bpf.asm.Assembler;
import dev.qlease.bpf.asm.Code;
import dev.qlease.bpf.asm.Register;
import dev.qlease.ffi.uapi.Uapi;
import dev.qlease.linux.Errno;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Loading programs into this machine's kernel. */
@Tag("host")
class ProgramHostTest {
    private static ProgramSpec answering(int verdict) {
        return ProgramSpec.ofPackets(
                "answer",
                new Assembler().alu(Alu.MOV, Register.R0, verdict).exit().assemble());
    }

    @Test
    void aProgramRunsAndIsShownByTheKernel() {
        try (Program program = TestRun.load(answering(Uapi.TC_ACT_SHOT()))) {
            assertThat(TestRun.verdict(program, Packets.tcp("192.0.2.1"))).isEqualTo(Uapi.TC_ACT_SHOT());
            ProgramInfo info = program.info();
            assertThat(info.id()).isPositive().isEqualTo(program.id());
            assertThat(info.name()).isEqualTo("answer");
            assertThat(info.type()).isEqualTo(Uapi.BPF_PROG_TYPE_SCHED_CLS());
            assertThat(info.tag()).matches("[0-9a-f]{16}");
        }
    }

    @Test
    void theExpectedAttachTypeIsAcceptedForOne() {
        ProgramSpec spec = answering(0);
        TestRun.load(ProgramSpec.ofPacketsAt(AttachType.TCX_INGRESS, spec.name(), spec.code()))
                .close();
    }

    @Test
    void theVerifiersWordsStandInTheException() {
        TestRun.load(answering(0)).close();
        ProgramSpec spec =
                ProgramSpec.ofPackets("no_answer", new Assembler().exit().assemble());
        assertThatThrownBy(() -> Program.load(spec))
                .isInstanceOfSatisfying(BpfException.class, e -> {
                    assertThat(e.is(Errno.EACCES)).isTrue();
                    assertThat(e.log()).contains("R0 !read_ok", "processed ");
                })
                .hasMessageStartingWith("load BPF program no_answer: Permission denied; verifier log: ")
                .hasMessageEndingWith("R0 !read_ok (EACCES)");
    }

    @Test
    void aLogOfSomeMegabytesComesWhole() {
        TestRun.load(answering(0)).close();
        Assembler code = new Assembler();
        for (int i = 0; i < 20_000; i++) {
            code.alu(Alu.MOV, Register.R1, i);
        }
        assertThatThrownBy(() -> Program.load(
                        ProgramSpec.ofPackets("long_log", code.exit().assemble())))
                .isInstanceOfSatisfying(BpfException.class, e -> {
                    assertThat(e.is(Errno.EACCES)).isTrue();
                    assertThat(e.log().length()).isGreaterThan(400_000);
                    assertThat(e.log()).startsWith("0: ").contains("R0 !read_ok");
                    assertThat(e.getMessage().length()).isLessThan(400);
                });
    }

    @Test
    void noInstructionsAreNoProgram() {
        assertThatThrownBy(() -> TestRun.load(ProgramSpec.ofPackets("empty", new Assembler().assemble()))
                        .close())
                .isInstanceOf(BpfException.class);
    }

    @Test
    void aClosedProgramCanNotBeUsed() {
        Program program = TestRun.load(answering(0));
        program.close();
        program.close();
        assertThatThrownBy(program::info).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aProgramsNameIsCheckedBeforeTheKernelSeesIt() {
        Code code = new Assembler().exit().assemble();
        assertThat(ProgramSpec.ofPackets("a_name.of_15_by", code).name()).hasSize(15);
        assertThatThrownBy(() -> ProgramSpec.ofPackets("sixteen_letters_", code))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"sixteen_letters_\"");
        assertThatThrownBy(() -> ProgramSpec.ofPackets("a-b", code)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ProgramSpec.ofPackets("", code)).isInstanceOf(IllegalArgumentException.class);
    }
}
