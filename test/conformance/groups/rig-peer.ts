import { GroupRig } from '../../helpers/groups/group-rig.ts'
import type { GroupClient, GroupPeer } from './peer.ts'
import { CONFIGS, TOPICS } from './peer.ts'

const STEP_MS = 10

/** Our handlers without sockets, on a clock that moves whenever a script waits for nothing but time. */
export class RigPeer implements GroupPeer {
  readonly #rig = new GroupRig({ configs: CONFIGS })
  readonly topicIds = new Map<string, string>()
  #onDisconnect = new Map<GroupClient, (() => void)[]>()
  #activity = 0

  constructor() {
    for (const [name, partitions] of Object.entries(TOPICS)) {
      this.topicIds.set(name, this.#rig.createTopic(name, partitions))
    }
    this.#rig.createOffsetsTopic()
  }

  topicId(name: string): string {
    return this.topicIds.get(name) as string
  }

  async createTopic(name: string, partitions: number): Promise<void> {
    this.topicIds.set(name, this.#rig.createTopic(name, partitions))
    await this.pause(300)
  }

  async addPartitions(name: string, total: number): Promise<void> {
    this.#rig.addPartitions(name, total)
    await this.pause(300)
  }

  async client(clientId: string): Promise<GroupClient> {
    const onDisconnect: (() => void)[] = []
    const client: GroupClient = {
      clientId,
      send: (api, version, request) => {
        this.#activity++
        const reply = this.#rig.send(api, version, request, { clientId })
        onDisconnect.push(() => reply.isWaiting && reply.disconnect())
        return reply.promise
      },
    }
    this.#onDisconnect.set(client, onDisconnect)
    return client
  }

  pause(ms: number): Promise<void> {
    this.#activity++
    return new Promise((resolve) => {
      this.#rig.clock.setTimer(ms, resolve)
    })
  }

  async disconnect(client: GroupClient): Promise<void> {
    for (const disconnect of this.#onDisconnect.get(client) ?? []) disconnect()
  }

  /** Lets time go by until the script is done. */
  async during<T>(script: Promise<T>): Promise<T> {
    let isDone = false
    const end = () => {
      isDone = true
    }
    script.then(end, end)
    while (!isDone) {
      const before = this.#activity
      await this.#rig.settle()
      if (this.#activity === before && !isDone) this.#rig.clock.advance(STEP_MS)
    }
    return script
  }
}
