import { api, array, int16, int32, int64, string } from '../schema.ts'

export const controlledShutdown = api({
  key: 7,
  name: 'ControlledShutdown',
  versions: '0-3',
  flexible: '3+',
  listeners: ['zkBroker', 'controller'],
  request: {
    brokerId: int32('0+'),
    brokerEpoch: int64('2+', { default: -1 }),
  },
  response: {
    errorCode: int16('0+'),
    remainingPartitions: array('0+', {
      topicName: string('0+'),
      partitionIndex: int32('0+'),
    }),
  },
})
