package josephk.vectors;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** A message that Kafka's generator made a class of. */
final class GeneratedFormat implements Format {
    private static final String[] PACKAGES = {
        "org.apache.kafka.common.message.",
        "org.apache.kafka.coordinator.group.generated.",
        "org.apache.kafka.coordinator.transaction.generated.",
        "org.apache.kafka.coordinator.share.generated."
    };

    private final Definition definition;
    private final Class<?> type;
    private final Constructor<?> constructor;
    private final Method toJson;

    GeneratedFormat(String name) throws Exception {
        definition = new Definition(name);
        boolean data = definition.kind.equals("request") || definition.kind.equals("response")
            || definition.kind.equals("header");
        type = find(name + (data ? "Data" : ""));
        constructor = type.getConstructor();
        toJson = Class.forName(type.getName() + "JsonConverter")
            .getMethod("write", type, short.class, boolean.class);
    }

    private static Class<?> find(String simpleName) throws ClassNotFoundException {
        for (String prefix : PACKAGES) {
            try {
                return Class.forName(prefix + simpleName);
            } catch (ClassNotFoundException next) {
                // in another package, then
            }
        }
        throw new ClassNotFoundException(simpleName + " in none of " + Arrays.toString(PACKAGES));
    }

    @Override
    public Vector make(short version, Random random, int index) throws ReflectiveOperationException {
        Message message = (Message) constructor.newInstance();
        if (index > 0) new Filler(type, definition, version, new Chance(random)).fill(message, null, 0);
        JsonNode json = (JsonNode) toJson.invoke(null, message, version, false);
        return new Vector(write(message, version), Json.text(json));
    }

    @Override
    public byte[] again(byte[] bytes, short version) throws ReflectiveOperationException {
        Message message = (Message) constructor.newInstance();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        message.read(new ByteBufferAccessor(buffer), version);
        if (buffer.hasRemaining()) throw new IllegalStateException(buffer.remaining() + " bytes left unread");
        return write(message, version);
    }

    private static byte[] write(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        if (buffer.hasRemaining()) throw new IllegalStateException(buffer.remaining() + " bytes left unwritten");
        return buffer.array();
    }
}
