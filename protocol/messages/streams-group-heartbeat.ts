import { api, array, bool, int8, int16, int32, int64, string, struct, uint16 } from '../schema.ts'

const keyValue = {
  key: string('0+'),
  value: string('0+'),
}

const topicInfo = {
  name: string('0+'),
  partitions: int32('0+'),
  replicationFactor: int16('0+'),
  topicConfigs: array('0+', keyValue),
}

const taskIds = {
  subtopologyId: string('0+'),
  partitions: array('0+', int32()),
}

const taskOffset = {
  subtopologyId: string('0+'),
  partition: int32('0+'),
  offset: int64('0+'),
}

const topicPartition = {
  topic: string('0+'),
  partitions: array('0+', int32()),
}

export const streamsGroupHeartbeat = api({
  key: 88,
  name: 'StreamsGroupHeartbeat',
  versions: '0-1',
  flexible: '0+',
  listeners: ['broker'],
  request: {
    groupId: string('0+'),
    memberId: string('0+'),
    memberEpoch: int32('0+'),
    endpointInformationEpoch: int32('0+'),
    instanceId: string('0+', { nullable: '0+', default: null }),
    rackId: string('0+', { nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    topology: struct(
      '0+',
      { nullable: '0+', default: null },
      {
        epoch: int32('0+'),
        subtopologies: array('0+', {
          subtopologyId: string('0+'),
          sourceTopics: array('0+', string()),
          sourceTopicRegex: array('0+', string()),
          stateChangelogTopics: array('0+', topicInfo),
          repartitionSinkTopics: array('0+', string()),
          repartitionSourceTopics: array('0+', topicInfo),
          copartitionGroups: array('0+', {
            sourceTopics: array('0+', int16()),
            sourceTopicRegex: array('0+', int16()),
            repartitionSourceTopics: array('0+', int16()),
          }),
        }),
      },
    ),
    activeTasks: array('0+', { nullable: '0+', default: null }, taskIds),
    standbyTasks: array('0+', { nullable: '0+', default: null }, taskIds),
    warmupTasks: array('0+', { nullable: '0+', default: null }, taskIds),
    processId: string('0+', { nullable: '0+', default: null }),
    userEndpoint: struct(
      '0+',
      { nullable: '0+', default: null },
      {
        host: string('0+'),
        port: uint16('0+'),
      },
    ),
    clientTags: array('0+', { nullable: '0+', default: null }, keyValue),
    taskOffsets: array('0+', { nullable: '0+', default: null }, taskOffset),
    taskEndOffsets: array('0+', { nullable: '0+', default: null }, taskOffset),
    shutdownApplication: bool('0+', { default: false }),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    memberId: string('0+'),
    memberEpoch: int32('0+'),
    heartbeatIntervalMs: int32('0+'),
    acceptableRecoveryLagLegacy: int32('0'),
    taskOffsetIntervalMs: int32('0+'),
    acceptableRecoveryLag: int64('1+', { default: -1 }),
    status: array(
      '0+',
      { nullable: '0+' },
      {
        statusCode: int8('0+'),
        statusDetail: string('0+'),
      },
    ),
    activeTasks: array('0+', { nullable: '0+', default: null }, taskIds),
    standbyTasks: array('0+', { nullable: '0+', default: null }, taskIds),
    warmupTasks: array('0+', { nullable: '0+', default: null }, taskIds),
    topologyDescriptionRequired: bool('1+', { default: false }),
    endpointInformationEpoch: int32('0+'),
    partitionsByUserEndpoint: array(
      '0+',
      { nullable: '0+', default: null },
      {
        userEndpoint: struct('0+', {
          host: string('0+'),
          port: uint16('0+'),
        }),
        activePartitions: array('0+', topicPartition),
        standbyPartitions: array('0+', topicPartition),
      },
    ),
  },
})
