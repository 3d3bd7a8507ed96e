import fc from 'fast-check'
import { expect, test } from 'vitest'
import { siteUuid } from '#core/sites/site-uuid.ts'
import { shortOrder } from '#core/sites/task-order.ts'

/** All that come before each, near and far. */
const closure = (order: readonly (readonly number[])[]): Set<number>[] => {
  const all: Set<number>[] = []
  for (const before of order)
    all.push(new Set(before.flatMap(place => [place, ...(all[place] ?? [])])))
  return all
}

test('the short order says the same as the long one, and nothing twice', () => {
  const seed = Date.now()
  const anyTasks = fc
    .array(fc.array(fc.nat(), { maxLength: 6 }), { minLength: 1, maxLength: 25 })
    .map(rows =>
      rows.map((row, index) => ({
        id: `t${index}`,
        after: index === 0 ? [] : [...new Set(row.map(place => `t${place % index}`))],
      })),
    )
  fc.assert(
    fc.property(anyTasks, tasks => {
      const long = tasks.map(({ after }) => after.map(id => Number(id.slice(1))))
      const short = shortOrder(tasks)
      expect(closure(short)).toStrictEqual(closure(long))
      const all = closure(long)
      for (const places of short)
        for (const place of places)
          expect(places.some(other => other !== place && all[other]?.has(place))).toBe(false)
    }),
    { seed },
  )
})

test('10,000 desktops behind two hundred servers that wait for each other name one each', () => {
  const servers = Array.from({ length: 200 }, (_, index) => ({
    id: `s${index}`,
    after: Array.from({ length: index }, (_, before) => `s${before}`),
  }))
  const names = servers.map(({ id }) => id)
  const desktops = Array.from({ length: 10_000 }, (_, index) => ({ id: `d${index}`, after: names }))
  const order = shortOrder([...servers, ...desktops])
  expect(order[0]).toStrictEqual([])
  expect(order.slice(200).every(places => places.length === 1 && places[0] === 199)).toBe(true)
})

test('a ULID as a UUID is the same bits', () => {
  expect(siteUuid('00000000000000000000000000')).toBe('00000000-0000-0000-0000-000000000000')
  expect(siteUuid('7ZZZZZZZZZZZZZZZZZZZZZZZZZ')).toBe('ffffffff-ffff-ffff-ffff-ffffffffffff')
  // The first ten digits are the time: 2026-11-22T00:00:00Z is 0x019aa… in 48 bits.
  expect(siteUuid('01KAKZQC0000000000000000AB')).toMatch(/^019aa7fb-b000-0000-0000-00000000014b$/)
})
