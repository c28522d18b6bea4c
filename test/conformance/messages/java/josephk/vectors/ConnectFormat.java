package josephk.vectors;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.Type;

/** What Connect's workers tell each other; Kafka has schemas for it, not generated classes. */
final class ConnectFormat implements Format {
    private static final String PACKAGE = "org.apache.kafka.connect.runtime.distributed.";
    private static final String LATER = "IncrementalCooperativeConnectProtocol";

    /** One schema after the other. */
    private final List<Schema> first;
    private final List<Schema> later;

    ConnectFormat(String name) throws ReflectiveOperationException {
        switch (name) {
            case "ConnectWorkerState" -> {
                first = List.of(schema("ConnectProtocol", "CONFIG_STATE_V0"));
                later = List.of(schema(LATER, "CONFIG_STATE_V1"), schema(LATER, "ALLOCATION_V1"));
            }
            case "ConnectAssignment" -> {
                first = List.of(schema("ConnectProtocol", "ASSIGNMENT_V0"));
                later = List.of(schema(LATER, "ASSIGNMENT_V1"));
            }
            default -> throw new IllegalArgumentException(name);
        }
    }

    private static Schema schema(String holder, String constant) throws ReflectiveOperationException {
        return (Schema) Class.forName(PACKAGE + holder).getField(constant).get(null);
    }

    private List<Schema> of(short version) {
        return version == 0 ? first : later;
    }

    @Override
    public Vector make(short version, Random random, int index) {
        Chance chance = new Chance(random);
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        List<Struct> structs = new ArrayList<>();
        for (Schema schema : of(version)) {
            Struct struct = fill(schema, chance, 0);
            structs.add(struct);
            json.setAll((ObjectNode) json(struct));
        }
        return new Vector(write(structs), Json.text(json));
    }

    @Override
    public byte[] again(byte[] bytes, short version) {
        ByteBuffer source = ByteBuffer.wrap(bytes);
        List<Struct> structs = new ArrayList<>();
        for (Schema schema : of(version)) structs.add(schema.read(source));
        if (source.hasRemaining()) throw new IllegalStateException(source.remaining() + " bytes left unread");
        return write(structs);
    }

    private static byte[] write(List<Struct> structs) {
        ByteBuffer buffer = ByteBuffer.allocate(structs.stream().mapToInt(Struct::sizeOf).sum());
        for (Struct struct : structs) struct.writeTo(buffer);
        return buffer.array();
    }

    private static Struct fill(Schema schema, Chance chance, int depth) {
        Struct struct = new Struct(schema);
        for (BoundField field : schema.fields()) struct.set(field, value(field.def.type, chance, depth));
        return struct;
    }

    private static Object value(Type type, Chance chance, int depth) {
        if (type.isNullable() && chance.oneIn(5)) return null;
        if (type instanceof Schema schema) return fill(schema, chance, depth);
        if (type.isArray()) {
            Object[] elements = new Object[chance.length(depth, false)];
            for (int i = 0; i < elements.length; i++) {
                elements[i] = value(type.arrayElementType().orElseThrow(), chance, depth + 1);
            }
            return elements;
        }
        if (type == Type.INT16) return (short) chance.integer(16);
        if (type == Type.INT32) return (int) chance.integer(32);
        if (type == Type.INT64) return chance.integer(64);
        if (type == Type.STRING) return chance.text();
        if (type == Type.NULLABLE_BYTES) return ByteBuffer.wrap(chance.bytes());
        throw new IllegalStateException("a field of type " + type);
    }

    private static JsonNode json(Object value) {
        if (value == null) return NullNode.instance;
        if (value instanceof Struct struct) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            for (BoundField field : struct.schema().fields()) object.set(camelCase(field.def.name), json(struct.get(field)));
            return object;
        }
        if (value instanceof Object[] elements) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            for (Object element : elements) array.add(json(element));
            return array;
        }
        if (value instanceof ByteBuffer bytes) return new BinaryNode(bytes.array());
        if (value instanceof Long number) return new LongNode(number);
        if (value instanceof Number number) return new IntNode(number.intValue());
        return new TextNode((String) value);
    }

    private static String camelCase(String name) {
        StringBuilder text = new StringBuilder();
        for (String word : name.split("-")) {
            text.append(text.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        }
        return text.toString();
    }
}
