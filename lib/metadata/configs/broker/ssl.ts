import { bool, className, int, list, long, password, perBroker, string } from '../config-def.ts'
import { anyList, oneOf } from '../validators.ts'

/** TLS, principals and re-authentication (BrokerSecurityConfigs, SslConfigs). */
export const SSL_CONFIGS = {
  'connections.max.reauth.ms': long(0),
  'sasl.server.max.receive.size': int(524_288),
  'security.providers': string(null),
  'principal.builder.class': perBroker(
    className('org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder'),
  ),
  'ssl.client.auth': perBroker(string('none', oneOf('required', 'requested', 'none'))),
  'ssl.principal.mapping.rules': string('DEFAULT'),
  'ssl.allow.dn.changes': bool(false),
  'ssl.allow.san.changes': bool(false),
  'ssl.protocol': perBroker(string('TLSv1.3')),
  'ssl.provider': perBroker(string(null)),
  'ssl.enabled.protocols': perBroker(list(['TLSv1.2', 'TLSv1.3'], anyList)),
  'ssl.keystore.type': perBroker(string('JKS')),
  'ssl.keystore.location': perBroker(string(null)),
  'ssl.keystore.password': perBroker(password()),
  'ssl.key.password': perBroker(password()),
  'ssl.keystore.key': perBroker(password()),
  'ssl.keystore.certificate.chain': perBroker(password()),
  'ssl.truststore.type': perBroker(string('JKS')),
  'ssl.truststore.location': perBroker(string(null)),
  'ssl.truststore.password': perBroker(password()),
  'ssl.truststore.certificates': perBroker(password()),
  'ssl.keymanager.algorithm': perBroker(string('SunX509')),
  'ssl.trustmanager.algorithm': perBroker(string('PKIX')),
  'ssl.endpoint.identification.algorithm': perBroker(string('https')),
  'ssl.secure.random.implementation': perBroker(string(null)),
  'ssl.cipher.suites': perBroker(list([], anyList)),
  'ssl.engine.factory.class': perBroker(className(null)),
} as const
