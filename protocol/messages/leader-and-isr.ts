import { api, array, bool, int8, int16, int32, int64, string, uuid } from '../schema.ts'

const leaderAndIsrPartitionState = {
  topicName: string('0-1'),
  partitionIndex: int32('0+'),
  controllerEpoch: int32('0+'),
  leader: int32('0+'),
  leaderEpoch: int32('0+'),
  isr: array('0+', int32()),
  partitionEpoch: int32('0+'),
  replicas: array('0+', int32()),
  addingReplicas: array('3+', int32()),
  removingReplicas: array('3+', int32()),
  isNew: bool('1+', { default: false }),
  leaderRecoveryState: int8('6+'),
}

const leaderAndIsrPartitionError = {
  topicName: string('0-4'),
  partitionIndex: int32('0+'),
  errorCode: int16('0+'),
}

export const leaderAndIsr = api({
  key: 4,
  name: 'LeaderAndIsr',
  versions: '0-7',
  flexible: '4+',
  listeners: ['zkBroker'],
  request: {
    controllerId: int32('0+'),
    isKRaftController: bool('7+', { default: false }),
    controllerEpoch: int32('0+'),
    brokerEpoch: int64('2+', { default: -1 }),
    type: int8('5+'),
    ungroupedPartitionStates: array('0-1', leaderAndIsrPartitionState),
    topicStates: array('2+', {
      topicName: string('2+'),
      topicId: uuid('5+'),
      partitionStates: array('2+', leaderAndIsrPartitionState),
    }),
    liveLeaders: array('0+', {
      brokerId: int32('0+'),
      hostName: string('0+'),
      port: int32('0+'),
    }),
  },
  response: {
    errorCode: int16('0+'),
    partitionErrors: array('0-4', leaderAndIsrPartitionError),
    topics: array('5+', {
      topicId: uuid('5+'),
      partitionErrors: array('5+', leaderAndIsrPartitionError),
    }),
  },
})
