import type { World } from './world.ts'

/** What a client subscribes to; it changes between these. */
export const SUBSCRIPTIONS: readonly (readonly string[])[] = [
  ['orders'],
  ['orders', 'payments'],
  ['payments'],
]

/** A client of the model: it does the next thing that its state asks for, and believes what it is told. */
export abstract class ModelClient {
  readonly world: World
  readonly index: number
  readonly instanceId: string | null
  memberId = ''
  /** Its member epoch, or its generation; -1 while it is no member as far as it knows. */
  epoch = -1
  /** What it reads from, as `topic-0`. */
  owned: ReadonlySet<string> = new Set()
  isDead = false
  subscription = 0
  #beginnings = 0

  constructor(world: World, index: number, instanceId: string | null) {
    this.world = world
    this.index = index
    this.instanceId = instanceId
  }

  get topics(): readonly string[] {
    return SUBSCRIPTIONS[this.subscription % SUBSCRIPTIONS.length] as readonly string[]
  }

  abstract readonly protocol: 'consumer' | 'classic'
  /**
   * Its next request, or what follows from the answer to the last.
   * @returns whether there is more to do at once
   */
  abstract act(): Promise<boolean>
  /** It says good-bye, for a while where its protocol knows that. */
  abstract leave(forAWhile: boolean): Promise<void>

  /** It is gone without a word, and begins anew when it acts again. */
  crash(): void {
    this.forget()
    this.isDead = true
  }

  /** It subscribes otherwise, and says so with its next request. */
  change(): void {
    this.subscription++
  }

  async commit(): Promise<void> {
    const [first] = this.owned
    if (this.isDead || this.epoch < 0 || first === undefined) return
    await this.world.commit(this, first)
  }

  forget(): void {
    this.memberId = ''
    this.epoch = -1
    this.owned = new Set()
  }

  /** It is told of its epoch, which only rises as long as the group is the same. */
  enter(epoch: number): void {
    const { beginnings } = this.world
    if (epoch < this.epoch && beginnings === this.#beginnings)
      throw new Error(`${this.memberId} went from epoch ${this.epoch} back to ${epoch}`)
    this.#beginnings = beginnings
    this.epoch = epoch
  }
}
