import { array, int16, int32, string } from '../../schema.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

/** The topology of a streams group (KIP-1071). */
export const streamsGroupTopology = coordinatorRecord({
  type: 23,
  name: 'StreamsGroupTopology',
  key: {
    groupId: string('0+'),
  },
  versions: '0',
  flexible: '0+',
  value: {
    epoch: int32('0+'),
    subtopologies: array('0+', {
      subtopologyId: string('0+'),
      sourceTopics: array('0+', string()),
      sourceTopicRegex: array('0+', string()),
      stateChangelogTopics: array('0+', {
        name: string('0+'),
        partitions: int32('0+'),
        replicationFactor: int16('0+'),
        topicConfigs: array('0+', {
          key: string('0+'),
          value: string('0+'),
        }),
      }),
      repartitionSinkTopics: array('0+', string()),
      repartitionSourceTopics: array('0+', {
        name: string('0+'),
        partitions: int32('0+'),
        replicationFactor: int16('0+'),
        topicConfigs: array('0+', {
          key: string('0+'),
          value: string('0+'),
        }),
      }),
      copartitionGroups: array('0+', {
        sourceTopics: array('0+', int16()),
        sourceTopicRegex: array('0+', int16()),
        repartitionSourceTopics: array('0+', int16()),
      }),
    }),
  },
})
