import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.UnionLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes down as C, for a compiler to judge, every fact that jextract's bindings state about the headers.
 *
 * <p>For each package, {@code uapi} and {@code libc}, reads {@code HEADERS/NAME.symbols} and the compiled bindings
 * {@code dev.qlease.ffi.NAME} (on the class path, their sources below SOURCES), insists that what is listed and what
 * is there are the same, and writes {@code OUT/NAME.c}: one static assertion for each fact, to be compiled with
 * {@code NAME.h} included. Where there is a {@code HEADERS/NAME.layouts}, its members, which the library lays out
 * itself, are facts too.
 */
final class LayoutAssertions {

    /** A name that the symbol lists or the bindings hold, and what it names: constant, function, struct or union. */
    private record Symbol(String kind, String name) implements Comparable<Symbol> {
        @Override
        public int compareTo(Symbol other) {
            return toString().compareTo(other.toString());
        }

        @Override
        public String toString() {
            return kind + " " + name;
        }
    }

    /** What the bindings of one package declare, found by reflection. */
    private record Bindings(
            SortedMap<String, Object> constants,
            SortedMap<String, FunctionDescriptor> functions,
            SortedMap<String, Class<?>> groups) {

        SortedSet<Symbol> symbols() throws ReflectiveOperationException {
            SortedSet<Symbol> symbols = new TreeSet<>();
            constants.keySet().forEach(name -> symbols.add(new Symbol("constant", name)));
            functions.keySet().forEach(name -> symbols.add(new Symbol("function", name)));
            for (Map.Entry<String, Class<?>> group : groups.entrySet()) {
                symbols.add(new Symbol(keyword(layoutOf(group.getValue())), group.getKey()));
            }
            return symbols;
        }
    }

    private static final Pattern DECLARATION = Pattern.compile(
            "(?:Function descriptor|Variadic invoker class) for:\\s*\\* \\{@snippet lang=c :\\s*\\* (.*)");
    private static final Pattern FUNCTION = Pattern.compile("(?:extern )?(.*?)(\\w+)\\((.*)\\)");
    private static final Pattern BY_HAND = Pattern.compile("((?:struct|union) \\w+) ([\\w.]+) (\\d+) (\\d+)");
    private static final Pattern PARAMETER = Pattern.compile(".*?(\\w+)(?:\\[\\d*])?");
    /** What GCC's __builtin_classify_type says of a pointer. */
    private static final int POINTER_TYPE_CLASS = 5;

    /** Facts in C, in the order found; the same fact found twice is one fact. */
    private final Set<String> facts = new LinkedHashSet<>();

    public static void main(String[] args) throws IOException, ReflectiveOperationException {
        if (args.length != 3) {
            System.err.println("usage: LayoutAssertions HEADERS SOURCES OUT");
            System.exit(2);
        }
        Path headers = Path.of(args[0]);
        Path sources = Path.of(args[1]);
        boolean complete = true;
        for (String name : List.of("uapi", "libc")) {
            String packageName = "dev.qlease.ffi." + name;
            Class<?> header =
                    Class.forName(packageName + "." + name.substring(0, 1).toUpperCase() + name.substring(1));
            Path directory = sources.resolve(packageName.replace('.', '/'));
            Bindings bindings = read(header, directory);
            Path list = headers.resolve(name + ".symbols");
            complete &= sameSymbols(list.getFileName(), listed(list), bindings.symbols());
            LayoutAssertions assertions = new LayoutAssertions();
            assertions.write(bindings, declarations(directory));
            assertions.writeByHand(headers.resolve(name + ".layouts"));
            Files.write(Path.of(args[2]).resolve(name + ".c"), assertions.facts);
        }
        System.exit(complete ? 0 : 1);
    }

    private static SortedSet<Symbol> listed(Path list) throws IOException {
        SortedSet<Symbol> symbols = new TreeSet<>();
        for (String line : Files.readAllLines(list)) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            String[] words = line.split(" ");
            if (words.length != 2 || !words[0].matches("--include-(constant|function|struct|union)")) {
                throw new IOException(list + ": not understood: " + line);
            }
            if (!symbols.add(new Symbol(words[0].substring("--include-".length()), words[1]))) {
                throw new IOException(list + ": listed twice: " + line);
            }
        }
        return symbols;
    }

    private static boolean sameSymbols(Path list, SortedSet<Symbol> listed, SortedSet<Symbol> generated) {
        for (Symbol symbol : listed) {
            if (!generated.contains(symbol)) {
                System.err.println(list + " lists " + symbol + ", which was not generated");
            }
        }
        for (Symbol symbol : generated) {
            if (!listed.contains(symbol)) {
                System.err.println(symbol + " was generated, but is not listed in " + list);
            }
        }
        return listed.equals(generated);
    }

    private static Bindings read(Class<?> header, Path directory) throws IOException, ReflectiveOperationException {
        Bindings bindings = new Bindings(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
        Set<String> headerClasses = new LinkedHashSet<>();
        for (Class<?> part = header; part != Object.class; part = part.getSuperclass()) {
            headerClasses.add(part.getSimpleName());
            readFunctions(part, bindings.functions);
        }
        for (Method method : header.getMethods()) {
            String name = method.getName();
            if (Modifier.isStatic(method.getModifiers())
                    && method.getParameterCount() == 0
                    && !name.contains("$")
                    && !bindings.functions.containsKey(name)) {
                bindings.constants.put(name, call(method));
            }
        }
        try (var files = Files.newDirectoryStream(directory, "*.java")) {
            for (Path file : files) {
                String name = file.getFileName().toString().replaceFirst("\\.java$", "");
                if (!headerClasses.contains(name)) {
                    bindings.groups.put(name, Class.forName(header.getPackageName() + "." + name));
                }
            }
        }
        return bindings;
    }

    /** A function X has a method X$descriptor(); a variadic one has a class X with the descriptor of its fixed part. */
    private static void readFunctions(Class<?> header, Map<String, FunctionDescriptor> functions)
            throws ReflectiveOperationException {
        for (Method method : header.getDeclaredMethods()) {
            if (method.getReturnType() == FunctionDescriptor.class) {
                functions.put(method.getName().replace("$descriptor", ""), (FunctionDescriptor) call(method));
            }
        }
        for (Class<?> nested : header.getClasses()) {
            if (nested.getDeclaringClass() == header) {
                var descriptor = nested.getDeclaredField("BASE_DESC");
                descriptor.setAccessible(true);
                functions.put(nested.getSimpleName(), (FunctionDescriptor) descriptor.get(null));
            }
        }
    }

    /** The declarations of functions as jextract quotes them, by the function's name. */
    private static Map<String, Matcher> declarations(Path directory) throws IOException {
        Map<String, Matcher> declarations = new TreeMap<>();
        try (var files = Files.newDirectoryStream(directory, "*.java")) {
            for (Path file : files) {
                Matcher quoted = DECLARATION.matcher(Files.readString(file));
                while (quoted.find()) {
                    Matcher declaration = FUNCTION.matcher(quoted.group(1));
                    if (!declaration.matches()) {
                        throw new IOException(file + ": not the declaration of a function: " + quoted.group(1));
                    }
                    declarations.put(declaration.group(2), declaration);
                }
            }
        }
        return declarations;
    }

    private void write(Bindings bindings, Map<String, Matcher> declarations) throws ReflectiveOperationException {
        bindings.constants.forEach(this::constant);
        for (Map.Entry<String, Class<?>> group : bindings.groups.entrySet()) {
            group(group.getKey(), group.getValue());
        }
        bindings.functions.forEach((name, descriptor) -> function(name, descriptor, declarations.get(name)));
    }

    /** The members that {@code list}, if there is one, says are laid out by hand. */
    private void writeByHand(Path list) throws IOException {
        if (Files.notExists(list)) {
            return;
        }
        for (String line : Files.readAllLines(list)) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            Matcher member = BY_HAND.matcher(line);
            if (!member.matches()) {
                throw new IOException(list + ": not understood: " + line);
            }
            String type = member.group(1);
            String path = member.group(2);
            offset(type, path, Long.parseLong(member.group(3)));
            fact("size of " + type + "." + path, "sizeof(((" + type + " *)0)->" + path + ") == " + member.group(4));
        }
    }

    private void fact(String what, String condition) {
        facts.add("_Static_assert(" + condition + ", \"" + what + "\");");
    }

    private void constant(String name, Object value) {
        switch (value) {
            case Byte b -> integer(name, Byte.toUnsignedLong(b), Byte.BYTES);
            case Short s -> integer(name, Short.toUnsignedLong(s), Short.BYTES);
            case Integer i -> integer(name, Integer.toUnsignedLong(i), Integer.BYTES);
            case Long l -> integer(name, l, Long.BYTES);
            case MemorySegment pointer
            when pointer.byteSize() == 0 ->
                fact(name, "(__UINTPTR_TYPE__)(" + name + ") == " + literal(pointer.address()));
            case MemorySegment string ->
                fact(
                        name,
                        "sizeof(" + name + ") == " + string.byteSize() + " && __builtin_memcmp(" + name + ", \""
                                + escaped(string) + "\", " + string.byteSize() + ") == 0");
            default -> throw new IllegalArgumentException(name + " is of " + value.getClass());
        }
    }

    private void integer(String name, long bits, int size) {
        String mask = literal(size == Long.BYTES ? -1L : (1L << 8 * size) - 1);
        fact(name, "sizeof(" + name + ") == " + size + " && ((" + name + ") & " + mask + ") == " + literal(bits));
    }

    private static String literal(long bits) {
        return "0x" + Long.toHexString(bits) + "ULL";
    }

    /** The string in octal escapes, without the NUL that C appends. */
    private static String escaped(MemorySegment string) {
        StringBuilder escaped = new StringBuilder();
        for (long i = 0; i < string.byteSize() - 1; i++) {
            byte c = string.get(ValueLayout.JAVA_BYTE, i);
            boolean plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '?';
            escaped.append(plain ? String.valueOf((char) c) : String.format("\\%03o", c & 0xff));
        }
        return escaped.toString();
    }

    private void group(String name, Class<?> binding) throws ReflectiveOperationException {
        GroupLayout layout = layoutOf(binding);
        String type = keyword(layout) + " " + name;
        fact("size of " + type, "sizeof(" + type + ") == " + layout.byteSize());
        fact("alignment of " + type, "_Alignof(" + type + ") == " + layout.byteAlignment());
        members(type, "", layout, 0);
        for (Method method : binding.getMethods()) {
            if (method.getDeclaringClass() == binding
                    && method.getName().endsWith("$offset")
                    && method.getParameterCount() == 0) {
                offset(type, method.getName().replace("$offset", ""), (long) call(method));
            }
        }
    }

    private void members(String type, String prefix, GroupLayout group, long base) {
        long offset = base;
        for (MemoryLayout member : group.memberLayouts()) {
            if (member instanceof GroupLayout nested && isAnonymous(nested)) {
                members(type, prefix, nested, offset);
            } else if (!(member instanceof PaddingLayout)) {
                member(type, prefix + member.name().orElseThrow(), member, offset);
            }
            offset += group instanceof StructLayout ? member.byteSize() : 0;
        }
    }

    private void member(String type, String path, MemoryLayout member, long offset) {
        String expression = "((" + type + " *)0)->" + path;
        offset(type, path, offset);
        switch (member) {
            case SequenceLayout flexible
            when flexible.elementCount() == 0 ->
                fact(
                        "size of an element of " + type + "." + path,
                        "sizeof(" + expression + "[0]) == "
                                + flexible.elementLayout().byteSize());
            default -> fact("size of " + type + "." + path, "sizeof(" + expression + ") == " + member.byteSize());
        }
        switch (member) {
            case GroupLayout nested -> members(type, path + ".", nested, offset);
            case ValueLayout value -> fact("class of " + type + "." + path, classOf(expression, value));
            default -> {}
        }
    }

    private void offset(String type, String path, long offset) {
        fact("offset of " + type + "." + path, "__builtin_offsetof(" + type + ", " + path + ") == " + offset);
    }

    /**
     * Declares the function a second time as jextract quotes it, which a compiler refuses where the header says
     * otherwise, and states the sizes of that declaration's parameters and result.
     */
    private void function(String name, FunctionDescriptor descriptor, Matcher declaration) {
        if (declaration == null) {
            throw new IllegalArgumentException("no declaration of " + name + " is quoted");
        }
        String declared = declaration.group(3).isEmpty() ? "void" : declaration.group(3);
        facts.add("extern " + declaration.group(1) + name + "(" + declared + ");");

        List<String> parameters = new ArrayList<>(List.of(declared.split(", ")));
        parameters.removeIf(parameter -> parameter.equals("void") || parameter.equals("..."));
        List<MemoryLayout> layouts = descriptor.argumentLayouts();
        if (parameters.size() != layouts.size()) {
            throw new IllegalArgumentException(name + " has other parameters than " + declaration.group());
        }
        List<String> names = new ArrayList<>();
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < layouts.size(); i++) {
            Matcher parameter = PARAMETER.matcher(parameters.get(i));
            if (!parameter.matches()) {
                throw new IllegalArgumentException(name + ": not a parameter: " + parameters.get(i));
            }
            names.add(parameter.group(1));
            String what = "parameter " + parameter.group(1) + " of " + name;
            body.append(valueFact(what, parameter.group(1), layouts.get(i)));
        }
        String call = name + "(" + String.join(", ", names) + ")";
        MemoryLayout result = descriptor
                .returnLayout()
                .orElseThrow(() -> new IllegalArgumentException(name + " returns nothing, which no call here does"));
        body.append(valueFact("result of " + name, call, result));
        String fixed = parameters.isEmpty() ? "void" : String.join(", ", parameters);
        facts.add("static inline void facts_of_" + name + "(" + fixed + ")\n{\n" + body + "}");
    }

    private static String valueFact(String what, String expression, MemoryLayout layout) {
        return "\t_Static_assert(sizeof(" + expression + ") == " + layout.byteSize() + " && "
                + classOf(expression, (ValueLayout) layout) + ", \"" + what + "\");\n";
    }

    private static String classOf(String expression, ValueLayout layout) {
        String relation = layout instanceof AddressLayout ? " == " : " != ";
        return "__builtin_classify_type(" + expression + ")" + relation + POINTER_TYPE_CLASS;
    }

    /** Calls a static method without parameters, also one of a class that is not public. */
    private static Object call(Method method) throws ReflectiveOperationException {
        method.setAccessible(true);
        return method.invoke(null);
    }

    private static GroupLayout layoutOf(Class<?> group) throws ReflectiveOperationException {
        return (GroupLayout) call(group.getMethod("layout"));
    }

    private static String keyword(GroupLayout layout) {
        return layout instanceof UnionLayout ? "union" : "struct";
    }

    private static boolean isAnonymous(GroupLayout layout) {
        return layout.name().map(name -> name.startsWith("$anon$")).orElse(true);
    }
}
