import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** The records of one topic, each a function of the seed, the topic's name and the record's number (see the README). */
final class Content {
    private final String seed;
    final String topic;
    final int records;
    final int partitions;
    private final long baseTimestamp;

    Content(Arguments arguments, String topic) {
        this.seed = arguments.text("seed");
        this.records = arguments.number("records");
        this.partitions = arguments.number("partitions");
        this.baseTimestamp = Long.parseLong(arguments.text("base-timestamp"));
        this.topic = topic;
    }

    /** How many records the partition holds. */
    long end(int partition) {
        return (records - partition + partitions - 1) / partitions;
    }

    ProducerRecord<byte[], byte[]> record(int index) {
        byte[] h = sha256((seed + ":" + topic + ":" + index).getBytes(StandardCharsets.UTF_8));
        long timestamp = baseTimestamp + index * 50L + at(h, 5) % 7 - (index % 3 == 0 ? 500 : 0);
        return new ProducerRecord<>(topic, index % partitions, timestamp, key(h, index), value(h, index), headers(h));
    }

    private static byte[] key(byte[] h, int index) {
        if (index % 10 == 0) return null;
        return index % 10 == 1 ? new byte[0] : Arrays.copyOf(h, 1 + at(h, 0) % 24);
    }

    private static byte[] value(byte[] h, int index) {
        if (index % 50 == 7) return null;
        if (index % 50 == 8) return new byte[0];
        byte[] value = new byte[index % 500 == 250 ? 20_000 : (at(h, 1) * 256 + at(h, 2)) % 400];
        if (index % 2 == 0) {
            for (int i = 0; i < value.length; i++) value[i] = h[8 + i % 8];
            return value;
        }
        for (int block = 0; block * 32 < value.length; block++) {
            byte[] piece = sha256(ByteBuffer.allocate(36).put(h).putInt(block).array());
            System.arraycopy(piece, 0, value, block * 32, Math.min(32, value.length - block * 32));
        }
        return value;
    }

    private static List<Header> headers(byte[] h) {
        List<Header> headers = new ArrayList<>();
        int shape = at(h, 3) % 4;
        if (shape > 0) headers.add(new RecordHeader("trace", Arrays.copyOfRange(h, 12, 12 + at(h, 12) % 9)));
        if (shape == 2) {
            headers.add(new RecordHeader("trace", Arrays.copyOfRange(h, 20, 28)));
            headers.add(new RecordHeader("ключ", (byte[]) null));
        }
        if (shape == 3) headers.add(new RecordHeader("empty", new byte[0]));
        return headers;
    }

    /** Throws unless each byte of the record is what was sent to its place. */
    void compare(ConsumerRecord<byte[], byte[]> got) {
        long index = got.offset() * partitions + got.partition();
        String place = got.topic() + "-" + got.partition() + " offset " + got.offset();
        if (index >= records) throw new AssertionError(place + ": no record was sent there");
        ProducerRecord<byte[], byte[]> sent = record((int) index);
        same(place + " key", sent.key(), got.key());
        same(place + " value", sent.value(), got.value());
        if (sent.timestamp() != got.timestamp()) {
            throw new AssertionError(place + " timestamp: sent " + sent.timestamp() + ", got " + got.timestamp());
        }
        Header[] sentHeaders = sent.headers().toArray();
        Header[] gotHeaders = got.headers().toArray();
        if (sentHeaders.length != gotHeaders.length) {
            throw new AssertionError(place + ": sent " + sentHeaders.length + " headers, got " + gotHeaders.length);
        }
        for (int i = 0; i < sentHeaders.length; i++) {
            if (!sentHeaders[i].key().equals(gotHeaders[i].key())) {
                throw new AssertionError(place + " header " + i + ": sent " + sentHeaders[i] + ", got " + gotHeaders[i]);
            }
            same(place + " header " + sentHeaders[i].key(), sentHeaders[i].value(), gotHeaders[i].value());
        }
    }

    private static void same(String what, byte[] sent, byte[] got) {
        if (!Arrays.equals(sent, got)) throw new AssertionError(what + ": sent " + hex(sent) + ", got " + hex(got));
    }

    private static String hex(byte[] bytes) {
        if (bytes == null) return "null";
        return bytes.length + " bytes " + HexFormat.of().formatHex(bytes, 0, Math.min(40, bytes.length));
    }

    private static int at(byte[] bytes, int index) {
        return bytes[index] & 0xff;
    }

    private static byte[] sha256(byte[] input) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(input);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
