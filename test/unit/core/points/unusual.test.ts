import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PointDisk, PointSummary } from '#core/contracts/points.ts'
import { unusualChange, unusualLimits } from '#core/points/unusual.ts'
import { POOL, pointOf, vmUuid } from '#test/support/fake-gateway.ts'

const GiB = 1024 ** 3
const SIZE = 100 * GiB

interface Given {
  read?: number
  fresh?: number
  stored?: number
  full?: boolean
  disks?: string[]
  kind?: PointSummary['kind']
}

/** One of a quiet VM: 1 % changed, half of that new, two to one compressed; unless told. */
const point = ({
  read = 0.01,
  fresh = 0.005,
  stored,
  full = false,
  disks = ['0'],
  kind,
}: Given = {}) => ({
  ...pointOf('01J00000000000000000000PTA', { vmUuid: vmUuid(1), vmName: 'x', poolUuid: POOL }),
  ...(kind && { kind }),
  disks: disks.map(
    (userdevice, index): PointDisk => ({
      ...{ vdiUuid: vmUuid(100 + Number(userdevice)), name: 'disk', userdevice, rung: 'cbt-nbd' },
      ...{ size: SIZE / disks.length, incremental: !full, reasons: [], rootHash: '' },
      bytesRead: index === 0 ? (full ? 1 : read) * SIZE : 0,
    }),
  ),
  bytesNew: fresh * SIZE,
  bytesStored: (stored ?? fresh / 2) * SIZE,
})
const quiet = (count: number, given: Given = {}) =>
  Array.from({ length: count }, () => point(given))
const signsOf = (now: PointSummary, before: readonly PointSummary[]) =>
  unusualChange(now, before)?.signs

describe('what encryption looks like', () => {
  test('much more changed, much more new, hardly compressible: suspicious, with the figures', () => {
    const struck = point({ read: 0.8, fresh: 0.8, stored: 0.8 })
    const usual = quiet(14, { read: 0.02, fresh: 0.02 })
    expect(unusualChange(struck, usual)).toEqual({
      signs: ['more-changed', 'more-new', 'less-compressible'],
      suspicious: true,
      text: 'Unusual for this VM: 80 % of its disks changed (usually 2 %); 80 % of its disks was new to the repository (usually 2 %); what was new takes 100 % of its size when compressed (usually 50 %). Possible ransomware: encryption leaves such figures. So does encrypted or compressed data that somebody put there. Look at the VM before points from before it expire.',
    })
  })

  test('a large update is unusual and no suspicion: its data can be compressed', () => {
    const updated = point({ read: 0.3, fresh: 0.3 })
    const found = unusualChange(updated, quiet(14))
    expect(found).toMatchObject({ signs: ['more-changed', 'more-new'], suspicious: false })
    expect(found?.text).toMatch(
      /Updates, moves of data and defragmentation do that, and so can ransomware\.$/,
    )
    expect(found?.text).not.toMatch(/Possible ransomware/)
  })

  test('one sign alone is no suspicion, whichever it is', () => {
    const usual = quiet(14, { read: 0.05, fresh: 0.05 })
    for (const now of [
      point({ read: 0.8, fresh: 0.05 }),
      point({ read: 0.05, fresh: 0.05, stored: 0.05 }),
    ])
      expect(unusualChange(now, usual)).toMatchObject({
        signs: [expect.anything()],
        suspicious: false,
      })
  })

  test('a full read tells nothing of changes, but all of what is new', () => {
    const struck = point({ full: true, fresh: 0.9, stored: 0.9 })
    expect(signsOf(struck, quiet(14, { fresh: 0.02 }))).toEqual(['more-new', 'less-compressible'])
    expect(signsOf(point({ full: true }), quiet(14))).toBeUndefined()
  })

  test('where data was never compressible, its being so says nothing', () => {
    const media = quiet(14, { read: 0.02, fresh: 0.02, stored: 0.02 })
    expect(signsOf(point({ read: 0.02, fresh: 0.02, stored: 0.02 }), media)).toBeUndefined()
  })

  test('a row of unusual points does not hide the next one before it is the habit', () => {
    const struck = point({ read: 0.8, fresh: 0.8 })
    const then = [...quiet(3, { read: 0.8, fresh: 0.8 }), ...quiet(11)]
    expect(signsOf(struck, then)).toEqual(['more-changed', 'more-new'])
    expect(signsOf(struck, quiet(14, { read: 0.8, fresh: 0.8 }))).toBeUndefined()
  })
})

describe('nothing is said', () => {
  const struck = point({ read: 1, fresh: 1, stored: 1 })
  test(`of fewer than ${unusualLimits.atLeast} points before`, () => {
    expect(unusualChange(struck, quiet(unusualLimits.atLeast - 1))).toBeUndefined()
    expect(unusualChange(struck, quiet(unusualLimits.atLeast))).toBeDefined()
  })
  test.each<[string, PointSummary, PointSummary[]]>([
    [
      'of a disk that is read for the first time',
      point({ fresh: 0.9, disks: ['0', '1'] }),
      quiet(14),
    ],
    ['of a quiet VM with a small peak', point({ read: 0.09, fresh: 0.09 }), quiet(14)],
    ['of a VM without disks', point({ disks: [], fresh: 1 }), quiet(14)],
    [
      'of templates, pools and hosts',
      { ...struck, kind: 'template' },
      quiet(14, { kind: 'template' }),
    ],
    ['of memory against points without', point({ fresh: 0.9, disks: ['0', 'memory'] }), quiet(14)],
  ])('%s', (_, now, before) => {
    expect(unusualChange(now, before)).toBeUndefined()
  })

  test('of a point that is like those before it, whatever they are like', () => {
    const figures = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(
        figures,
        figures,
        figures,
        fc.integer({ min: 0, max: 30 }),
        (read, fresh, stored, count) => {
          expect(
            unusualChange(point({ read, fresh, stored }), quiet(count, { read, fresh, stored })),
          ).toBeUndefined()
        },
      ),
    )
  })
})

test('whatever the figures are, words and numbers are whole', () => {
  const bytes = fc.nat({ max: Number.MAX_SAFE_INTEGER })
  const any = fc
    .record({ size: bytes, read: bytes, fresh: bytes, stored: bytes, full: fc.boolean() })
    .map(({ size, read, fresh, stored, full }) => ({
      ...point({ full }),
      disks: point({ full }).disks.map(disk => ({ ...disk, size, bytesRead: read })),
      ...{ bytesNew: fresh, bytesStored: stored },
    }))
  fc.assert(
    fc.property(any, fc.array(any, { maxLength: 20 }), (now, before) => {
      const found = unusualChange(now, before)
      if (!found) return
      expect(found.text).not.toMatch(/NaN|Infinity|undefined/)
      expect(found.text.length).toBeLessThan(1_000)
      expect(found.suspicious).toBe(
        found.signs.length > 1 && found.signs.includes('less-compressible'),
      )
    }),
  )
})
