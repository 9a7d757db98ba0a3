package dev.qlease.node.cni;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.qlease.node.cni.CniResult.Interface;
import dev.qlease.node.cni.CniResult.Ip;
import dev.qlease.node.cni.CniResult.Route;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The objects that a plugin prints, in the format of each version. All are one line of ASCII. */
final class CniJson {
    /** Text of other programs can contain unpaired surrogates, which JSON can only represent escaped. */
    private static final JsonFactory ASCII =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private static final String CNI_VERSION = "cniVersion";

    private final CniVersion version;
    private final JsonGenerator json;

    private CniJson(CniVersion version, JsonGenerator json) {
        this.version = version;
        this.json = json;
    }

    /** Writes the members of an object. */
    private interface Members {
        void write(JsonGenerator json) throws IOException;
    }

    private static String object(Members members) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = ASCII.createGenerator(text)) {
            json.writeStartObject();
            members.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("a StringWriter fails", e);
        }
        return text + "\n";
    }

    /** Returns an error object. */
    static String error(String version, int code, String message, List<String> details) {
        return object(json -> {
            json.writeStringField(CNI_VERSION, version);
            json.writeNumberField("code", code);
            json.writeStringField("msg", message);
            if (!details.isEmpty()) {
                json.writeStringField("details", String.join("; ", details));
            }
        });
    }

    /** Returns the supported versions. */
    static String versions(String version) {
        return object(json -> {
            json.writeStringField(CNI_VERSION, version);
            texts(json, "supportedVersions", CniVersion.texts());
        });
    }

    /** Returns a result in the format of {@code version}. */
    static String result(CniVersion version, CniResult result) {
        return object(json -> new CniJson(version, json).write(result));
    }

    private static void texts(JsonGenerator json, String name, List<String> texts) throws IOException {
        json.writeArrayFieldStart(name);
        for (String text : texts) {
            json.writeString(text);
        }
        json.writeEndArray();
    }

    private void write(CniResult result) throws IOException {
        json.writeStringField(CNI_VERSION, version.text());
        json.writeArrayFieldStart("interfaces");
        for (Interface each : result.interfaces()) {
            write(each);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("ips");
        for (Ip ip : result.ips()) {
            write(ip);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("routes");
        for (Route route : result.routes()) {
            write(route);
        }
        json.writeEndArray();
        json.writeObjectFieldStart("dns");
        write(result.dns());
        json.writeEndObject();
    }

    private void write(Interface each) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", each.name());
        optional("mac", each.mac());
        optional("sandbox", each.sandbox());
        if (version.isAtLeast(CniVersion.V1_1_0)) {
            optional("mtu", each.mtu());
            optional("socketPath", each.socketPath());
            optional("pciID", each.pciId());
        }
        json.writeEndObject();
    }

    private void write(Ip ip) throws IOException {
        json.writeStartObject();
        if (!version.isAtLeast(CniVersion.V1_0_0)) {
            json.writeStringField("version", ip.isIpv6() ? "6" : "4");
        }
        json.writeStringField("address", ip.address());
        optional("gateway", ip.gateway());
        if (ip.interfaceIndex().isPresent()) {
            json.writeNumberField("interface", ip.interfaceIndex().getAsInt());
        }
        json.writeEndObject();
    }

    private void write(Route route) throws IOException {
        json.writeStartObject();
        json.writeStringField("dst", route.dst());
        optional("gw", route.gw());
        if (version.isAtLeast(CniVersion.V1_1_0)) {
            optional("mtu", route.mtu());
            optional("advmss", route.advmss());
            optional("priority", route.priority());
            optional("table", route.table());
            optional("scope", route.scope());
        }
        json.writeEndObject();
    }

    private void write(CniResult.Dns dns) throws IOException {
        if (!dns.nameservers().isEmpty()) {
            texts(json, "nameservers", dns.nameservers());
        }
        optional("domain", dns.domain());
        if (!dns.search().isEmpty()) {
            texts(json, "search", dns.search());
        }
        if (!dns.options().isEmpty()) {
            texts(json, "options", dns.options());
        }
    }

    private void optional(String name, Optional<String> text) throws IOException {
        if (text.isPresent()) {
            json.writeStringField(name, text.get());
        }
    }

    private void optional(String name, OptionalLong number) throws IOException {
        if (number.isPresent()) {
            json.writeNumberField(name, number.getAsLong());
        }
    }
}
