import { ConfigResourceType } from '../records.ts'
import { invalidTopicMessage } from '../topic-name.ts'
import { type ConfigError, invalidRequest } from './config-error.ts'

export interface ConfigResource {
  /** One of ConfigResourceType, or whatever a client sent. */
  readonly resourceType: number
  readonly resourceName: string
}

/** What is wrong with a resource's name, by its type (ControllerConfigurationValidator). */
export function checkResourceName({ resourceType, resourceName }: ConfigResource): ConfigError | null {
  switch (resourceType) {
    case ConfigResourceType.TOPIC: {
      if (resourceName === '') return invalidRequest('Default topic resources are not allowed.')
      const message = invalidTopicMessage(resourceName)
      return message === undefined ? null : { errorCode: 'INVALID_TOPIC_EXCEPTION', message }
    }
    case ConfigResourceType.GROUP:
      return resourceName === '' ? invalidRequest('Default group resources are not allowed.') : null
    default:
      return null
  }
}
