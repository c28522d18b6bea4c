import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.common.security.kerberos.KerberosName;
import org.apache.kafka.common.security.kerberos.KerberosShortNamer;

/** For each line `REALM<tab>NAME<tab>RULE<tab>RULE...`: what Kafka makes of the name, or that it makes nothing of it or of a rule. */
final class ShortNames {
    public static void main(String[] arguments) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        StringBuilder answers = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            answers.append(answer(List.of(line.split("\t", -1)))).append('\n');
        }
        System.out.write(answers.toString().getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    private static String answer(List<String> fields) {
        KerberosShortNamer namer;
        try {
            namer = KerberosShortNamer.fromUnparsedRules(fields.get(0), fields.subList(2, fields.size()));
        } catch (RuntimeException error) {
            return "no rule";
        }
        try {
            return "= " + namer.shortName(KerberosName.parse(fields.get(1)));
        } catch (IOException | RuntimeException error) {
            return "no name";
        }
    }
}
