import { expect, test } from 'vitest'
import type { UnusualChange } from '#core/contracts/points.ts'
import { foremostOf, isOpenChange, keptForChange } from '#core/points/open-change.ts'

const DAY = 86_400_000
const idOf = (n: number) => `01J000000000000000000000${String(n).padStart(2, '0')}`
const said = { at: 1, by: 'somebody', because: 'an update' }
const usual = (n: number) => ({ pointId: idOf(n), taken: n * DAY })
const changed = (n: number, change: Partial<UnusualChange> = {}) => ({
  ...usual(n),
  unusual: { signs: ['more-changed' as const], suspicious: false, text: `change ${n}`, ...change },
})
const struck = (n: number, change: Partial<UnusualChange> = {}) =>
  changed(n, { suspicious: true, ...change })

test.each([
  ['none', [usual(1), usual(2)], undefined],
  ['the newest', [changed(1), changed(3), changed(2)], 3],
  ['signs of encryption before other change, whichever is newer', [struck(1), changed(2)], 1],
  [
    'what nobody explained before what somebody did',
    [changed(1), struck(2, { acknowledged: said })],
    1,
  ],
  [
    'where all is explained, the newest',
    [changed(1, { acknowledged: said }), struck(2, { acknowledged: said })],
    2,
  ],
])('of several changes one is shown with the VM: %s', (_, points, n) => {
  expect(foremostOf(points)?.pointId).toBe(n === undefined ? undefined : idOf(n))
})

test('signs of encryption are open until somebody says why, other change for 30 days', () => {
  const open = (n: number, change: object, at: number) =>
    isOpenChange(foremostOf([changed(n, change)]), at * DAY)
  expect(open(1, {}, 31)).toBe(true)
  expect(open(1, {}, 32)).toBe(false)
  expect(open(1, { suspicious: true }, 4_000)).toBe(true)
  expect(open(1, { suspicious: true, acknowledged: said }, 2)).toBe(false)
  expect(isOpenChange(undefined, 1)).toBe(false)
})

const kept = (points: Parameters<typeof keptForChange>[0]) => [...keptForChange(points).keys()]

test.each([
  ['nothing is kept where nothing is unusual', [usual(1), usual(2)], []],
  ['nor for change without signs of encryption', [usual(1), changed(2)], []],
  [
    'the last usual one, and the one that shows it',
    [usual(1), usual(2), struck(3), usual(4)],
    [3, 2],
  ],
  ['of several findings the oldest counts', [usual(1), struck(2), usual(3), struck(4)], [2, 1]],
  ['what is unusual itself is no last whole one', [usual(1), changed(2), struck(3)], [3, 1]],
  [
    'but for what somebody explained',
    [usual(1), changed(2, { acknowledged: said }), struck(3)],
    [3, 2],
  ],
  [
    'nor what is damaged or not there',
    [usual(1), { ...usual(2), damaged: true as const }, { ...usual(3), vanished: 1 }, struck(4)],
    [4, 1],
  ],
  [
    'what was explained keeps nothing; the next finding does',
    [usual(1), struck(2, { acknowledged: said }), usual(3), struck(4)],
    [4, 3],
  ],
  ['where nothing is left from before, the finding alone', [struck(1), usual(2)], [1]],
])('retention: %s', (_, points, expected) => {
  expect(kept(points)).toEqual(expected.map(idOf))
  expect(kept([...points].reverse())).toEqual(expected.map(idOf))
})
