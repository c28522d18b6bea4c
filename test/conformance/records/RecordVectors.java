import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.LegacyRecord;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;
import org.apache.kafka.common.utils.internals.PrimitiveRef;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogValidator;
import org.apache.kafka.storage.internals.log.RecordValidationException;

/**
 * Kafka's side of the comparison in check.ts. Prints one JSON value per line.
 *
 *   write SEED COUNT      random records fields, each as {"name", "bytes", "batches"}
 *   read                  reads hex from each line of standard input and prints its "batches", or {"error"}
 *   validate              reads "hex settings..." (see `validate`) and prints what LogValidator makes of it
 */
public class RecordVectors {
    private static final HexFormat HEX = HexFormat.of();
    private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "write" -> write(Long.parseLong(args[1]), Integer.parseInt(args[2]));
            case "read" -> eachLine(line -> render(HEX.parseHex(line)));
            case "validate" -> eachLine(RecordVectors::validate);
            default -> throw new IllegalArgumentException(args[0]);
        }
        OUT.flush();
    }

    private interface LineFunction {
        String apply(String line) throws Exception;
    }

    private static void eachLine(LineFunction function) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String result;
            try {
                result = function.apply(line);
            } catch (Exception e) {
                result = "{\"error\":" + quote(e.getClass().getSimpleName() + ": " + e.getMessage()) + "}";
            }
            OUT.println(result);
        }
    }

    // ---- writing

    private static void write(long seed, int count) throws Exception {
        for (int index = 0; index < count; index++) {
            // Random's first values hardly differ between seeds that lie close together.
            Random random = new Random(new SplittableRandom(seed * 1_000_003 + index).nextLong());
            String[] name = new String[1];
            byte[] bytes = anyRecords(random, index, name);
            OUT.println("{\"name\":" + quote(name[0]) + ",\"bytes\":\"" + HEX.formatHex(bytes) + "\",\"batches\":"
                + render(bytes) + "}");
        }
    }

    private static byte[] anyRecords(Random random, int index, String[] name) throws Exception {
        int kind = index % 16;
        if (kind == 13) return controlBatch(random, name);
        if (kind == 14) return severalBatches(random, name);
        if (kind == 15) return nestedByHand(random, name);
        int magic = kind < 8 ? 2 : kind < 11 ? 1 : 0;
        return oneField(random, magic, name);
    }

    private static byte[] oneField(Random random, int magic, String[] name) {
        CompressionType type = CompressionType.forId(random.nextInt(magic == 2 ? 5 : 4));
        TimestampType timestampType = magic > 0 && random.nextInt(4) == 0 ? TimestampType.LOG_APPEND_TIME
            : TimestampType.CREATE_TIME;
        boolean producer = magic == 2 && random.nextBoolean();
        boolean transactional = producer && random.nextBoolean();
        boolean horizon = magic == 2 && random.nextInt(8) == 0;
        long baseOffset = anyOffset(random);
        name[0] = "v" + magic + " " + type.name + " " + timestampType + (transactional ? " transactional" : "")
            + (horizon ? " delete horizon" : "");
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(new ByteBufferOutputStream(256), (byte) magic,
            compression(random, type), timestampType, baseOffset, timestampType == TimestampType.LOG_APPEND_TIME ? anyTimestamp(random) + 1 : -1,
            producer ? random.nextInt(1 << 30) * 4096L : -1, producer ? (short) random.nextInt(32768) : -1,
            producer ? random.nextInt() & Integer.MAX_VALUE : -1, transactional, false,
            random.nextInt(3) == 0 ? -1 : random.nextInt(100000), Integer.MAX_VALUE,
            horizon ? anyTimestamp(random) + 1 : RecordBatch.NO_TIMESTAMP);
        long offset = baseOffset;
        int records = 1 + random.nextInt(random.nextInt(6) == 0 ? 60 : 6);
        for (int index = 0; index < records; index++) {
            if (random.nextInt(6) == 0) offset += random.nextInt(300);
            if (magic == 2) builder.appendWithOffset(offset, anyTimestamp(random), anyBytes(random), anyBytes(random), anyHeaders(random));
            else builder.appendWithOffset(offset, anyTimestamp(random), anyBytes(random), anyBytes(random));
            offset += 1;
        }
        return bytesOf(builder.build());
    }

    private static byte[] controlBatch(Random random, String[] name) {
        if (random.nextBoolean()) {
            ControlRecordType type = random.nextBoolean() ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
            name[0] = "marker " + type;
            return bytesOf(MemoryRecords.withEndTransactionMarker(anyOffset(random), anyTimestamp(random) + 1, random.nextInt(1000),
                random.nextInt(1 << 30), (short) random.nextInt(32768), new EndTransactionMarker(type, random.nextInt(100000))));
        }
        short version = (short) random.nextInt(2);
        name[0] = "leader change v" + version;
        LeaderChangeMessage message = new LeaderChangeMessage().setVersion(version).setLeaderId(random.nextInt(1000));
        List<LeaderChangeMessage.Voter> voters = new ArrayList<>();
        for (int index = random.nextInt(5); index > 0; index--) {
            LeaderChangeMessage.Voter voter = new LeaderChangeMessage.Voter().setVoterId(random.nextInt(1000));
            if (version > 0) voter.setVoterDirectoryId(new Uuid(random.nextLong(), random.nextLong()));
            voters.add(voter);
        }
        message.setVoters(voters).setGrantingVoters(voters.subList(0, voters.size() / 2));
        MemoryRecordsBuilder builder = new MemoryRecordsBuilder(new ByteBufferOutputStream(256), RecordBatch.MAGIC_VALUE_V2,
            Compression.NONE, TimestampType.CREATE_TIME, anyOffset(random), -1, -1, (short) -1, -1, false, true, 7, Integer.MAX_VALUE);
        builder.appendControlRecord(anyTimestamp(random), ControlRecordType.LEADER_CHANGE,
            MessageUtil.toByteBufferAccessor(message, version).buffer());
        return bytesOf(builder.build());
    }

    private static byte[] severalBatches(Random random, String[] name) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int batches = 2 + random.nextInt(3);
        for (int index = 0; index < batches; index++) out.write(oneField(random, random.nextInt(3), new String[1]));
        byte[] whole = out.toByteArray();
        boolean partial = random.nextBoolean();
        name[0] = batches + " batches of any format" + (partial ? ", the last one cut" : "");
        return partial ? java.util.Arrays.copyOf(whole, whole.length - 1 - random.nextInt(20)) : whole;
    }

    /** Wrappers as builders no longer write them: offset 0 with relative offsets inside, v0 inside v1, empty batches. */
    private static byte[] nestedByHand(Random random, String[] name) throws Exception {
        if (random.nextBoolean()) {
            name[0] = "empty v2 batch";
            ByteBuffer buffer = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
            long base = anyOffset(random);
            DefaultRecordBatch.writeEmptyHeader(buffer, RecordBatch.MAGIC_VALUE_V2, random.nextInt(1000), (short) 3, random.nextInt(1000),
                base, base + random.nextInt(50), random.nextInt(100), TimestampType.CREATE_TIME, anyTimestamp(random), false, false);
            return buffer.array();
        }
        CompressionType type = CompressionType.forId(1 + random.nextInt(3));
        int innerMagic = random.nextInt(3) == 0 ? 0 : 1;
        boolean appendTime = random.nextBoolean();
        name[0] = "v1 wrapper at offset 0 " + type.name + " with v" + innerMagic + " inside";
        ByteBufferOutputStream compressed = new ByteBufferOutputStream(256);
        DataOutputStream inner = new DataOutputStream(Compression.of(type).build().wrapForOutput(compressed, RecordBatch.MAGIC_VALUE_V1));
        int count = 1 + random.nextInt(4);
        for (int index = 0; index < count; index++) {
            LegacyRecord record = LegacyRecord.create((byte) innerMagic, innerMagic == 0 ? -1 : anyTimestamp(random), anyBytes(random), anyBytes(random));
            inner.writeLong(index);
            inner.writeInt(record.sizeInBytes());
            byte[] bytes = new byte[record.sizeInBytes()];
            record.buffer().duplicate().get(bytes);
            inner.write(bytes);
        }
        inner.close();
        ByteBuffer value = compressed.buffer();
        value.flip();
        byte[] valueBytes = new byte[value.remaining()];
        value.get(valueBytes);
        LegacyRecord wrapper = LegacyRecord.create(RecordBatch.MAGIC_VALUE_V1, 1234, null, valueBytes, type,
            appendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME);
        ByteBuffer out = ByteBuffer.allocate(12 + wrapper.sizeInBytes());
        out.putLong(0).putInt(wrapper.sizeInBytes()).put(wrapper.buffer().duplicate());
        return out.array();
    }

    private static Compression compression(Random random, CompressionType type) {
        return switch (type) {
            case GZIP -> Compression.gzip().level(1 + random.nextInt(9)).build();
            case LZ4 -> Compression.lz4().level(1 + random.nextInt(17)).build();
            case ZSTD -> Compression.zstd().level(-3 + random.nextInt(23)).build();
            default -> Compression.of(type).build();
        };
    }

    private static long anyOffset(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> random.nextInt(1000);
            case 2 -> random.nextInt() & Integer.MAX_VALUE;
            default -> random.nextLong() & ((1L << 50) - 1);
        };
    }

    private static long anyTimestamp(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> RecordBatch.NO_TIMESTAMP;
            case 1 -> random.nextLong() & ((1L << 45) - 1);
            default -> 1_700_000_000_000L + random.nextInt(100_000);
        };
    }

    private static byte[] anyBytes(Random random) {
        int kind = random.nextInt(12);
        if (kind == 0) return null;
        if (kind == 1) return new byte[0];
        byte[] bytes = new byte[kind == 2 ? random.nextInt(900) : random.nextInt(24)];
        if (kind < 5) random.nextBytes(bytes);
        else for (int index = 0; index < bytes.length; index++) bytes[index] = (byte) ('a' + (index * kind) % 7);
        return bytes;
    }

    private static Header[] anyHeaders(Random random) {
        Header[] headers = new Header[random.nextInt(3) == 0 ? random.nextInt(4) : 0];
        String[] keys = {"", "trace-id", "Schlüssel", "鍵", "\uD83D\uDD11", "a\"b\\c"};
        for (int index = 0; index < headers.length; index++) {
            headers[index] = new RecordHeader(keys[random.nextInt(keys.length)], anyBytes(random));
        }
        return headers;
    }

    private static byte[] bytesOf(MemoryRecords records) {
        ByteBuffer buffer = records.buffer().duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    // ---- reading

    private static String render(byte[] bytes) {
        List<String> batches = new ArrayList<>();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) batches.add(render(batch));
        return "[" + String.join(",", batches) + "]";
    }

    private static String render(MutableRecordBatch batch) {
        StringBuilder out = new StringBuilder();
        boolean v2 = batch.magic() == 2;
        out.append("{\"magic\":").append(batch.magic());
        if (v2) out.append(",\"baseOffset\":").append(batch.baseOffset());
        out.append(",\"lastOffset\":").append(batch.lastOffset());
        out.append(",\"sizeInBytes\":").append(batch.sizeInBytes());
        out.append(",\"crc\":").append(batch.checksum());
        out.append(",\"isValid\":").append(batch.isValid());
        out.append(",\"compression\":").append(quote(batch.compressionType().name));
        out.append(",\"isLogAppendTime\":").append(batch.timestampType() == TimestampType.LOG_APPEND_TIME);
        out.append(",\"maxTimestamp\":").append(batch.maxTimestamp());
        if (v2) {
            out.append(",\"partitionLeaderEpoch\":").append(batch.partitionLeaderEpoch());
            out.append(",\"isTransactional\":").append(batch.isTransactional());
            out.append(",\"isControl\":").append(batch.isControlBatch());
            out.append(",\"deleteHorizonMs\":").append(batch.deleteHorizonMs().orElse(-1));
            out.append(",\"baseTimestamp\":").append(((DefaultRecordBatch) batch).baseTimestamp());
            out.append(",\"producerId\":").append(batch.producerId());
            out.append(",\"producerEpoch\":").append(batch.producerEpoch());
            out.append(",\"baseSequence\":").append(batch.baseSequence());
            out.append(",\"lastSequence\":").append(batch.lastSequence());
            out.append(",\"recordCount\":").append(batch.countOrNull());
        }
        List<String> records = new ArrayList<>();
        for (Record record : batch) records.add(render(record, batch.isControlBatch()));
        return out.append(",\"records\":[").append(String.join(",", records)).append("]}").toString();
    }

    private static String render(Record record, boolean isControl) {
        StringBuilder out = new StringBuilder();
        out.append("{\"offset\":").append(record.offset());
        out.append(",\"timestamp\":").append(record.timestamp());
        out.append(",\"key\":").append(hex(record.key())).append(",\"value\":").append(hex(record.value()));
        List<String> headers = new ArrayList<>();
        for (Header header : record.headers()) {
            headers.add("[" + quote(header.key()) + "," + hex(header.value() == null ? null : ByteBuffer.wrap(header.value())) + "]");
        }
        out.append(",\"headers\":[").append(String.join(",", headers)).append("]");
        if (isControl) out.append(",\"control\":").append(renderControl(record));
        return out.append("}").toString();
    }

    private static String renderControl(Record record) {
        ControlRecordType type = ControlRecordType.parse(record.key());
        if (type != ControlRecordType.LEADER_CHANGE) {
            EndTransactionMarker marker = EndTransactionMarker.deserialize(record);
            return "{\"type\":\"" + marker.controlType() + "\",\"coordinatorEpoch\":" + marker.coordinatorEpoch() + "}";
        }
        short version = record.value().getShort(0);
        LeaderChangeMessage message = new LeaderChangeMessage(new ByteBufferAccessor(record.value()), version);
        return "{\"version\":" + message.version() + ",\"leaderId\":" + message.leaderId() + ",\"voters\":"
            + render(message.voters(), version) + ",\"grantingVoters\":" + render(message.grantingVoters(), version) + "}";
    }

    private static String render(List<LeaderChangeMessage.Voter> voters, short version) {
        List<String> rendered = new ArrayList<>();
        for (LeaderChangeMessage.Voter voter : voters) {
            rendered.add("{\"voterId\":" + voter.voterId()
                + (version > 0 ? ",\"voterDirectoryId\":\"" + voter.voterDirectoryId() + "\"" : "") + "}");
        }
        return "[" + String.join(",", rendered) + "]";
    }

    private static String hex(ByteBuffer buffer) {
        if (buffer == null) return "null";
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return "\"" + HEX.formatHex(bytes) + "\"";
    }

    private static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < ' ') out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }

    // ---- validating

    /** Settings: compacted, LogAppendTime or CreateTime, before.max, after.max, compression.type, largest record. */
    private static String validate(String line) throws Exception {
        String[] parts = line.split(" ");
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(HEX.parseHex(parts[0])));
        String target = parts[5];
        try {
            // What UnifiedLog checks before: sizes and checksums of the outer batches.
            CompressionType source = CompressionType.NONE;
            for (RecordBatch batch : records.batches()) {
                batch.ensureValid();
                if (batch.compressionType() != CompressionType.NONE) source = batch.compressionType();
            }
            Compression compression = target.equals("producer") ? Compression.of(source).build() : Compression.of(target).build();
            LogValidator validator = new LogValidator(records, new TopicPartition("t", 0), FIXED_TIME, source, compression,
                Boolean.parseBoolean(parts[1]), RecordBatch.CURRENT_MAGIC_VALUE, TimestampType.forName(parts[2]),
                Long.parseLong(parts[3]), Long.parseLong(parts[4]), 3, AppendOrigin.CLIENT, Integer.parseInt(parts[6]));
            LogValidator.ValidationResult result = validator.validateMessagesAndAssignOffsets(PrimitiveRef.ofLong(100), NO_METRICS,
                BufferSupplier.NO_CACHING);
            return "{\"error\":\"NONE\",\"maxTimestamp\":" + result.maxTimestampMs() + ",\"bytes\":\""
                + HEX.formatHex(bytesOf(result.validatedRecords())) + "\"}";
        } catch (RecordValidationException e) {
            List<String> indexes = new ArrayList<>();
            e.recordErrors().forEach(error -> indexes.add(String.valueOf(error.batchIndex)));
            return "{\"error\":\"" + Errors.forException(e.invalidException()) + "\",\"batchIndexes\":[" + String.join(",", indexes)
                + "]}";
        } catch (Throwable e) {
            return "{\"error\":\"" + Errors.forException(e) + "\",\"message\":" + quote(String.valueOf(e)) + "}";
        }
    }

    private static final LogValidator.MetricsRecorder NO_METRICS = new LogValidator.MetricsRecorder() {
        public void recordInvalidMagic() { }
        public void recordInvalidOffset() { }
        public void recordInvalidSequence() { }
        public void recordInvalidChecksums() { }
        public void recordNoKeyCompactedTopic() { }
    };

    /** The time that check.ts gives its own rules. */
    private static final Time FIXED_TIME = (Time) Proxy.newProxyInstance(Time.class.getClassLoader(), new Class<?>[] {Time.class},
        (proxy, method, arguments) -> method.getName().equals("milliseconds") ? (Object) 1_700_000_050_000L
            : method.invoke(Time.SYSTEM, arguments));
}
