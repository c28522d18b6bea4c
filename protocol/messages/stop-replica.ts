import { api, array, bool, int16, int32, int64, string } from '../schema.ts'

export const stopReplica = api({
  key: 5,
  name: 'StopReplica',
  versions: '0-4',
  flexible: '2+',
  listeners: ['zkBroker'],
  request: {
    controllerId: int32('0+'),
    isKRaftController: bool('4+', { default: false }),
    controllerEpoch: int32('0+'),
    brokerEpoch: int64('1+', { default: -1 }),
    deletePartitions: bool('0-2'),
    ungroupedPartitions: array('0', {
      topicName: string('0'),
      partitionIndex: int32('0'),
    }),
    topics: array('1-2', {
      name: string('1-2'),
      partitionIndexes: array('1-2', int32()),
    }),
    topicStates: array('3+', {
      topicName: string('3+'),
      partitionStates: array('3+', {
        partitionIndex: int32('3+'),
        leaderEpoch: int32('3+', { default: -1 }),
        deletePartition: bool('3+'),
      }),
    }),
  },
  response: {
    errorCode: int16('0+'),
    partitionErrors: array('0+', {
      topicName: string('0+'),
      partitionIndex: int32('0+'),
      errorCode: int16('0+'),
    }),
  },
})
