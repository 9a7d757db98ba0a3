package dev.qlease.node.cdi;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.qlease.json.RecordWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The fields of a lease that are the same for all containers with a device, by their names in qlease.yaml. A field that
 * is empty can be given by each container.
 *
 * @param nic the conditions that select the NIC
 * @param queues the number of queues
 * @param guest the name of the guest's device
 * @param addresses the guest's addresses
 * @param routes the networks that the guest reaches
 * @param redirect what carries packets between the NIC and the guest
 * @param mode what the netkit pair carries
 * @param ports the TCP ports that are steered
 * @param rxRing number of descriptors in each receive ring of the NIC
 * @param single whether the guest's device has no peer
 * @param sharedTraffic whether traffic of others on the queues is accepted
 */
public record LeaseConfig(
        Map<String, String> nic,
        Optional<Integer> queues,
        Optional<String> guest,
        Optional<List<String>> addresses,
        Optional<List<String>> routes,
        Optional<String> redirect,
        Optional<String> mode,
        Optional<List<Integer>> ports,
        Optional<Integer> rxRing,
        Optional<Boolean> single,
        Optional<Boolean> sharedTraffic) {
    /** Command lines and files are the same in every locale. */
    static final JsonFactory ASCII =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    /** Keeps copies. */
    public LeaseConfig {
        nic = Map.copyOf(nic);
        addresses = addresses.map(List::copyOf);
        routes = routes.map(List::copyOf);
        ports = ports.map(List::copyOf);
    }

    /** Returns a copy for another NIC. */
    LeaseConfig of(Map<String, String> other) {
        return new LeaseConfig(
                other, queues, guest, addresses, routes, redirect, mode, ports, rxRing, single, sharedTraffic);
    }

    /**
     * Checks the fields that are given.
     *
     * @throws CdiException if one is invalid, or they contradict each other
     */
    public void check() {
        ContainerLease.check(this);
    }

    /** Returns the fields as a JSON object on one line, in ASCII. */
    String json() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = ASCII.createGenerator(text)) {
            RecordWriter.whole(json).write(this);
        } catch (IOException e) {
            throw new IllegalStateException("a StringWriter fails", e);
        }
        return text.toString();
    }
}
