import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DiskRange } from '#gateway-agent/sources/api.ts'
import { lengthOf, without } from '#gateway-agent/sources/ranges.ts'

const ranges = fc.uniqueArray(fc.nat(40)).map(chunks => {
  const found: DiskRange[] = []
  for (const chunk of chunks.sort((a, b) => a - b)) {
    const last = found.at(-1)
    if (last && last.offset + last.length === chunk) last.length++
    else found.push({ offset: chunk, length: 1 })
  }
  return found
})

const members = (of: DiskRange[]) =>
  of.flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i))

test('what is left of ranges without others, as with sets', () => {
  fc.assert(
    fc.property(ranges, ranges, (wanted, done) => {
      const left = without(wanted, done)
      const gone = new Set(members(done))
      expect(members(left)).toEqual(members(wanted).filter(chunk => !gone.has(chunk)))
      expect(left.every(({ length }) => length > 0)).toBe(true)
      expect(lengthOf(left)).toBe(members(left).length)
    }),
  )
})
