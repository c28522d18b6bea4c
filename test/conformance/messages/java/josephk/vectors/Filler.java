package josephk.vectors;

import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.RawTaggedField;

/** Gives every field that a version has a value of chance, through the setters of the generated classes. */
final class Filler {
    private static final int FIRST_UNKNOWN_TAG = 1000;

    private final Class<?> outer;
    private final Definition definition;
    private final short version;
    private final Chance chance;
    private final Map<String, Method> setters = new HashMap<>();

    Filler(Class<?> outer, Definition definition, short version, Chance chance) {
        this.outer = outer;
        this.definition = definition;
        this.version = version;
        this.chance = chance;
    }

    void fill(Object target, String struct, int depth) throws ReflectiveOperationException {
        for (Definition.Field field : definition.fields(struct, version)) {
            // A field left alone keeps its default, which decides whether a tagged one is sent.
            // Only records have no default that can be sent where they may not be null.
            boolean needed = field.type().equals("records") && !field.nullable();
            if (!needed && chance.oneIn(6)) continue;
            Method setter = setter(target.getClass(), field.name());
            setter.invoke(target, value(field, setter.getParameterTypes()[0], depth));
        }
        if (definition.flexible(version) && chance.oneIn(5)) {
            List<RawTaggedField> unknown = ((Message) target).unknownTaggedFields();
            int tag = FIRST_UNKNOWN_TAG;
            for (int n = 1 + chance.random.nextInt(2); n > 0; n--) {
                tag += 1 + chance.random.nextInt(20000);
                unknown.add(new RawTaggedField(tag, chance.bytes()));
            }
        }
    }

    private Method setter(Class<?> type, String name) {
        return setters.computeIfAbsent(type.getName() + "." + name, key -> {
            String setter = "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
            for (Method method : type.getMethods()) {
                if (method.getName().equals(setter)) return method;
            }
            throw new IllegalStateException("no setter for " + key);
        });
    }

    private Object value(Definition.Field field, Class<?> wanted, int depth) throws ReflectiveOperationException {
        if (field.nullable() && chance.oneIn(5)) return null;
        if (!field.array()) return single(field, wanted, depth);
        Collection<Object> elements = collection(wanted);
        for (int n = chance.length(depth, !field.struct()); n > 0; n--) elements.add(single(field, Object.class, depth + 1));
        return elements;
    }

    @SuppressWarnings("unchecked")
    private static Collection<Object> collection(Class<?> wanted) throws ReflectiveOperationException {
        if (wanted == List.class) return new ArrayList<>();
        return (Collection<Object>) wanted.getConstructor().newInstance();
    }

    private Object single(Definition.Field field, Class<?> wanted, int depth) throws ReflectiveOperationException {
        if (field.struct()) {
            Object inner = Class.forName(outer.getName() + "$" + field.type()).getConstructor().newInstance();
            fill(inner, field.type(), depth);
            return inner;
        }
        return switch (field.type()) {
            case "bool" -> chance.random.nextBoolean();
            case "int8" -> (byte) chance.integer(8);
            case "int16" -> (short) chance.integer(16);
            case "uint16" -> (int) chance.unsigned(16);
            case "int32" -> (int) chance.integer(32);
            case "uint32" -> chance.unsigned(32);
            case "int64" -> chance.integer(64);
            case "float64" -> chance.real();
            case "string" -> chance.text();
            case "uuid" -> chance.uuid();
            case "bytes" -> wanted == ByteBuffer.class ? ByteBuffer.wrap(chance.bytes()) : chance.bytes();
            case "records" -> records(ByteBuffer.wrap(chance.bytes()));
            default -> throw new IllegalStateException("a field of type " + field.type());
        };
    }

    /** The class moved to another package after 4.0. */
    private static Object records(ByteBuffer bytes) throws ReflectiveOperationException {
        Class<?> type;
        try {
            type = Class.forName("org.apache.kafka.common.record.internal.MemoryRecords");
        } catch (ClassNotFoundException older) {
            type = Class.forName("org.apache.kafka.common.record.MemoryRecords");
        }
        return type.getMethod("readableRecords", ByteBuffer.class).invoke(null, bytes);
    }
}
