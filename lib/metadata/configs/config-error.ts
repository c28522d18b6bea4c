/** The errors that altering configs can end with, by their names in Kafka's table. */
export type ConfigErrorName =
  | 'BROKER_ID_NOT_REGISTERED'
  | 'CLUSTER_AUTHORIZATION_FAILED'
  | 'GROUP_AUTHORIZATION_FAILED'
  | 'INVALID_CONFIG'
  | 'INVALID_REQUEST'
  | 'INVALID_TOPIC_EXCEPTION'
  | 'TOPIC_AUTHORIZATION_FAILED'
  | 'UNKNOWN_SERVER_ERROR'
  | 'UNKNOWN_TOPIC_OR_PARTITION'
  | 'UNSUPPORTED_VERSION'

/** An error as it goes over the wire: the code's name, and the text beside it. */
export interface ConfigError {
  readonly errorCode: ConfigErrorName
  readonly message: string | null
}

export function invalidConfig(message: string): ConfigError {
  return { errorCode: 'INVALID_CONFIG', message }
}

export function invalidRequest(message: string): ConfigError {
  return { errorCode: 'INVALID_REQUEST', message }
}
