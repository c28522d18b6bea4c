import type { shareGroupDescribe } from '../../../protocol/messages/share-group-describe.ts'
import type { ResponseOf } from '../../../protocol/schema.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { listPartitions } from '../topic-partitions.ts'
import type { ShareGroup } from './group.ts'

export type DescribedShareGroup = NonNullable<ResponseOf<typeof shareGroupDescribe>['groups']>[number]

const ASSIGNOR = 'simple'

/** A share group as ShareGroupDescribe shows it; topics that are gone are left out. */
export function describeShareGroup(group: ShareGroup, image: MetadataImage): DescribedShareGroup {
  return {
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: ASSIGNOR,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      rackId: member.rackId,
      memberEpoch: member.memberEpoch,
      clientId: member.clientId,
      clientHost: member.clientHost,
      subscribedTopicNames: [...member.subscribedTopicNames],
      assignment: {
        topicPartitions: listPartitions(member.assigned).flatMap(({ topicId, partitions }) => {
          const topicName = image.topicsById.get(topicId)?.name
          return topicName === undefined ? [] : [{ topicId, topicName, partitions }]
        }),
      },
    })),
  }
}
