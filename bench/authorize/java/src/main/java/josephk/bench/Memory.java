package josephk.bench;

import java.lang.ref.Reference;

/** How many bytes of heap Kafka's authorizer takes with a population: `resourceCount aclCount`. */
public final class Memory {
    public static void main(String[] args) {
        long before = used();
        Object authorizer = Population.authorizer(Integer.parseInt(args[0]), Integer.parseInt(args[1]), 0);
        System.out.println(used() - before);
        Reference.reachabilityFence(authorizer);
    }

    private static long used() {
        for (int i = 0; i < 5; i++) System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
