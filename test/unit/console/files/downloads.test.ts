import { expect, test } from 'vitest'
import {
  type Download,
  type DownloadEvent,
  downloads,
  dueOf,
} from '#console/pages/files/downloads.ts'

const ask = (id: string): DownloadEvent => ({
  type: 'ask',
  download: { id, volume: '0', path: `/${id}`, name: id, isFolder: false, size: 10 },
})
const after = (...events: DownloadEvent[]): readonly Download[] => events.reduce(downloads, [])
const states = (all: readonly Download[]) => all.map(({ id, state }) => `${id} ${state}`)
const done = (id: string): DownloadEvent => ({
  ...{ type: 'done', id, bytes: 10, savedAs: id, notes: [] },
})

test('one at a time, in the order they were asked for; shown newest first', () => {
  const both = after(ask('a'), ask('b'))
  expect(states(both)).toEqual(['b waiting', 'a waiting'])
  expect(dueOf(both)?.id).toBe('a')
  const first = after(ask('a'), ask('b'), { type: 'begin', id: 'a' }, ask('c'))
  expect(dueOf(first)?.id).toBe('a')
  expect(dueOf([done('a')].reduce(downloads, first))?.id).toBe('b')
})

test('of one that was cancelled nothing more is heard, and it can be tried again', () => {
  const cancelled = after(
    ...[ask('a'), { type: 'begin', id: 'a' } as const, { type: 'cancel', id: 'a' } as const],
    ...[{ type: 'interrupted', id: 'a' } as const, done('a')],
  )
  expect(states(cancelled)).toEqual(['a cancelled'])
  expect(dueOf(cancelled)).toBeUndefined()
  const again = downloads(cancelled, { type: 'retry', id: 'a' })
  expect(again).toMatchObject([{ state: 'waiting', bytes: 0, size: 10 }])
})

test('where the look ends in its midst, a download begins anew with the next', () => {
  const begun = after(ask('a'), { type: 'begin', id: 'a' }, { type: 'progress', id: 'a', bytes: 7 })
  expect(begun).toMatchObject([{ state: 'running', bytes: 7, size: 10 }])
  expect(downloads(begun, { type: 'interrupted', id: 'a' })).toMatchObject([
    { state: 'waiting', bytes: 0 },
  ])
  expect(
    states(
      downloads(after(ask('a'), { type: 'begin', id: 'a' }, done('a')), {
        type: 'interrupted',
        id: 'a',
      }),
    ),
  ).toEqual(['a done'])
})

test('what keeps it from going on is told until it goes on', () => {
  const held = after(...[ask('a'), { type: 'begin', id: 'a' } as const], {
    type: 'trouble',
    id: 'a',
    trouble: 'away',
  })
  expect(held[0]?.trouble).toBe('away')
  expect(downloads(held, { type: 'progress', id: 'a', bytes: 1 })[0]?.trouble).toBeUndefined()
})
