import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import type { RunView } from '#core/contracts/runs-api.ts'
import type { Catalog } from '#core/ports.ts'
import { finishJob, newJob } from '#core/runs/job.ts'
import type { Run } from '#core/runs/run.ts'
import { closeRun, createRun } from '#core/runs/runs-catalog.ts'
import { dayWrites } from '#core/statistics/day-counters.ts'
import { readStatistics } from '#core/statistics/read-days.ts'
import { backedUp, POOL, vmUuid } from '#test/support/fake-gateway.ts'

const DAY = 86_400_000
/** 2026-11-22T00:00:00Z */
const START = Date.UTC(2026, 10, 22)
const PROBLEM = { code: 'X', message: 'Lost.', advice: 'Look.', retryable: false }

const runOf = (runId: string, kind: RunView['kind'], started: number): Run => ({
  ...{ runId, kind, started, state: 'running', title: 'web01' },
})

/** A run of one backup, to be closed. */
const begun = async (catalog: Catalog, n: number, started: number): Promise<string> => {
  const runId = `01J000000000000000000000R${n}`
  const jobId = `01J000000000000000000000J${n}`
  const vm = { vmUuid: vmUuid(n), vmName: `vm${n}`, poolUuid: POOL }
  const job = finishJob(
    newJob(jobId, runId, { kind: 'backup-vm', method: 'normal', ...vm }, started),
    backedUp(jobId, vm),
    started + 1_000,
  )
  await createRun(catalog, runOf(runId, 'backup', started), [job])
  return runId
}

const close = (catalog: Catalog, runId: string, now: number) =>
  closeRun(catalog, runId, PROBLEM, now, (run, jobs) => dayWrites(catalog, run, jobs))

test('what ends at the same moment is counted once each, on the day on which it ended', async () => {
  const catalog = memoryCatalog()
  const ids = await Promise.all([1, 2, 3, 4, 5, 6].map(n => begun(catalog, n, START)))
  await Promise.all(ids.map(runId => close(catalog, runId, START + 90_000)))
  // Somebody who comes late counts nothing twice.
  await Promise.all(ids.map(runId => close(catalog, runId, START + 95_000)))
  await close(catalog, await begun(catalog, 7, START + DAY - 1_000), START + DAY + 4_000)

  const { point } = backedUp('01J000000000000000000000J1', {
    ...{ vmUuid: vmUuid(1), vmName: 'vm1', poolUuid: POOL },
  }) as { point: { bytesRead: number; bytesStored: number; bytesNew: number } }
  const { days, countedSince, from, until } = await readStatistics(catalog, {
    ...{ days: 30, now: START + DAY },
  })
  expect({ countedSince, from, until }).toEqual({
    ...{ countedSince: '2026-11-22', from: '2026-10-25', until: '2026-11-23' },
  })
  expect(days.map(({ day, points, runs }) => ({ day, points, runs }))).toEqual([
    {
      ...{ day: '2026-11-22', points: 6 },
      runs: {
        backup: {
          ...{ succeeded: 6, warning: 0, failed: 0, cancelled: 0 },
          ...{ ms: 6 * 90_000, longestMs: 90_000 },
        },
      },
    },
    {
      ...{ day: '2026-11-23', points: 1 },
      runs: {
        backup: {
          ...{ succeeded: 1, warning: 0, failed: 0, cancelled: 0, ms: 5_000, longestMs: 5_000 },
        },
      },
    },
  ])
  expect(days[0]).toMatchObject({
    bytesRead: 6 * point.bytesRead,
    bytesStored: 6 * point.bytesStored,
    dedup: Math.round((point.bytesRead / point.bytesNew) * 100) / 100,
    compression: Math.round((point.bytesNew / point.bytesStored) * 100) / 100,
  })
})

test('days that were not counted are not told, and since when it counts is', async () => {
  const catalog = memoryCatalog()
  expect(await readStatistics(catalog, { days: 7, now: START })).toEqual({
    ...{ from: '2026-11-16', until: '2026-11-22', days: [] },
  })
  await close(catalog, await begun(catalog, 1, START), START + 1_000)
  const later = await readStatistics(catalog, { days: 7, now: START + 30 * DAY })
  expect(later).toMatchObject({ countedSince: '2026-11-22', days: [] })
})

test('what a verification lists and a collector frees stands with its day; an older listing does not replace a newer one', async () => {
  const catalog = memoryCatalog()
  const packs = { packs: 3, bytes: 300 }
  const state = { ...packs, never: { packs: 0, bytes: 0 }, damaged: 0 }
  const verified = (at: number, bytes: number) => ({
    status: 'verified' as const,
    report: {
      ...{ at, level: 1, points: 1, packs: 3, packsRead: 1, bytesRead: 100, damages: 0 },
      ...{ findings: [], affected: [], state: { ...state, bytes } },
    },
  })
  const freed = {
    status: 'garbage-collected' as const,
    report: {
      ...{ at: START, removed: packs, condemned: packs, locked: packs },
      ...{ rewritten: { ...packs, copied: 0 }, text: [] },
    },
  }
  const runId = '01J000000000000000000000R1'
  const jobs = [verified(START + 2, 700), verified(START + 1, 900), freed].map((outcome, n) =>
    finishJob(
      newJob(`01J000000000000000000000J${n}`, runId, { kind: 'collect-garbage' }, START),
      outcome,
      START + 3,
    ),
  )
  await createRun(catalog, runOf(runId, 'maintenance', START), jobs)
  await close(catalog, runId, START + 5)
  const { days } = await readStatistics(catalog, { days: 1, now: START })
  expect(days).toMatchObject([
    { repository: { bytes: 700, at: START + 2 }, bytesFreed: 300, points: 0 },
  ])
  expect(days[0]).not.toHaveProperty('dedup')
})

test('a year is two queries, whatever it counted', async () => {
  const catalog = memoryCatalog()
  let reads = 0
  const counting: Catalog = {
    ...catalog,
    query: (pk, options) => {
      reads++
      return catalog.query(pk, options)
    },
  }
  await catalog.write([
    { kind: 'put', key: { pk: 'DAYS', sk: '2026-01-01' }, value: {}, expect: 'absent' },
  ])
  await readStatistics(counting, { days: 365, now: START })
  expect(reads).toBe(2)
})
