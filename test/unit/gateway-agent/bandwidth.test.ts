import { expect, test } from 'vitest'
import { BandwidthPlan } from '#core/contracts/bandwidth.ts'
import { SettingsInvalidError } from '#core/errors/settings.ts'
import { createBandwidth } from '#gateway-agent/bandwidth.ts'
import { memoryLog } from '#test/support/patience.ts'

const MB = 1_000_000
const planOf = (rate?: string) =>
  BandwidthPlan.parse({ timeZone: 'UTC', ...(rate && { toRepository: [{ rate }] }) })

/** Time passes in the sleeps of those who wait; the plan is read again when a test says so. */
const world = (plan: BandwidthPlan) => {
  let now = Date.UTC(2026, 10, 23)
  let read = async () => plan
  let turn = Promise.withResolvers<void>()
  let wasRead = Promise.withResolvers<void>()
  const log = memoryLog()
  const stop = new AbortController()
  const bandwidth = createBandwidth({
    plan,
    readPlan: () => read(),
    timeZone: 'UTC',
    clock: { now: () => now },
    sleep: async ms => {
      await new Promise(resolve => setImmediate(resolve))
      now += ms
    },
    patience: {
      wait: async (_ms, signal) => {
        wasRead.resolve()
        await Promise.race([
          turn.promise,
          new Promise(resolve => signal?.addEventListener('abort', resolve)),
        ])
      },
    },
    log,
  })
  const running = bandwidth.run(stop.signal)
  return {
    bandwidth,
    log,
    seconds: async (bytes: number) => {
      const before = now
      await bandwidth.toRepository.take(bytes)
      return (now - before) / 1_000
    },
    /** The settings say something else, and are read. */
    change: async (next: () => Promise<BandwidthPlan>) => {
      await wasRead.promise
      read = next
      wasRead = Promise.withResolvers()
      turn.resolve()
      turn = Promise.withResolvers()
      await wasRead.promise
    },
    end: async () => {
      stop.abort()
      await running
    },
  }
}

test('a plan that was changed holds without a restart, also for those that wait', async () => {
  const { seconds, change, bandwidth, log, end } = world(planOf())
  expect(await seconds(100 * MB)).toBe(0)
  await change(async () => planOf('1MB/s'))
  const slow = await seconds(10 * MB)
  expect(slow).toBeGreaterThan(9)
  expect(slow).toBeLessThan(11)

  const waiting = bandwidth.toRepository.take(1_000_000 * MB)
  await change(async () => planOf())
  await waiting
  expect(log.lines).toEqual([
    'The bandwidth plan of the settings has changed, and holds from now on.',
    'The bandwidth plan of the settings has changed, and holds from now on.',
  ])
  await end()
})

test('settings that cannot be read, or say the same, change nothing', async () => {
  const { seconds, change, log, end } = world(planOf('1MB/s'))
  await change(async () => planOf('1MB/s'))
  await change(async () => {
    throw new SettingsInvalidError('/data/settings.json', 'gateway.bandwidth: no.')
  })
  expect(await seconds(10 * MB)).toBeGreaterThan(9)
  expect(log.lines).toEqual([
    'Reading the bandwidth plan of the settings did not succeed and is tried again: SETTINGS_INVALID',
  ])
  await end()
})
