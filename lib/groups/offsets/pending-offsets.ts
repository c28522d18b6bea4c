import { offsetCommit } from '../../../protocol/formats/consumer-offsets/offset-commit.ts'
import { type GroupRecord, type GroupRecordOf, isOfKind } from '../group-record.ts'

type OffsetRecord = GroupRecordOf<typeof offsetCommit>

interface PendingOffset {
  readonly record: OffsetRecord
  /** Something newer has been committed since, outside of the transaction: that stays. */
  isOutdated: boolean
}

/** Offsets that were committed in transactions which are still open, by producer (`OffsetMetadataManager`). */
export class PendingOffsets {
  readonly #producers = new Map<number, Map<string, PendingOffset>>()

  /** Whether a transaction may still change what is committed for the partition. */
  has(group: string, topic: string, partition: number): boolean {
    const place = placeOf({ group, topic, partition })
    for (const offsets of this.#producers.values()) if (offsets.has(place)) return true
    return false
  }

  hasGroup(groupId: string): boolean {
    for (const { key } of this.records()) if (key.group === groupId) return true
    return false
  }

  *records(): Generator<OffsetRecord> {
    for (const offsets of this.#producers.values()) for (const { record } of offsets.values()) yield record
  }

  /** A record of a producer's transaction. */
  add(producerId: number, record: GroupRecord): void {
    if (!isOfKind(record, offsetCommit)) return
    const pending = { record, isOutdated: false }
    const offsets = this.#producers.get(producerId)
    if (offsets) offsets.set(placeOf(record.key), pending)
    else this.#producers.set(producerId, new Map([[placeOf(record.key), pending]]))
  }

  /** A record outside of transactions: it counts more than what was pending before it, or takes that away. */
  onRecord(record: GroupRecord): void {
    if (this.#producers.size === 0 || !isOfKind(record, offsetCommit)) return
    const place = placeOf(record.key)
    for (const [producerId, offsets] of this.#producers) {
      const pending = offsets.get(place)
      if (pending && record.value) pending.isOutdated = true
      else offsets.delete(place)
      if (offsets.size === 0) this.#producers.delete(producerId)
    }
  }

  /**
   * The producer's transaction has ended.
   * @returns what is committed with it
   */
  complete(producerId: number, committed: boolean): OffsetRecord[] {
    const offsets = this.#producers.get(producerId)
    this.#producers.delete(producerId)
    if (!offsets || !committed) return []
    return [...offsets.values()].filter(({ isOutdated }) => !isOutdated).map(({ record }) => record)
  }
}

function placeOf({ group, topic, partition }: OffsetRecord['key']): string {
  return JSON.stringify([group, topic, partition])
}
