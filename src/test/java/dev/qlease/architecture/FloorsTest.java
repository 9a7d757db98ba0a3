package dev.qlease.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The floors of the house: each package stands on those below it and knows nothing of those above. */
class FloorsTest {
    private static final String ROOT = "dev.qlease.";

    /** What each package may use of the others, beside constants and layouts of the bindings. */
    private static final Map<String, Set<String>> BELOW = Map.ofEntries(
            entry("linux", Set.of()),
            entry("netlink", Set.of("linux")),
            entry("netdev", Set.of("netlink", "linux")),
            entry("rtnetlink", Set.of("netlink", "linux")),
            entry("ethtool", Set.of("netlink", "linux")),
            entry("bpf", Set.of("netlink", "linux")),
            entry("json", Set.of("netlink", "linux")),
            entry("net", Set.of("netdev", "rtnetlink", "ethtool", "netlink", "linux")),
            entry("dmabuf", Set.of("net", "netdev", "rtnetlink", "ethtool", "bpf", "netlink", "linux")),
            entry("devmem", Set.of("dmabuf", "net", "netdev", "rtnetlink", "ethtool", "bpf", "netlink", "linux")),
            entry(
                    "lease",
                    Set.of(
                            "devmem",
                            "dmabuf",
                            "net",
                            "json",
                            "netdev",
                            "rtnetlink",
                            "ethtool",
                            "bpf",
                            "netlink",
                            "linux")),
            entry("metrics", Set.of("lease", "net", "netdev", "rtnetlink", "bpf", "netlink", "linux")),
            entry("ops", Set.of("lease", "net", "json", "rtnetlink", "ethtool", "netlink", "linux")),
            entry(
                    "node",
                    Set.of(
                            "metrics",
                            "ops",
                            "lease",
                            "devmem",
                            "dmabuf",
                            "net",
                            "json",
                            "netdev",
                            "rtnetlink",
                            "ethtool",
                            "bpf",
                            "netlink",
                            "linux")),
            entry(
                    "testcontainers",
                    Set.of(
                            "lease",
                            "devmem",
                            "dmabuf",
                            "net",
                            "netdev",
                            "rtnetlink",
                            "ethtool",
                            "bpf",
                            "netlink",
                            "linux")),
            entry(
                    "netty",
                    Set.of(
                            "lease",
                            "devmem",
                            "dmabuf",
                            "net",
                            "netdev",
                            "rtnetlink",
                            "ethtool",
                            "bpf",
                            "netlink",
                            "linux")));

    /** What touches the constants and layouts of the bindings: below the packages that are about the whole job. */
    private static final String[] USERS_OF_BINDINGS = {
        ROOT + "linux..",
        ROOT + "netlink..",
        ROOT + "netdev..",
        ROOT + "rtnetlink..",
        ROOT + "ethtool..",
        ROOT + "bpf..",
        ROOT + "dmabuf..",
        ROOT + "devmem..",
        ROOT + "ffi.."
    };

    private static JavaClasses house;

    @BeforeAll
    static void read() {
        house = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.qlease");
    }

    private static Set<String> floors() {
        return house.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> name.startsWith(ROOT))
                .map(name -> name.substring(ROOT.length()).split("\\.")[0])
                .filter(name -> !name.equals("ffi") && !name.equals("cli"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everyPackageHasItsFloor() {
        assertThat(floors()).isNotEmpty().isSubsetOf(BELOW.keySet());
    }

    @TestFactory
    Stream<DynamicTest> aPackageKnowsThoseBelowItOnly() {
        return floors().stream()
                .map(floor -> DynamicTest.dynamicTest(floor, () -> {
                    Set<String> allowed = new HashSet<>(BELOW.get(floor));
                    allowed.add(floor);
                    allowed.add("ffi");
                    String[] others = Stream.concat(BELOW.keySet().stream(), Stream.of("cli"))
                            .filter(other -> !allowed.contains(other))
                            .map(other -> ROOT + other + "..")
                            .toArray(String[]::new);
                    noClasses()
                            .that()
                            .resideInAPackage(ROOT + floor + "..")
                            .should()
                            .dependOnClassesThat()
                            .resideInAnyPackage(others)
                            .check(house);
                }));
    }

    /**
     * dev.qlease.linux and its system calls are one floor in two packages, so that only one of them is exported; so are
     * dev.qlease.devmem and what it has for event loops.
     */
    @Test
    void noPackagesNeedEachOther() {
        SlicesRuleDefinition.slices()
                .matching("dev.qlease.(**)")
                .should()
                .beFreeOfCycles()
                .ignoreDependency(resideInAPackage(ROOT + "linux.sys"), resideInAPackage(ROOT + "linux"))
                .ignoreDependency(resideInAPackage(ROOT + "devmem.loop"), resideInAPackage(ROOT + "devmem"))
                .check(house);
    }

    @Test
    void thePluginOfTheNodeResourceInterfaceKnowsNoLeases() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + "node.nri..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.qlease..")
                        .and(DescribedPredicate.not(resideInAnyPackage(ROOT + "node.nri..", ROOT + "linux.."))))
                .check(house);
    }

    /** The rooms of the command: what each may use of the others. The command itself, above them, may use all. */
    @TestFactory
    Stream<DynamicTest> aRoomOfTheCommandKnowsThoseBelowItOnly() {
        Map<String, Set<String>> rooms = new HashMap<>();
        rooms.put("output", Set.of());
        rooms.put("args", Set.of("output"));
        rooms.put("ncdevmem", Set.of("transfer", "args", "output"));
        rooms.put("bench", Set.of("transfer", "args", "output"));
        for (String room : List.of("inspect", "metrics", "top", "doctor", "lease", "ops", "node", "transfer")) {
            rooms.put(room, Set.of("args", "output"));
        }
        return rooms.entrySet().stream()
                .map(room -> DynamicTest.dynamicTest(room.getKey(), () -> {
                    Set<String> allowed = new HashSet<>(room.getValue());
                    allowed.add(room.getKey());
                    Set<String> others = new TreeSet<>(rooms.keySet());
                    others.removeAll(allowed);
                    List<String> forbidden = new ArrayList<>(List.of(ROOT + "cli"));
                    others.forEach(other -> forbidden.add(ROOT + "cli." + other + ".."));
                    noClasses()
                            .that()
                            .resideInAPackage(ROOT + "cli." + room.getKey() + "..")
                            .should()
                            .dependOnClassesThat()
                            .resideInAnyPackage(forbidden.toArray(String[]::new))
                            .check(house);
                }));
    }

    @Test
    void theBindingsKnowNobody() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + "ffi..")
                .should()
                .dependOnClassesThat(
                        resideInAPackage("dev.qlease..").and(DescribedPredicate.not(resideInAPackage(ROOT + "ffi.."))))
                .check(house);
    }

    @Test
    void theFloorsOfTheWholeJobDoWithoutTheBindings() {
        noClasses()
                .that()
                .resideOutsideOfPackages(USERS_OF_BINDINGS)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + "ffi..")
                .check(house);
    }

    /** Functions of the C library have a method with their name and others with its address, handle and descriptor. */
    @Test
    void onlySystemCallsTouchFunctions() {
        classes()
                .that(resideInAPackage("dev.qlease..")
                        .and(DescribedPredicate.not(resideInAnyPackage(ROOT + "linux.sys", ROOT + "ffi.."))))
                .should(notTouchFunctions())
                .check(house);
    }

    private static ArchCondition<JavaClass> notTouchFunctions() {
        return new ArchCondition<>("touch no function of the C library") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                for (JavaAccess<?> access : item.getAccessesFromSelf()) {
                    JavaClass owner = access.getTargetOwner();
                    if (owner.getPackageName().startsWith(ROOT + "ffi")
                            && isFunction(owner, access.getTarget().getName())) {
                        events.add(SimpleConditionEvent.violated(item, access.getDescription()));
                    }
                }
            }
        };
    }

    private static boolean isFunction(JavaClass owner, String name) {
        String function = name.replaceFirst("\\$(descriptor|handle|address)$", "");
        return owner.getAllMethods().stream().anyMatch(m -> m.getName().equals(function + "$descriptor"));
    }

    @Test
    void thisFindsFunctions() {
        JavaClass libc = house.get(ROOT + "ffi.libc.Libc");
        assertThat(isFunction(libc, "socket")).isTrue();
        assertThat(isFunction(libc, "poll$descriptor")).isTrue();
        assertThat(isFunction(libc, "AF_NETLINK")).isFalse();
        assertThat(isFunction(libc, "C_INT")).isFalse();
    }

    private static ModuleDescriptor module() throws IOException {
        try (InputStream descriptor = Files.newInputStream(Path.of("target/classes/module-info.class"))) {
            return ModuleDescriptor.read(descriptor);
        }
    }

    private static Set<String> exported() throws IOException {
        return module().exports().stream()
                .filter(export -> !export.isQualified())
                .map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toSet());
    }

    @Test
    void theBindingsTheSystemCallsAndTheCommandAreNotExported() throws IOException {
        assertThat(exported())
                .contains(ROOT + "linux", ROOT + "netlink")
                .allSatisfy(name -> assertThat(name)
                        .doesNotStartWith(ROOT + "ffi")
                        .doesNotStartWith(ROOT + "cli")
                        .isNotEqualTo(ROOT + "devmem.loop")
                        .isNotEqualTo(ROOT + "lease.state")
                        .isNotEqualTo(ROOT + "metrics")
                        .isNotEqualTo(ROOT + "ops")
                        .doesNotStartWith(ROOT + "node.")
                        .isNotEqualTo(ROOT + "linux.sys"));
    }

    @Test
    void whatIsExportedShowsOnlyWhatIsExported() throws IOException {
        Set<String> exported = exported();
        classes()
                .that()
                .resideInAnyPackage(exported.toArray(String[]::new))
                .and()
                .arePublic()
                .should(showOnly(exported))
                .check(house);
    }

    private static ArchCondition<JavaClass> showOnly(Set<String> exported) {
        return new ArchCondition<>("show only types of exported packages") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                for (JavaMember member : item.getMembers()) {
                    if (!isVisible(member)) {
                        continue;
                    }
                    for (JavaClass type : typesOf(member)) {
                        if (type.getPackageName().startsWith("dev.qlease")
                                && !(exported.contains(type.getPackageName()) && isVisible(type))) {
                            events.add(SimpleConditionEvent.violated(
                                    item, member.getDescription() + " shows " + type.getName()));
                        }
                    }
                }
            }
        };
    }

    private static boolean isVisible(JavaMember member) {
        return member.getModifiers().contains(JavaModifier.PUBLIC)
                || member.getModifiers().contains(JavaModifier.PROTECTED)
                        && !member.getOwner().getModifiers().contains(JavaModifier.FINAL);
    }

    private static boolean isVisible(JavaClass type) {
        return type.getModifiers().contains(JavaModifier.PUBLIC);
    }

    private static Set<JavaClass> typesOf(JavaMember member) {
        Set<JavaClass> types = new HashSet<>();
        if (member instanceof JavaCodeUnit unit) {
            unit.getReturnType().getAllInvolvedRawTypes().forEach(type -> types.add(type.getBaseComponentType()));
            unit.getParameterTypes()
                    .forEach(parameter ->
                            parameter.getAllInvolvedRawTypes().forEach(type -> types.add(type.getBaseComponentType())));
            types.addAll(List.copyOf(unit.getExceptionTypes()));
        } else {
            types.add(member.getOwner());
            ((com.tngtech.archunit.core.domain.JavaField) member)
                    .getType()
                    .getAllInvolvedRawTypes()
                    .forEach(type -> types.add(type.getBaseComponentType()));
        }
        return types;
    }
}
