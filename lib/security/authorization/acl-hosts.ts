import { BlockList, isIP } from 'node:net'
import { WILDCARD } from './acl.ts'
import { Names } from './names.ts'

/** Peers whose hosts are kept at hand. */
const REMEMBERED = 4096

/** Whether `host` lies in a range such as `10.0.0.0/8`; false for what is no range. */
export function isInRange(host: string, range: string): boolean {
  return range.includes('/') && covers(rangeOf(range), host)
}

/** Whether it is a range that rules can name. */
export function isRange(text: string): boolean {
  return rangeOf(text) !== undefined
}

function rangeOf(text: string): BlockList | undefined {
  const slash = text.indexOf('/')
  const network = text.slice(0, slash)
  const length = text.slice(slash + 1)
  const family = isIP(network)
  if (family === 0 || !/^\d{1,3}$/.test(length) || Number(length) > (family === 6 ? 128 : 32))
    return undefined
  const range = new BlockList()
  range.addSubnet(network, Number(length), family === 6 ? 'ipv6' : 'ipv4')
  return range
}

function covers(range: BlockList | undefined, host: string): boolean {
  const family = isIP(host)
  return range !== undefined && family !== 0 && range.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** The hosts that rules name, numbered: addresses, `*`, and ranges of addresses (Kafka 4.4, `CidrUtils`). */
export class AclHosts {
  readonly #names = new Names()
  readonly #ranges = new Map<number, BlockList>()
  readonly #covering = new Map<string, readonly number[]>()
  #coveringVersion = 0

  /** -1 for one that no rule names. */
  find(host: string): number {
    return this.#names.find(host)
  }

  text(number: number): string {
    return this.#names.text(number)
  }

  use(host: string): number {
    const { version } = this.#names
    const number = this.#names.use(host)
    const range = version !== this.#names.version && host.includes('/') ? rangeOf(host) : undefined
    if (range) this.#ranges.set(number, range)
    return number
  }

  release(number: number): void {
    if (this.#names.release(number)) this.#ranges.delete(number)
  }

  /** Those that a peer's address is covered by. */
  covering(address: string): readonly number[] {
    if (this.#coveringVersion !== this.#names.version) {
      this.#coveringVersion = this.#names.version
      this.#covering.clear()
    }
    let covering = this.#covering.get(address)
    if (covering === undefined) {
      covering = this.#look(address)
      if (this.#covering.size === REMEMBERED) this.#covering.clear()
      this.#covering.set(address, covering)
    }
    return covering
  }

  #look(address: string): number[] {
    const found = [this.find(WILDCARD), this.find(address)].filter((number) => number >= 0)
    for (const [number, range] of this.#ranges) if (covers(range, address)) found.push(number)
    return found
  }
}
