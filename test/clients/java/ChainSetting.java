import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** What the members of a chain know of it, in whichever process they are, and what is known of them. */
final class ChainSetting {
    static final int STAGES = 3;

    final String bootstrap;
    final String prefix;
    final int partitions;
    /** Its groups speak the consumer protocol (KIP-848), whose cluster says how long sessions last. */
    final boolean coordinatorAssigns;
    final AtomicInteger fenced = new AtomicInteger();
    private final long start = System.nanoTime();
    volatile Throwable failure;

    ChainSetting(Arguments arguments) {
        this.bootstrap = arguments.text("bootstrap");
        this.prefix = arguments.text("prefix");
        this.partitions = arguments.number("partitions");
        this.coordinatorAssigns = arguments.text("group").equals("consumer");
    }

    /** What a stage writes, and the next one reads; 0 is what the first one reads. */
    String topic(int stage) {
        return prefix + "-" + stage;
    }

    /** Each stage puts its number behind what it got. */
    byte[] transformed(byte[] value, int stage) {
        byte[] longer = Arrays.copyOf(value, value.length + 2);
        longer[value.length] = ' ';
        longer[value.length + 1] = (byte) ('0' + stage);
        return longer;
    }

    ChainMember member(int stage, String name) {
        ChainMember member = new ChainMember(this, stage, name);
        member.start();
        return member;
    }

    void fail(Throwable error) {
        error.printStackTrace();
        if (failure == null) failure = error;
    }

    void note(String what) {
        System.out.println((System.nanoTime() - start) / 1_000_000 + " ms: " + what);
    }
}
