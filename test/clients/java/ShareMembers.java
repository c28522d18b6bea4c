import java.io.BufferedReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Members of one share group; and, in `main`, the process of one that is killed while it holds records. */
final class ShareMembers {
    static final Duration POLL = Duration.ofMillis(200);
    private static final long LONGEST_HOLD_MS = 60_000;

    final String topic;
    final String group;
    private final Arguments arguments;

    ShareMembers(Arguments arguments) {
        this.arguments = arguments;
        this.topic = arguments.text("prefix") + "-shared";
        this.group = arguments.text("prefix") + "-share";
    }

    /** Takes records, says so, and does nothing with them until it is killed. */
    public static void main(String[] raw) throws Exception {
        KafkaShareConsumer<byte[], byte[]> consumer = new ShareMembers(new Arguments(raw)).consumer("victim");
        while (true) {
            ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
            if (polled.isEmpty()) continue;
            System.out.println("HOLDING " + polled.count());
            Thread.sleep(LONGEST_HOLD_MS);
        }
    }

    /** One that has subscribed and acknowledges for itself. */
    KafkaShareConsumer<byte[], byte[]> consumer(String name) {
        KafkaShareConsumer<byte[], byte[]> consumer = new KafkaShareConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, arguments.text("bootstrap"),
                ConsumerConfig.GROUP_ID_CONFIG, group,
                ConsumerConfig.CLIENT_ID_CONFIG, name,
                ConsumerConfig.SHARE_ACKNOWLEDGEMENT_MODE_CONFIG, "explicit",
                ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 100
            ),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer()
        );
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    /** Starts one more member in a process of its own, and kills that by SIGKILL as soon as it holds records: so many. */
    int killOneThatHolds() throws Exception {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElseThrow(), "-cp"));
        command.addAll(List.of(System.getProperty("java.class.path"), "ShareMembers"));
        command.addAll(List.of(arguments.raw));
        Process victim = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader lines = victim.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.out.println("victim: " + line);
                if (line.startsWith("HOLDING ")) return Integer.parseInt(line.substring("HOLDING ".length()));
            }
            throw new AssertionError("the victim ended by itself");
        } finally {
            victim.destroyForcibly().waitFor();
        }
    }
}
