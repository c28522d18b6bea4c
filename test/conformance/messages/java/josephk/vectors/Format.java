package josephk.vectors;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** One message of Kafka: makes varied values of it, and reads and writes again what it is given. */
interface Format {
    record Vector(byte[] bytes, String json) {
    }

    /** The value number {@code index}: the first is all defaults, the others are left to chance. */
    Vector make(short version, Random random, int index) throws ReflectiveOperationException;

    /** Reads the bytes, all of them, and writes what was read. */
    byte[] again(byte[] bytes, short version) throws ReflectiveOperationException;

    Map<String, Format> KNOWN = new HashMap<>();

    static Format named(String name) throws Exception {
        Format format = KNOWN.get(name);
        if (format == null) {
            format = name.startsWith("Connect") ? new ConnectFormat(name) : new GeneratedFormat(name);
            KNOWN.put(name, format);
        }
        return format;
    }
}
