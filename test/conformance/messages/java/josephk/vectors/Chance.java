package josephk.vectors;

import java.util.Random;
import org.apache.kafka.common.Uuid;

/** Values at and around the ends of what a type holds, more often than chance alone would give them. */
final class Chance {
    private static final String[] TEXTS = {
        "", "a", "orders", "größe", "日本語のトピック", "a🚀b", "with \"quotes\" \\ and\ttabs\n", "\u0000\u007f\u0080\u07ff\u0800\uffff",
        "x".repeat(126), "y".repeat(127), "z".repeat(128), "long-".repeat(60), "ü".repeat(70)
    };

    final Random random;

    Chance(Random random) {
        this.random = random;
    }

    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    /** A whole number of {@code bits} bits, signed. */
    long integer(int bits) {
        long min = -1L << (bits - 1);
        return switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1 -> -1;
            case 2 -> min;
            case 3 -> ~min;
            case 4 -> random.nextInt(128);
            default -> random.nextLong() >> (64 - 1 - random.nextInt(bits));
        };
    }

    long unsigned(int bits) {
        return integer(bits) & ((1L << bits) - 1);
    }

    double real() {
        return switch (random.nextInt(4)) {
            case 0 -> 0.0;
            case 1 -> -1.5;
            case 2 -> Double.MAX_VALUE;
            default -> random.nextGaussian() * 1e6;
        };
    }

    String text() {
        return random.nextInt(3) > 0 ? "name-" + random.nextInt(1000) : TEXTS[random.nextInt(TEXTS.length)];
    }

    byte[] bytes() {
        byte[] bytes = new byte[oneIn(10) ? 100 + random.nextInt(200) : random.nextInt(12)];
        random.nextBytes(bytes);
        return bytes;
    }

    Uuid uuid() {
        return oneIn(4) ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong());
    }

    /** How many elements: fewer the deeper the array lies; now and then enough for a length of two bytes. */
    int length(int depth, boolean small) {
        if (small && depth < 2 && oneIn(40)) return 127 + random.nextInt(20);
        return random.nextInt(depth == 0 ? 4 : 3);
    }
}
