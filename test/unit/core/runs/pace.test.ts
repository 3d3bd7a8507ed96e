import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { JobProgress } from '#core/contracts/jobs.ts'
import type { Pace } from '#core/runs/pace.ts'
import { nextPace, runTimeLeft, secondsLeft, timeLeftText } from '#core/runs/pace.ts'

const MB = 1_000_000
const progress = (bytesDone: number, phase = 'reading disks', bytesTotal = 1000 * MB) =>
  ({ phase, bytesTotal, bytesDone, bytesRead: 0, bytesStored: 0 }) satisfies JobProgress

/** Follows reports of [second, bytes done, phase]. */
const follow = (...reports: [number, number, string?][]) => {
  let job: { pace?: Pace; progress?: JobProgress; progressAt?: number } = {}
  for (const [second, done, phase] of reports) {
    const next = progress(done, phase)
    const pace = nextPace(job, next, second * 1000)
    job = { ...(pace && { pace }), progress: next, progressAt: second * 1000 }
  }
  return { seconds: secondsLeft(job), rate: job.pace?.bytesPerSecond }
}

describe('the time left of a job', () => {
  it('is not told before it is known', () => {
    expect(follow([0, 0]).seconds).toBeUndefined()
    expect(follow([0, 0], [5, 50 * MB]).seconds).toBeUndefined()
    expect(follow([0, 0], [5, 50 * MB], [10, 100 * MB]).seconds).toBe(90)
  })

  it('is not told of a job that stands still or is done', () => {
    expect(follow([0, 0], [20, 0]).seconds).toBeUndefined()
    expect(follow([0, 0], [20, 1000 * MB]).seconds).toBeUndefined()
  })

  it('begins anew with a new phase, and with a job that begins again', () => {
    expect(follow([0, 0], [20, 100 * MB], [30, 200 * MB, 'checking']).seconds).toBeUndefined()
    expect(follow([0, 0], [20, 100 * MB], [30, 50 * MB]).seconds).toBeUndefined()
  })

  it('does not take what an earlier attempt had done for speed', () => {
    const at = (bytesDone: number, bytesResumed?: number) => ({
      ...progress(bytesDone),
      ...(bytesResumed && { bytesResumed }),
    })
    const first = at(0)
    const second = at(900 * MB, 850 * MB)
    const third = at(920 * MB, 850 * MB)
    const pace = nextPace({ progress: first, progressAt: 0 }, second, 5_000)
    const next = nextPace(
      { ...(pace && { pace }), progress: second, progressAt: 5_000 },
      third,
      15_000,
    )
    expect(pace?.bytesPerSecond).toBe(10 * MB)
    expect(next?.bytesPerSecond).toBeLessThan(10 * MB)
    expect(secondsLeft({ ...(next && { pace: next }), progress: third })).toBeGreaterThanOrEqual(8)
  })

  it('is neither hidden nor ruled by a pause', () => {
    const steady: [number, number][] = Array.from({ length: 13 }, (_, i) => [i * 5, i * 50 * MB])
    const { rate = 0 } = follow(...steady, [65, 600 * MB], [70, 600 * MB])
    expect(rate).toBeGreaterThan(5 * MB)
    expect(rate).toBeLessThan(10 * MB)
  })

  it('is never negative and never below what the quickest report would need', () => {
    const steps = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ max: 50, min: 0 })),
      {
        minLength: 2,
        maxLength: 15,
      },
    )
    fc.assert(
      fc.property(steps, moves => {
        let second = 0
        let done = 0
        let quickest = 0
        const reports: [number, number][] = [[0, 0]]
        for (const [pause, megabytes] of moves) {
          second += pause
          done = Math.min(1000, done + megabytes)
          quickest = Math.max(quickest, megabytes / pause)
          reports.push([second, done * MB])
        }
        const { seconds } = follow(...reports)
        if (seconds !== undefined)
          expect(seconds).toBeGreaterThanOrEqual(Math.floor((1000 - done) / quickest))
      }),
    )
  })
})

test.for<[number, string]>([
  [5, 'less than a minute'],
  [60, 'about 1 min'],
  [200, 'about 3 min'],
  [9.4 * 60, 'about 9 min'],
  [23 * 60, 'about 25 min'],
  [95 * 60, 'about 1.5 h'],
  [5 * 3600, 'about 5 h'],
  [70 * 3600, 'about 3 days'],
])('%d s: %s', ([seconds, text]) => expect(timeLeftText(seconds)).toBe(text))

test('a run lasts as long as the longest of its jobs, and what is not known is said', () => {
  const known = (secondsLeft: number) => ({ state: 'leased' as const, secondsLeft })
  const finished = { state: 'finished' as const }
  expect(runTimeLeft([known(60), known(600), finished])).toEqual({
    text: 'about 10 min',
    seconds: 600,
  })
  expect(runTimeLeft([known(600), { state: 'queued' }, { state: 'leased' }])).toEqual({
    text: 'about 10 min for 1 of 3 open jobs; of the other 2 it is not known yet',
  })
  expect(runTimeLeft([{ state: 'queued' }, finished])).toBeUndefined()
})
