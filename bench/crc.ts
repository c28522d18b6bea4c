// CRC-32C: where a call into native code begins to pay. Below that length our table is used.
import native from '@node-rs/crc32'
import { crc32c, crc32cByTable } from '../protocol/records/crc32c.ts'
import type { Bar, Goal, Report } from './harness/report.ts'
import { readable, timeTogether } from './harness.ts'

const LENGTHS = [16, 64, 128, 192, 256, 320, 512, 1024, 16 * 1024, 1024 * 1024]
/** A choice that costs this much more than the better of the two was the wrong one; less is the machine's own noise. */
const TOLERANCE = 1.25

export async function bench(report: Report): Promise<void> {
  const goals: Goal[] = []
  const bars: Bar[] = []
  const rows = [['bytes', 'ours', 'by table', 'native', 'GB/s']]
  for (const length of LENGTHS) {
    report.step(`${length} bytes`)
    const bytes = Buffer.alloc(length, 'josephk')
    const [chosen, byTable, byNative] = (
      await timeTogether([
        () => crc32c(bytes),
        () => crc32cByTable(bytes, 0, length),
        () => native.crc32c(bytes.subarray(0, length)),
      ])
    ).map(({ min }) => min) as [number, number, number]
    rows.push([String(length), ...[chosen, byTable, byNative].map(readable), (length / chosen).toFixed(2)])
    const best = Math.min(byTable, byNative)
    goals.push({ what: `${length} bytes: of the better way's time`, value: chosen / best, atMost: TOLERANCE })
    const group = `${length} B`
    bars.push(
      { group, who: 'ours', value: length / chosen },
      { group, who: 'by table', value: length / byTable },
      { group, who: 'native', value: length / byNative },
    )
  }
  const title = 'CRC-32C'
  report.show({
    title,
    note: 'Minima.',
    rows,
    goals,
    charts: [{ title, unit: 'GB a second', better: 'more', scale: 'log', bars }],
  })
}
