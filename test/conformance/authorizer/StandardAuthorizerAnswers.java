import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;
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
import org.apache.kafka.metadata.authorizer.StandardAcl;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizationResult;

/**
 * Kafka's authorizer, driven line by line; fields are parted by tabs, codes are those of the wire. `new` begins with no rules,
 * `add` and `remove` change them, `may` and `any` ask: each of the two prints 1 or 0.
 */
public final class StandardAuthorizerAnswers {
    private static StandardAuthorizer authorizer;

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] field = line.split("\t", -1);
            switch (field[0]) {
                case "new" -> begin(field[1], field[2]);
                case "add" -> authorizer.addAcl(Uuid.fromString(field[1]), new StandardAcl(
                    ResourceType.fromCode(Byte.parseByte(field[2])),
                    field[3],
                    PatternType.fromCode(Byte.parseByte(field[4])),
                    field[5],
                    field[6],
                    AclOperation.fromCode(Byte.parseByte(field[7])),
                    AclPermissionType.fromCode(Byte.parseByte(field[8]))));
                case "remove" -> authorizer.removeAcl(Uuid.fromString(field[1]));
                case "may" -> print(out, authorizer.authorize(context(field[1], field[2]), List.of(new Action(
                    AclOperation.fromCode(Byte.parseByte(field[3])),
                    new ResourcePattern(
                        ResourceType.fromCode(Byte.parseByte(field[4])), field[5], PatternType.LITERAL),
                    1, false, false))).get(0));
                case "any" -> print(out, authorizer.authorizeByResourceType(
                    context(field[1], field[2]),
                    AclOperation.fromCode(Byte.parseByte(field[3])),
                    ResourceType.fromCode(Byte.parseByte(field[4]))));
                default -> throw new IllegalArgumentException(line);
            }
        }
        out.flush();
    }

    private static void begin(String superUsers, String allowEveryone) {
        authorizer = new StandardAuthorizer();
        authorizer.configure(Map.of(
            StandardAuthorizer.SUPER_USERS_CONFIG, superUsers,
            StandardAuthorizer.ALLOW_EVERYONE_IF_NO_ACL_IS_FOUND_CONFIG, allowEveryone));
        authorizer.withPluginMetrics(new PluginMetricsImpl(new Metrics(), Map.of()));
        authorizer.completeInitialLoad();
    }

    private static RequestContext context(String principal, String host) throws Exception {
        int colon = principal.indexOf(':');
        return new RequestContext(
            new RequestHeader(ApiKeys.PRODUCE, (short) 3, "client", 1),
            "connection",
            InetAddress.getByName(host),
            new KafkaPrincipal(principal.substring(0, colon), principal.substring(colon + 1)),
            ListenerName.normalised("LISTENER"),
            SecurityProtocol.PLAINTEXT,
            ClientInformation.EMPTY,
            false);
    }

    private static void print(PrintStream out, AuthorizationResult result) {
        out.println(result == AuthorizationResult.ALLOWED ? 1 : 0);
    }
}
