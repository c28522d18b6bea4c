import type { MetadataImage } from '../metadata/image.ts'

/** A broker as the responses of KIP-951 name it. */
export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** Gathers who leads the partitions that a client has asked the wrong broker for, each broker once (KIP-951). */
export class CurrentLeaders {
  readonly #image: MetadataImage
  readonly #listenerName: string
  readonly nodeEndpoints: NodeEndpoint[] = []

  constructor(image: MetadataImage, listenerName: string) {
    this.#image = image
    this.#listenerName = listenerName
  }

  /** The partition's leader as the response says it; -1 and -1 for a partition that does not exist. */
  leaderOf(topicName: string, index: number): { leaderId: number; leaderEpoch: number } {
    const partition = this.#image.topicsByName.get(topicName)?.partitions[index]
    if (partition === undefined) return { leaderId: -1, leaderEpoch: -1 }
    this.#add(partition.leader)
    return { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch }
  }

  #add(nodeId: number): void {
    const broker = this.#image.brokers.get(nodeId)
    if (broker === undefined || broker.fenced) return
    if (this.nodeEndpoints.some((known) => known.nodeId === nodeId)) return
    const endPoint = broker.endPoints.find(({ name }) => name === this.#listenerName)
    if (endPoint === undefined) return
    const { host, port } = endPoint
    this.nodeEndpoints.push({ nodeId, host, port, rack: broker.rack })
  }
}
