import { type ConfigError, invalidRequest } from './config-error.ts'

/** What a config belongs to, with ConfigResource.Type's codes. */
export const CONFIG_RESOURCE_TYPES = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const

export interface ConfigResource {
  /** One of CONFIG_RESOURCE_TYPES, or whatever a client sent. */
  readonly resourceType: number
  readonly resourceName: string
}

/** Kafka's words for a topic name that no topic can have, null for one it can (Topic.validate). */
export function checkTopicName(name: string): string | null {
  const reason = invalidTopicReason(name)
  return reason === null ? null : `Topic name is invalid: ${reason}`
}

function invalidTopicReason(name: string): string | null {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > 249) return `the length of '${name}' is longer than the max allowed length 249`
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return null
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** What is wrong with a resource's name, by its type (ControllerConfigurationValidator). */
export function checkResourceName({ resourceType, resourceName }: ConfigResource): ConfigError | null {
  switch (resourceType) {
    case CONFIG_RESOURCE_TYPES.TOPIC: {
      if (resourceName === '') return invalidRequest('Default topic resources are not allowed.')
      const message = checkTopicName(resourceName)
      return message === null ? null : { errorCode: 'INVALID_TOPIC_EXCEPTION', message }
    }
    case CONFIG_RESOURCE_TYPES.GROUP:
      return resourceName === '' ? invalidRequest('Default group resources are not allowed.') : null
    default:
      return null
  }
}
