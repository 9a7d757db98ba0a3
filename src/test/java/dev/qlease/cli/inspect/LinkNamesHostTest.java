package dev.qlease.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.qlease.rtnetlink.Link;
import dev.qlease.rtnetlink.Sandbox;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("host")
@Timeout(60)
class LinkNamesHostTest {
    private Sandbox sandbox;
    private LinkNames names;

    @BeforeEach
    void open() {
        sandbox = Sandbox.create();
        names = new LinkNames(sandbox.rtnl().links());
    }

    @AfterEach
    void close() {
        if (sandbox != null) {
            sandbox.close();
        }
    }

    @Test
    void aLinkIsKnownFromTheListFromAnEventOrFromTheKernel() {
        Link listed = sandbox.veth("a0", "b0");
        names.list();
        assertThat(names.size()).isEqualTo(3);
        Link unheard = sandbox.veth("a1", "b1");
        assertThat(names.find(unheard.ifindex())).hasValue("a1");
        assertThat(names.size()).isEqualTo(3);
        names.put(unheard);
        assertThat(names.size()).isEqualTo(4);
        sandbox.rtnl().links().delete(listed.ifindex());
        assertThat(names.find(listed.ifindex())).hasValue("a0");
        names.remove(listed.ifindex());
        assertThat(names.find(listed.ifindex())).isEmpty();
        names.clear();
        assertThat(names.size()).isZero();
        assertThat(names.find(unheard.ifindex())).hasValue("a1");
    }
}
