import type { CoordinatorRecord } from './coordinator-record.ts'
import { shareSnapshot } from './share-group-state/share-snapshot.ts'
import { shareUpdate } from './share-group-state/share-update.ts'

/** Every record of the topic `__share_group_state`, by the type its key begins with. */
export const shareGroupStateRecords = [
  shareSnapshot,
  shareUpdate,
] as const satisfies readonly CoordinatorRecord[]
