import { apis } from '../../../protocol/apis.ts'
import { abortedTxn } from '../../../protocol/formats/aborted-txn.ts'
import { consumerOffsetsRecords } from '../../../protocol/formats/consumer-offsets.ts'
import { consumerProtocolAssignment } from '../../../protocol/formats/consumer-protocol-assignment.ts'
import { consumerProtocolSubscription } from '../../../protocol/formats/consumer-protocol-subscription.ts'
import { controlRecordType } from '../../../protocol/formats/control-record-type.ts'
import type { CoordinatorRecord } from '../../../protocol/formats/coordinator-record.ts'
import { defaultPrincipalData } from '../../../protocol/formats/default-principal-data.ts'
import { endTxnMarker } from '../../../protocol/formats/end-txn-marker.ts'
import { kraftVersionRecord } from '../../../protocol/formats/kraft-version-record.ts'
import { leaderChangeMessage } from '../../../protocol/formats/leader-change-message.ts'
import { shareGroupStateRecords } from '../../../protocol/formats/share-group-state.ts'
import { snapshotFooterRecord } from '../../../protocol/formats/snapshot-footer-record.ts'
import { snapshotHeaderRecord } from '../../../protocol/formats/snapshot-header-record.ts'
import { transactionStateRecords } from '../../../protocol/formats/transaction-state.ts'
import { votersRecord } from '../../../protocol/formats/voters-record.ts'
import { requestHeader, responseHeader } from '../../../protocol/header.ts'
import type { Api, Message } from '../../../protocol/schema.ts'

/** A declared message, with what its declaration says beside the fields. */
export interface Subject {
  readonly message: Message
  /** For the request and the response of an API. */
  readonly api?: Api
  /** For the key and the value of a coordinator's record. */
  readonly record?: CoordinatorRecord
}

const formats: readonly Message[] = [
  requestHeader,
  responseHeader,
  abortedTxn,
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  controlRecordType,
  defaultPrincipalData,
  endTxnMarker,
  kraftVersionRecord,
  leaderChangeMessage,
  snapshotFooterRecord,
  snapshotHeaderRecord,
  votersRecord,
]

const records: readonly CoordinatorRecord[] = [
  ...consumerOffsetsRecords,
  ...transactionStateRecords,
  ...shareGroupStateRecords,
]

/** Everything that is declared and that Kafka has a definition of. */
export const subjects: readonly Subject[] = [
  ...apis.flatMap((api: Api) => [
    { message: api.request, api },
    { message: api.response, api },
  ]),
  ...formats.map((message) => ({ message })),
  ...records.flatMap((record) => [
    { message: record.key, record },
    { message: record.value, record },
  ]),
]

export function versionsOf(message: Message): number[] {
  const { min, max } = message.versions
  return Array.from({ length: max - min + 1 }, (_, i) => min + i)
}

/** By the name of its Kafka definition; throws for a name that nothing declared has. */
export function subjectNamed(name: string): Subject {
  const subject = byName.get(name)
  if (!subject) throw new RangeError(`no message called ${name} is declared`)
  return subject
}

const byName = new Map(subjects.map((subject) => [subject.message.name, subject]))
