/** josephk: a Kafka cluster inside your process. This is all there is to import. */
export type { Broker } from './broker.ts'
export { OptionError } from './check-options.ts'
export { Cluster, KafkaError } from './cluster.ts'
export { type Clock, ManualClock, RealClock, type Timer } from './lab/clock.ts'
export type { LogFields, Logger } from './lab/logger.ts'
export { type Random, RealRandom, SeededRandom } from './lab/random.ts'
export type { ClusterMetrics, Metric, MetricTags } from './metrics/metrics.ts'
export type { SocketFactory } from './network/memory-transport.ts'
export type { EarlyNegotiation } from './network/sasl/early-negotiation.ts'
export type { ClientSession } from './network/sasl/sasl-session.ts'
export type { SessionModelOptions } from './network/sasl/session-model.ts'
export type {
  BrokerOptions,
  ClusterOptions,
  ConfigOptions,
  ListenerOptions,
  PermissionOptions,
  TopicOptions,
} from './options.ts'
export type { AuthorizationEvent } from './security/authorization/authorization-event.ts'
export type {
  Acl,
  AclFilter,
  AclOptions,
  ClusterAcls,
} from './security/authorization/cluster-acls.ts'
export type {
  ClusterModes,
  ModeBitsOptions,
  Modes,
} from './security/authorization/cluster-modes.ts'
export type {
  AuthorizationQuestion,
  CustomAuthorizer,
  StaleAnswers,
} from './security/authorization/custom-authorizer.ts'
export type { ModeBit } from './security/authorization/mode-bits.ts'
export { ModeExportError } from './security/authorization/mode-export.ts'
export type {
  ClusterTokens,
  IssuedToken,
  TokenOptions,
} from './security/delegation-tokens/cluster-tokens.ts'
export type { TokenInformation } from './security/delegation-tokens/delegation-tokens.ts'
export type { KerberosOptions } from './security/gssapi/acceptor.ts'
export type { MechanismName, PasswordMechanismName } from './security/mechanism.ts'
export type { ClusterOAuth, OAuthOptions } from './security/oauth/oauth.ts'
export type { AccessTokenRequest } from './security/oauth/token-issuer.ts'
export type {
  CertificateRequest,
  IssuedCertificate,
  ThrowawayAuthority,
} from './security/tls/throwaway-authority.ts'
export type { TlsOptions } from './security/tls/tls-settings.ts'
export type { ClusterUsers, ListedUser, UserOptions } from './security/users.ts'
