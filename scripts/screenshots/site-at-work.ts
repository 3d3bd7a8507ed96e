import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PolicyInput } from '#core/contracts/policies.ts'
import { commandLine } from '#test/support/command-line.ts'
import { MiB, startMachine } from '#test/support/machine.ts'
import { movedClock } from '#test/support/moved-clock.ts'
import { until } from '#test/support/patience.ts'

const KiB = 1024
const NIGHTS = 14

/** Text of a guest, which compresses about as files do. */
const text = (bytes: number): Buffer => {
  const words = randomBytes(bytes / 4).toString('base64')
  return Buffer.concat([Buffer.from(words), Buffer.alloc(bytes, 'log line of a guest\n')], bytes)
}

/** What each VM holds at first, and what its guest writes in a day. */
const GUESTS: Record<string, { holds: number; writes: number }> = {
  'web-01': { holds: 12, writes: 96 },
  'web-02': { holds: 12, writes: 64 },
  'db-01': { holds: 24, writes: 512 },
  'mail-01': { holds: 16, writes: 256 },
  'files-01': { holds: 28, writes: 384 },
  'test-build': { holds: 4, writes: 0 },
}

const policy = (name: string, members: Partial<PolicyInput>): PolicyInput => ({
  name,
  enabled: true,
  selection: { include: [{ names: ['web-*', 'db-*'] }], exclude: [] },
  method: 'normal',
  excludeDisks: [],
  schedule: { cron: '30 22 * * *', timeZone: 'UTC', ifMissed: 'run', withinHours: 12 },
  retention: { daily: 14, weekly: 8, monthly: 12, atLeast: 1 },
  notify: [],
  ...members,
})

/**
 * A small site that has been at work for two weeks: control plane, agent and simulated pool are the real ones, each night was really backed up, and only the
 * clock of their machine was set forward in between.
 */
export const siteAtWork = async (log: (line: string) => void) => {
  const folder = mkdtempSync(join(tmpdir(), 'xenkeep-screenshots-'))
  const clock = movedClock(folder)
  const images = Object.entries(GUESTS).map(([name, { holds }]) => [name, [text(holds * MiB)]])
  const machine = await startMachine(Object.fromEntries(images), {
    clock: () => new Date(clock.now()),
    gateway: { name: 'gateway-vienna' },
  })
  const { person, pool } = machine
  const cli = commandLine(machine.site.dataDir)
  const uuidOf = (name: string) => String(pool.vms[name])

  const create = async (body: PolicyInput) =>
    (await person.call('createPolicy', { body })).policy.policyId
  const servers = await create(policy('Servers, nightly', {}))
  const files = await create(
    policy('Files and mail, nightly', {
      selection: { include: [{ names: ['files-*', 'mail-*'] }], exclude: [] },
      schedule: { cron: '30 23 * * *', timeZone: 'UTC', ifMissed: 'run', withinHours: 12 },
      retention: { daily: 30, monthly: 24, atLeast: 2 },
    }),
  )
  await create(
    policy('Archive, each month', {
      selection: { include: [{ all: true }], exclude: [{ names: ['test-*'] }] },
      schedule: { cron: '0 4 1 * *', timeZone: 'UTC', ifMissed: 'run', withinHours: 12 },
      retention: { yearly: 7, monthly: 12, atLeast: 1 },
      enabled: false,
    }),
  )

  /** Leases would run out under what is at work when the clock jumps. */
  const nothingAtWork = () =>
    until(
      'nothing is at work',
      async () =>
        (await person.call('listRuns', { query: { state: 'open', limit: 1 } })).items.length === 0,
      { ms: 60_000, everyMs: 50 },
    )
  const moveTo = async (time: string) => {
    await nothingAtWork()
    clock.moveTo(time)
  }
  const endedRuns = (policyId: string, count: number) =>
    until(
      `${count} runs of a policy have ended`,
      async () => {
        const { items } = await person.call('listRuns', { query: { policyId, limit: 100 } })
        return items.length === count && items.every(({ state }) => state !== 'running')
      },
      { ms: 60_000, everyMs: 50 },
    )
  const guestsWrite = (night: number) => {
    for (const [name, { writes, holds }] of Object.entries(GUESTS)) {
      const bytes = writes * KiB * (night % 7 < 5 ? 1 : 0.25)
      if (bytes === 0) continue
      const offset = ((night * 5) % (holds - 4)) * MiB
      machine.write(uuidOf(name), 0, offset, text(bytes))
    }
  }
  for (let night = 1; night <= NIGHTS; night++) {
    log(`night ${night} of ${NIGHTS}`)
    guestsWrite(night)
    if (night === NIGHTS)
      pool.state.faults.add({
        ...{ kind: 'fail-call', method: 'VM.snapshot', times: 1 },
        error: ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', ''],
      })
    await moveTo('22:30')
    await endedRuns(servers, night)
    await moveTo('23:30')
    await endedRuns(files, night)
    await nothingAtWork()
    // Refused where it has begun by itself.
    await cli.xenkeep('maintenance')
  }
  await moveTo('08:10')
  return {
    machine,
    clock,
    policyId: servers,
    vmUuid: uuidOf('db-01'),
    async stop() {
      await machine.stop()
      clock.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
export type SiteAtWork = Awaited<ReturnType<typeof siteAtWork>>
