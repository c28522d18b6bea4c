import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** What the members of one group share: how far it has read and committed, and the first thing that went wrong. */
final class Progress {
    final Content content;
    /** The group's committed offset of each partition. */
    final Map<Integer, Long> committed = new ConcurrentHashMap<>();
    /** The offset after the last record that was read of each partition. */
    final Map<Integer, Long> reached = new ConcurrentHashMap<>();
    private final long start = System.nanoTime();
    volatile Throwable failure;

    Progress(Content content) {
        this.content = content;
    }

    boolean allRead() {
        for (int partition = 0; partition < content.partitions; partition++) {
            if (reached.getOrDefault(partition, 0L) < content.end(partition)) return false;
        }
        return true;
    }

    /** For whoever reads the log of a failed run. */
    void note(String what) {
        System.out.println(content.topic + " " + milliseconds() + " ms: " + what);
    }

    long milliseconds() {
        return (System.nanoTime() - start) / 1_000_000;
    }

    void await(BooleanSupplier condition, Supplier<String> what) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            if (failure != null) throw new AssertionError(failure.toString(), failure);
            if (System.nanoTime() > deadline) throw new AssertionError("60 s passed without " + what.get());
            Thread.sleep(10);
        }
    }
}
