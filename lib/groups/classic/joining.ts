import type { RequestContext } from '../../network/handler.ts'
import type { Respond } from '../answer.ts'
import type { GroupShard } from '../shard.ts'
import type { JoinGroupRequest, JoinGroupResponse, MemberTerms } from './member.ts'

/** One JoinGroup request on its way through the coordinator. */
export interface Joining {
  readonly shard: GroupShard
  readonly request: JoinGroupRequest
  readonly context: RequestContext
  readonly terms: MemberTerms
  readonly respond: Respond<JoinGroupResponse>
}
