import { api, array, bool, int16, int32, int64, string } from '../schema.ts'

export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker', 'controller'],
  request: {
    clientSoftwareName: string('3+'),
    clientSoftwareVersion: string('3+'),
    clusterId: string('5+', { nullable: '5+', default: null }),
    nodeId: int32('5+', { default: -1 }),
  },
  response: {
    errorCode: int16('0+'),
    apiKeys: array('0+', {
      apiKey: int16('0+'),
      minVersion: int16('0+'),
      maxVersion: int16('0+'),
    }),
    throttleTimeMs: int32('1+'),
    supportedFeatures: array(
      '3+',
      { tag: 0 },
      {
        name: string('3+'),
        minVersion: int16('3+'),
        maxVersion: int16('3+'),
      },
    ),
    finalizedFeaturesEpoch: int64('3+', { tag: 1, default: -1 }),
    finalizedFeatures: array(
      '3+',
      { tag: 2 },
      {
        name: string('3+'),
        maxVersionLevel: int16('3+'),
        minVersionLevel: int16('3+'),
      },
    ),
    zkMigrationReady: bool('3+', { tag: 3, default: false }),
  },
})
