import fc from 'fast-check'
import t from 'tap'
import { crc32c, crc32cByTable } from '../../../protocol/records/crc32c.ts'

t.test('the check values of RFC 3720, appendix B.4', async (t) => {
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  t.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  t.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
  t.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, index) => index))), 0x46dd794e)
  t.equal(crc32c(Buffer.alloc(0)), 0)
})

t.test('native and table agree, at every alignment and in pieces', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1200 }), fc.nat(), fc.nat(), (bytes, a, b) => {
      const buffer = Buffer.from(bytes)
      const [start, end] = [a % (buffer.length + 1), b % (buffer.length + 1)].sort((x, y) => x - y) as [
        number,
        number,
      ]
      const middle = start + ((end - start) >> 1)
      const whole = crc32c(buffer, start, end)
      return (
        whole === crc32cByTable(buffer, start, end) &&
        whole === crc32c(buffer, middle, end, crc32c(buffer, start, middle)) &&
        whole === crc32cByTable(buffer, middle, end, crc32cByTable(buffer, start, middle))
      )
    }),
    { numRuns: 500 },
  )
})
