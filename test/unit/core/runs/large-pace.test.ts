import { expect, test } from 'vitest'
import { largeRunTimeLeft } from '#core/runs/large-pace.ts'
import type { QueueTally, Tally } from '#core/runs/tally.ts'

const HOUR = 3_600_000
const NONE: Tally = { good: 0, failed: 0, skipped: 0, cancelled: 0, troubles: [] }

const run = { started: 0, counted: { jobs: 3_000, queues: ['a', 'b'], inQueues: [2_000, 1_000] } }
const left = (queues: Record<string, QueueTally>, more: object = {}, now = HOUR) =>
  largeRunTimeLeft({ ...run, ...more }, { ...NONE, queues }, now)

const at = (good: number, ended = good, last = HOUR): QueueTally => ({ good, ended, last })

test('the slowest queue says how long a large run lasts', () => {
  // Of a: 1,000 in an hour and 1,000 to go; of b: 100 in an hour and 900 to go.
  expect(left({ a: at(1_000), b: at(100) })).toEqual({ text: 'about 9 h', seconds: 9 * 3_600 })
  expect(left({ a: at(1_000), b: at(1_000) })).toEqual({ text: 'about 60 min', seconds: 3_600 })
})

test('jobs that failed took no time, and are not waited for', () => {
  expect(left({ a: at(500, 1_500), b: at(1_000) })).toEqual({
    text: 'about 60 min',
    seconds: 3_600,
  })
})

test('what is not known yet is said, and nothing where nothing is known', () => {
  const text = 'about 60 min for 1000 of 1981 open jobs; of the other 981 it is not known yet'
  expect(left({ a: at(1_000), b: at(19) })).toEqual({ text })
  expect(left({ a: at(19) })).toBeUndefined()
  expect(left({ a: at(1_000), b: at(1_000) }, {}, 59_000)).toBeUndefined()
  expect(left({ a: at(1_000, 1_000, HOUR / 2), b: at(1_000) })).toBeUndefined() // nothing for half an hour
  expect(left({ a: at(1_000), b: at(100) }, { cancelRequested: true })).toBeUndefined()
  const { inQueues: _, ...older } = run.counted
  expect(left({ a: at(1_000), b: at(100) }, { counted: older })).toBeUndefined()
})
