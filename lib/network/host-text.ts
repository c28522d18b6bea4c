import { isIPv6 } from 'node:net'

const IPV4_IN_IPV6 = '::ffff:'

/**
 * An address as Java writes it (`InetAddress.getHostAddress`), which rules about hosts are compared with: IPv4 where it is
 * one, and of IPv6 all eight groups.
 */
export function hostText(address: string): string {
  if (address.startsWith(IPV4_IN_IPV6)) return address.slice(IPV4_IN_IPV6.length)
  if (!isIPv6(address) || address.includes('.')) return address
  const [plain = '', zone] = address.split('%')
  const [head, tail] = plain.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const before = head ?? []
  const after = tail ?? []
  const zeros = new Array<string>(8 - before.length - after.length).fill('0')
  const groups = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16).toString(16))
  return groups.join(':') + (zone === undefined ? '' : `%${zone}`)
}
