import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '#adapters/system/clock.ts'
import { JobOutcome } from '#core/contracts/jobs.ts'
import type { TestFailoverSpec } from '#core/contracts/test-failover.ts'
import { ownerOf, unfinishedName } from '#core/points/marks.ts'
import { AgentStoppingError, JobCancelledError } from '#gateway-agent/control/errors.ts'
import { testFailover } from '#gateway-agent/jobs/replication/test-failover.ts'
import { RefText } from '#gateway-agent/xapi/records.ts'
import { testContext } from '#test/support/job-context.ts'
import { until } from '#test/support/patience.ts'
import { replicationSite } from '#test/support/replication-site.ts'

const MiB = 1024 * 1024

let site: Awaited<ReturnType<typeof replicationSite>>
let standbyUuid = ''
let pointId = ''
beforeEach(async () => {
  site = await replicationSite()
  pointId = await site.backUp()
  standbyUuid = (await site.round()).standbyUuid
})
afterEach(() => site[Symbol.asyncDispose]())

const run = async (
  more: Partial<TestFailoverSpec> = {},
  { test = testContext(), jobId = site.made.jobId() } = {},
) => {
  const { outcome } = await testFailover({
    ...site.target.jobOf(jobId, site.made.repository, test),
    clock: systemClock,
    timer: ms => AbortSignal.timeout(ms),
    scripts: { ask: ['/bin/sh', '-c', 'echo no table orders; exit 3'] },
    spec: {
      kind: 'test-failover',
      ...site.ids(),
      timeoutSeconds: 60,
      keepSeconds: 0,
      ...more,
    },
  })
  JobOutcome.parse(outcome)
  if (outcome.status !== 'boot-checked') throw new Error(outcome.status)
  return outcome
}
const database = () => site.target.client.pool.state.database
/** The pool, but for what XenServer itself counts on. */
const contents = () =>
  (['VM', 'VDI', 'VIF', 'VBD'] as const).map(kind => [...database().all(kind).keys()].sort())
const copies = () =>
  [...database().all('VM').values()].filter(vm => vm.name_label === 'db (test failover)')
/** A test whose copy stays up. */
const upFor = async (more: Partial<TestFailoverSpec> = {}) => {
  const test = testContext()
  const testing = run({ keepSeconds: 600, ...more }, { test })
  testing.catch(() => undefined)
  await until('it stays up', () => test.phases.some(phase => phase.includes('stays up until')))
  return { test, testing }
}

describe('a test failover', { timeout: 60_000 }, () => {
  it('starts a copy without interfaces, says what it saw, and leaves everything as it was', async () => {
    const before = contents()
    const standby = await site.standby()
    const { result, notes } = await run()
    expect(result).toMatchObject({ kind: 'boot-check', verdict: 'tools', host: 'xenserver-1' })
    expect(result.standby).toEqual({ uuid: standbyUuid, name: 'db (standby)', pointId })
    expect(result.sentence).toMatch(
      /^Test failover of the state of \d{4}-.* UTC: Booted, guest tools answered after \d+ s\.$/,
    )
    expect(notes).toEqual([])
    expect(contents()).toEqual(before)
    expect(await site.standby()).toEqual(standby)
    const kept = await Array.fromAsync(site.made.repository.proofs(pointId))
    expect(kept.map(proof => proof.result)).toEqual([result])
    expect(await site.round({ prove: true })).toMatchObject({ standbyUuid, readBack: true })
  })

  it('stays up to be looked at while rounds go on; what it writes reaches no standby; cancelling ends it well', async () => {
    const before = contents()
    const { test, testing } = await upFor()
    const [copy] = copies()
    expect(copy).toMatchObject({ power_state: 'Running', VIFs: [], ha_restart_priority: '' })
    expect(Object.keys(copy?.other_config ?? {})).not.toContain('xenkeep:standby')
    await site.target.client.guestWrite(copy?.uuid ?? '', 3 * MiB, Buffer.alloc(MiB, 9))
    await site.origin.guestWrite('db', 0, 5 * MiB, Buffer.alloc(4096, 5))
    await site.backUp()
    expect(await site.round({ keep: 0 })).toMatchObject({ standbyUuid, written: 'changes' })
    await site.expectHolds(standbyUuid)
    // Its state was removed by the round meanwhile.
    expect((await site.standby())?.states).toHaveLength(1)
    test.abort(new JobCancelledError())
    const { result, notes } = await testing
    expect(result.verdict).toBe('tools')
    expect(notes.join()).toContain('stayed up for people to look at')
    expect(copies()).toEqual([])
    expect(contents().map(kind => kind.length)).toEqual(before.map(kind => kind.length))
    expect(await site.round({ prove: true })).toMatchObject({ standbyUuid, readBack: true })
  })

  it('puts its interfaces on the network that is named, and on no other', async () => {
    const [network] = [...database().all('network').entries()]
    const { test, testing } = await upFor({ networkUuid: network?.[1].uuid ?? '' })
    const own = site.vmOf(standbyUuid).VIFs.map(ref => database().get('VIF', ref))
    const vifs = copies().flatMap(({ VIFs }) => VIFs.map(ref => database().get('VIF', ref)))
    expect(vifs.map(vif => vif.network)).toEqual(own.map(() => network?.[0]))
    expect(own.length).toBeGreaterThan(0)
    for (const { MAC } of vifs) expect(own.map(vif => vif.MAC)).not.toContain(MAC)
    test.abort(new JobCancelledError())
    await testing
  })

  it('asks a script, and starts an earlier state where one is named', async () => {
    await site.origin.guestWrite('db', 0, 0, Buffer.alloc(4096, 9))
    await site.backUp()
    await site.round()
    const { result } = await run({ script: 'ask', pointId })
    expect(result).toMatchObject({ verdict: 'refused', standby: { pointId } })
    expect(result.sentence).toContain('ended with 3: no table orders')
    await expect(run({ pointId: site.made.jobId() })).rejects.toMatchObject({
      code: 'STATE_MISSING',
    })
    await expect(run({ replicaId: site.made.jobId() })).rejects.toMatchObject({
      code: 'STANDBY_MISSING',
    })
    await expect(run({ script: 'other' })).rejects.toMatchObject({ code: 'BOOT_SCRIPT_UNKNOWN' })
  })

  it('says nothing about the standby where the pool has no memory, no room or another trouble, and leaves nothing', async () => {
    const before = contents()
    for (const [method, error] of [
      ['VM.start', ['HOST_NOT_ENOUGH_FREE_MEMORY', '2147483648', '1024']],
      ['VM.clone', ['SR_BACKEND_FAILURE_44', '', 'no space', '']],
      ['VIF.destroy', ['INTERNAL_ERROR', 'no']],
    ] as const) {
      site.target.client.fault({ kind: 'fail-call', method, error: [...error] })
      await expect(run(), method).rejects.toMatchObject({
        code: 'BOOT_CHECK_NOT_CARRIED_OUT',
        message: expect.stringContaining('says nothing about the standby'),
      })
      site.target.client.pool.state.faults.clear()
      expect(contents(), method).toEqual(before)
    }
    expect(await Array.fromAsync(site.made.repository.proofs(pointId))).toEqual([])
  })

  it('tells a copy that could not be removed, and the next sweep removes it', async () => {
    const before = contents()
    const error = ['INTERNAL_ERROR', 'no']
    site.target.client.fault({ kind: 'fail-call', method: 'VM.destroy', error })
    const { result, notes } = await run()
    expect(result.verdict).toBe('tools')
    expect(notes.join()).toMatch(/copy of the standby could not be removed yet: .*tries again/)
    site.target.client.pool.state.faults.clear()
    await site.sweep()
    expect(contents()).toEqual(before)
  })

  it('refuses a network that the pool does not have', async () => {
    const before = contents()
    await expect(
      run({ networkUuid: '6c1a4f0e-9b7d-4e3b-a258-8d0c3f51e7d6' }),
    ).rejects.toMatchObject({ message: expect.stringContaining('has no network 6c1a4f0e') })
    expect(contents()).toEqual(before)
  })

  it('is removed where the agent ends, and by the next sweep where it was killed, also right after the clone', async () => {
    const before = contents()
    const { test, testing } = await upFor()
    test.abort(new AgentStoppingError())
    await expect(testing).rejects.toMatchObject({ code: 'AGENT_STOPPING' })
    expect(contents()).toEqual(before)

    const up = await upFor()
    await site.sweep()
    expect(contents()).toEqual(before)
    up.test.abort(new JobCancelledError())
    await up.testing

    const [state] = (await site.standby())?.states ?? []
    const owner = ownerOf(site.made.repository.id)
    const name = unfinishedName({ jobId: site.made.jobId(), owner })
    await site.target.client.xapi.run('VM.clone', [state?.ref ?? '', name], RefText)
    expect(contents()).not.toEqual(before)
    await site.sweep()
    expect(contents()).toEqual(before)
    await site.expectHolds(standbyUuid)
  })
})
