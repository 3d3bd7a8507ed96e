import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hex } from '#repository/format/bytes.ts'
import { PackSet } from '#repository/write/pack-set.ts'

/** Ids 0 to 9 live in packs 0 to 5, some in several; which ones comes to light at any time. */
const world = fc.array(fc.tuple(fc.nat(9), fc.nat(5)), { minLength: 1, maxLength: 30 })
const idOf = (n: number) => Uint8Array.of(n)

test('whatever is written over whatever, the packs left still hold every id of the map', () => {
  fc.assert(
    fc.property(world, fc.array(fc.tuple(fc.nat(7), fc.nat())), (copies, writes) => {
      const holders = new Map<string, Set<string>>()
      for (const [id, pack] of copies) {
        const key = hex(idOf(id))
        holders.set(key, (holders.get(key) ?? new Set()).add(`pack ${pack}`))
      }
      const set = new PackSet({ packsOf: id => [...(holders.get(hex(id)) ?? [])] })
      const map = new Map<number, number>()
      for (const [position, pick] of writes) {
        const [id, pack] = copies[pick % copies.length] as [number, number]
        const old = map.get(position)
        if (old !== undefined) set.release(idOf(old))
        set.retain(`pack ${pack}`)
        map.set(position, id)
      }
      for (const id of map.values())
        expect([...(holders.get(hex(idOf(id))) ?? [])].some(pack => set.has(pack))).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('a pack that serves nothing any more is dropped', () => {
  const set = new PackSet({ packsOf: id => [`pack ${id[0]}`] })
  set.retain('pack 1')
  set.retain('pack 1')
  set.retain('pack 2')
  set.release(idOf(1))
  expect(set.has('pack 1')).toBe(true)
  set.release(idOf(1))
  expect([...set.uses]).toEqual([['pack 2', 1]])
})

test('where packs of the base cannot be read any more, they are dropped and nothing else is', () => {
  // Id 1 was served by the lost pack at one position and by pack 2 at another: whose position is given up cannot be told.
  const base: [string, number][] = [
    ['lost', 1],
    ['pack 2', 1],
  ]
  const set = new PackSet({ packsOf: () => ['pack 2'] }, base, new Set(['lost']))
  expect([...set.uses]).toEqual([['pack 2', 1]])
  set.release(idOf(1))
  set.retain('pack 3')
  expect([...set.uses.keys()]).toEqual(['pack 2', 'pack 3'])
})
