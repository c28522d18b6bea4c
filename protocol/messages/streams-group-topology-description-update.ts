import { api, array, int8, int16, int32, string, struct } from '../schema.ts'

const topologyDescriptionNode = {
  name: string('0+'),
  nodeType: int8('0+'),
  sourceTopics: array('0+', string()),
  sinkTopic: string('0+', { nullable: '0+', default: null }),
  stores: array('0+', string()),
  successors: array('0+', string()),
}

export const streamsGroupTopologyDescriptionUpdate = api({
  key: 93,
  name: 'StreamsGroupTopologyDescriptionUpdate',
  versions: '0',
  flexible: '0+',
  listeners: ['broker'],
  request: {
    groupId: string('0+'),
    memberId: string('0+'),
    topologyEpoch: int32('0+'),
    topologyDescription: struct('0+', {
      subtopologies: array('0+', {
        subtopologyId: string('0+'),
        nodes: array('0+', topologyDescriptionNode),
      }),
      globalStores: array('0+', {
        source: struct('0+', topologyDescriptionNode),
        processor: struct('0+', topologyDescriptionNode),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
  },
})
