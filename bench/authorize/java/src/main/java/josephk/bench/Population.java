package josephk.bench;

import java.util.Map;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.metadata.authorizer.StandardAcl;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;

/** The same rules as `kafkaPopulation` of populations.ts makes, in Kafka's own authorizer. */
final class Population {
    static final String PREFIX = "foo-bar35_resource-";
    static final String USER = "test-user";

    private static final int HOSTS_ON_PREFIX = 10;

    private final StandardAuthorizer authorizer = new StandardAuthorizer();
    private final double denyPercentage;
    private long chance = 1;
    private int count;

    private Population(double denyPercentage) {
        this.denyPercentage = denyPercentage;
        authorizer.configure(Map.of());
        authorizer.withPluginMetrics(new PluginMetricsImpl(new Metrics(), Map.of()));
    }

    static StandardAuthorizer authorizer(int resourceCount, int aclCount, double denyPercentage) {
        Population population = new Population(denyPercentage);
        for (int resource = 0; resource < resourceCount; resource++) {
            ResourceType type = resource % 10 == 0 ? ResourceType.GROUP : ResourceType.TOPIC;
            PatternType pattern = resource % 5 == 0 ? PatternType.PREFIXED : PatternType.LITERAL;
            for (int acl = 0; acl < aclCount; acl++) {
                population.read(type, PREFIX + resource, pattern, "User:" + USER + (acl == 0 ? "" : acl), "*");
            }
        }
        for (int host = 0; host < HOSTS_ON_PREFIX; host++) {
            population.read(ResourceType.TOPIC, PREFIX, PatternType.PREFIXED, "User:" + USER, "127.0.0." + (host + 3));
        }
        for (int host = 0; host < resourceCount / 10; host++) {
            population.read(ResourceType.TOPIC, "*", PatternType.LITERAL, "User:" + USER, "127.0.0" + host);
        }
        population.authorizer.completeInitialLoad();
        return population.authorizer;
    }

    private void read(ResourceType type, String name, PatternType pattern, String principal, String host) {
        add(new StandardAcl(type, name, pattern, principal, host, AclOperation.READ, AclPermissionType.ALLOW));
        // A small generator that JavaScript has too, so that both deny the same.
        chance = chance * 48271 % 2147483647;
        if (chance % 10000 < denyPercentage * 100) {
            add(new StandardAcl(type, name, pattern, principal, host, AclOperation.READ, AclPermissionType.DENY));
        }
    }

    private void add(StandardAcl acl) {
        authorizer.addAcl(new Uuid(0x4000L | (long) count << 16, Long.MIN_VALUE | count++), acl);
    }
}
