import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { RestoreWishes } from '#core/contracts/restore.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import { VdiRecord, VmRecord } from '#gateway-agent/xapi/records.ts'
import { disksOf, findVm } from '#gateway-agent/xapi/vms.ts'
import { mortalXapi } from '#test/support/mortal-xapi.ts'
import { MIB, nextJob, type PointOnPool, pointOnPool } from '#test/support/point-on-pool.ts'

const GOOD = Buffer.alloc(2 * MIB, 0x5a)
const SPOILT = Buffer.alloc(2 * MIB, 0xee)

const sweep = async ({ pool, owner }: PointOnPool) => {
  const { failed } = await pool.startStopped(owner, () => false)
  const ours = (await pool.listOurs(owner)).filter(({ baseOf }) => !baseOf)
  const notes = [...failed, ...(await pool.removeOurs(ours))]
  return notes.filter(note => !note.includes('still bore a mark of ours'))
}

const stateOf = async ({ client: { xapi, pool }, vmUuid }: PointOnPool) => {
  const { record } = await findVm(xapi, vmUuid)
  const disks = await disksOf(xapi, record)
  const content = await pool.state.disks.read(disks[0]?.vdi.uuid ?? '', 0, GOOD.length)
  return { record, disks: disks.length, content }
}

/** What is in the pool beside the VM, its disk and the base of its backup. */
const others = async ({ client: { xapi } }: PointOnPool) => {
  const vms = await xapi.call('VM.get_all_records', [], z.record(z.string(), VmRecord))
  const vdis = await xapi.call('VDI.get_all_records', [], z.record(z.string(), VdiRecord))
  const named = [...Object.values(vms), ...Object.values(vdis)].map(({ name_label }) => name_label)
  return named.filter(name => /unfinished|Before the XenKeep restore/.test(name))
}

/** After the shutdown and before the snapshot, and another. */
const killPoints = (identity: keyof typeof WISHES): number[] => {
  if (process.env.KILL_POINTS === 'all') return Array.from({ length: 100 }, (_, index) => index)
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  console.info(`SEED=${seed}`)
  const some = fc.sample(fc.integer({ min: 0, max: 38 }), { seed, numRuns: 1 })
  return [identity === 'same' ? 5 : 2, ...some].sort((a, b) => a - b)
}

const WISHES = {
  same: { identity: 'same', replace: true, shutDown: true },
  'disks-only': { identity: 'disks-only', shutDown: true },
} satisfies Record<string, RestoreWishes>

/*
 * Motivation: an agent is killed while a restore has a production machine in its hands. Whatever it was at, the machine has to run again,
 * with what it held or with what the point holds, never with a mixture, and nothing may be left.
 * Steps: a running VM whose disk has gone bad is restored; after the n-th call that changes something the agent is dead, for some n from a
 * seed, or for every n with KILL_POINTS=all (minutes); then
 * a gateway to which the job does not come back sweeps, or the job is run again.
 * Pass: the VM runs (one that the sweep finds restored to its end may be off) with the one content or the other (the point's, where the job was run again), one disk, no block, no mark; the sweep complains of nothing.
 */
test.each([
  ['disks-only', 'a gateway sweeps'],
  ['disks-only', 'the job is run again'],
  ['same', 'a gateway sweeps'],
  ['same', 'the job is run again'],
] as const)(
  'killed after any call of a restore (%s); %s',
  { timeout: 120_000 },
  async (identity, then) => {
    for (const changes of killPoints(identity)) {
      await using point = await pointOnPool([GOOD], { running: true })
      await point.client.guestWrite(point.vmUuid, 0, SPOILT)
      const mortal = mortalXapi(point.client.xapi, done => done === changes)
      const jobId = nextJob()
      const wishes = WISHES[identity]
      const running = point.restore(wishes, {
        ...{ jobId, start: true, newName: 'web', agent: poolOfXapi(mortal.xapi) },
      })
      const died = await Promise.race([mortal.died, running.then(() => undefined)])
      if (process.env.KILL_POINTS) console.info(`${changes}: ${died}`)
      if (died === undefined) {
        await running
        expect(changes).toBeGreaterThan(15)
        break
      }
      if (then === 'the job is run again') {
        const { outcome } = await point.restore(wishes, { jobId, start: true, newName: 'web' })
        expect(outcome.status, died).toBe('restored')
      }
      expect(await sweep(point), died).toEqual([])
      const { record, disks, content } = await stateOf(point)
      expect(record, died).toMatchObject({
        ...{ name_label: 'web', blocked_operations: {} },
      })
      const isRestored = identity === 'same' && 'xenkeep:restored' in record.other_config
      if (then !== 'a gateway sweeps' || !isRestored)
        expect(record.power_state, died).toBe('Running')
      else {
        // It was complete; the job, given out once more, only has to start it.
        await point.restore(wishes, { jobId, start: true, newName: 'web' })
        expect((await stateOf(point)).record.power_state, died).toBe('Running')
      }
      expect(Object.keys(record.other_config), died).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^xenkeep:(?!restored)/)]),
      )
      expect(disks, died).toBe(1)
      const isGood = content.equals(GOOD)
      expect(isGood || (then === 'a gateway sweeps' && content.equals(SPOILT)), died).toBe(true)
      expect(await others(point), died).toEqual([])
    }
  },
)

/** Disks that are restored without a VM, finished or not. */
const lone = async ({ client: { xapi, pool } }: PointOnPool) => {
  const vdis = await xapi.call('VDI.get_all_records', [], z.record(z.string(), VdiRecord))
  const made = Object.values(vdis).filter(vdi => 'xenkeep:restored' in vdi.other_config)
  return Promise.all(
    made.map(async ({ uuid, VBDs, name_label }) => {
      const content = await pool.state.disks.read(uuid, 0, GOOD.length)
      return { uuid, name: name_label, users: VBDs.length, good: content.equals(GOOD) }
    }),
  )
}

/*
 * The same for a single disk that becomes a new one and is attached to a running VM: a sweep leaves nothing, or the finished disk; run
 * again, there is one disk, whole, attached once. The VM is never touched otherwise.
 */
test.each(['a gateway sweeps', 'the job is run again'] as const)(
  'killed after any call of a restore of a single disk; %s',
  { timeout: 120_000 },
  async then => {
    const all = process.env.KILL_POINTS === 'all'
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
    console.info(`SEED=${seed}`)
    const points = all
      ? Array.from({ length: 20 }, (_, index) => index)
      : // Before the mark that makes it a finished one, after it, and another.
        [5, 6, ...fc.sample(fc.integer({ min: 0, max: 7 }), { seed, numRuns: 1 })]
    for (const changes of points) {
      await using point = await pointOnPool([GOOD], { running: true })
      const mortal = mortalXapi(point.client.xapi, done => done === changes)
      const jobId = nextJob()
      const wishes = { disks: ['0'], attachTo: 'web' }
      const running = point.restoreDisks(wishes, { jobId, agent: poolOfXapi(mortal.xapi) })
      const died = await Promise.race([mortal.died, running.then(() => undefined)])
      if (process.env.KILL_POINTS) console.info(`${changes}: ${died}`)
      if (died === undefined) {
        expect(changes).toBeGreaterThan(6)
        break
      }
      if (then === 'the job is run again') {
        const { outcome } = await point.restoreDisks(wishes, { jobId })
        expect(outcome.status, died).toBe('disks-restored')
      }
      expect(await sweep(point), died).toEqual([])
      expect(await others(point), died).toEqual([])
      const disks = await lone(point)
      if (then === 'the job is run again') expect(disks, died).toMatchObject([{ users: 1 }])
      for (const disk of disks)
        expect(disk, died).toMatchObject({
          good: true,
          name: expect.stringContaining('(restored)'),
        })
      const { record, disks: hanging } = await stateOf(point)
      expect(record.power_state, died).toBe('Running')
      expect(hanging, died).toBe(1 + disks.reduce((sum, { users }) => sum + users, 0))
    }
  },
)
