import type { Api, Decoded, Encodable } from '../../../protocol/schema.ts'

/** One connection to a broker; requests are answered one after the other. */
export interface GroupClient {
  readonly clientId: string
  send<A extends Api>(
    api: A,
    version: number,
    request: Encodable<A['request']>,
  ): Promise<Decoded<A['response']>>
}

/** A broker that scripts are run against: Kafka's or ours. */
export interface GroupPeer {
  client(clientId: string): Promise<GroupClient>
  /** Lets time go by; also long enough for requests that nobody waited for to arrive. */
  pause(ms: number): Promise<void>
  topicId(name: string): string
  createTopic(name: string, partitions: number): Promise<void>
  /** The topic gets partitions until it has that many. */
  addPartitions(name: string, total: number): Promise<void>
  /** Cuts a client's connection. */
  disconnect(client: GroupClient): Promise<void>
}

/** What both peers are set up with. */
export const TOPICS = { orders: 3, payments: 1 } as const

/** Set on both sides, so that scripts need not take long. */
export const CONFIGS = {
  'offsets.topic.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '800',
  'group.min.session.timeout.ms': '500',
  'group.max.session.timeout.ms': '60000',
  'group.max.size': '3',
  'offset.metadata.max.bytes': '16',
  'group.consumer.session.timeout.ms': '3000',
  'group.consumer.min.session.timeout.ms': '500',
  'group.consumer.heartbeat.interval.ms': '1000',
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.assignment.interval.ms': '0',
  'group.consumer.max.size': '3',
} as const
