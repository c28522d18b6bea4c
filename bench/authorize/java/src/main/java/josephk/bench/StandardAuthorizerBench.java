package josephk.bench;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.network.ClientInformation;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The questions that Kafka's own AuthorizerBenchmark asks, and the first of them of one topic after another. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class StandardAuthorizerBench {
    private static final int TOPICS = 1000;

    @Param("10000")
    private int resourceCount;
    @Param("10")
    private int aclCount;
    @Param("0")
    private double denyPercentage;

    /** The same for all questions of a run: it takes long to be made. */
    private static StandardAuthorizer authorizer;
    private RequestContext context;
    private RequestContext otherContext;
    private final List<Action> one = writes(95);
    private final Object[] many = new Object[TOPICS];
    private int next;

    @Setup
    public void setUp() throws Exception {
        if (authorizer == null) authorizer = Population.authorizer(resourceCount, aclCount, denyPercentage);
        context = contextFrom("127.0.0.1");
        otherContext = contextFrom("127.0.0.2");
        for (int i = 0; i < TOPICS; i++) many[i] = writes((int) (1 + 7919L * i % (resourceCount - 1)));
    }

    @Benchmark
    public Object oneTopic() {
        return authorizer.authorize(context, one);
    }

    @Benchmark
    @SuppressWarnings("unchecked")
    public Object manyTopics() {
        next = next == TOPICS - 1 ? 0 : next + 1;
        return authorizer.authorize(context, (List<Action>) many[next]);
    }

    @Benchmark
    public Object anyTopic() {
        return authorizer.authorizeByResourceType(otherContext, AclOperation.READ, ResourceType.TOPIC);
    }

    private static List<Action> writes(int resource) {
        ResourcePattern topic = new ResourcePattern(
            ResourceType.TOPIC, Population.PREFIX + resource, PatternType.LITERAL);
        return List.of(new Action(AclOperation.WRITE, topic, 1, true, true));
    }

    private static RequestContext contextFrom(String host) throws Exception {
        return new RequestContext(
            new RequestHeader(ApiKeys.PRODUCE, (short) 3, "client", 1),
            "connection",
            InetAddress.getByName(host),
            new KafkaPrincipal(KafkaPrincipal.USER_TYPE, Population.USER),
            ListenerName.normalised("LISTENER"),
            SecurityProtocol.PLAINTEXT,
            ClientInformation.EMPTY,
            false);
    }
}
