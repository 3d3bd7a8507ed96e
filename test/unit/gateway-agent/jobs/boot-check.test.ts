import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { systemClock } from '#adapters/system/clock.ts'
import type { BootCheckSpec } from '#core/contracts/boot-check.ts'
import { JobOutcome } from '#core/contracts/jobs.ts'
import { ownerOf } from '#core/points/marks.ts'
import { JobCancelledError } from '#gateway-agent/control/errors.ts'
import { bootCheck } from '#gateway-agent/jobs/boot-check/boot-check.ts'
import { testContext } from '#test/support/job-context.ts'
import { until } from '#test/support/patience.ts'
import { agentOnPool } from '#test/support/repository/agent-on-pool.ts'
import { newRepository } from '#test/support/repository/open.ts'

const MiB = 1024 * 1024

/** A guest that is silent for longer than is fair. */
const WAITING = { phase: 'running; waiting for its guest tools', ms: 500_000 }

let agent: Awaited<ReturnType<typeof agentOnPool<'db'>>>
let store: ReturnType<typeof memoryObjectStore>
let made: Awaited<ReturnType<typeof newRepository>>
let pointId: string

beforeEach(async () => {
  // Nobody waits for dom0 here, nor for events to come together.
  const timing = { dom0Linger: 2, eventBatching: 1 }
  agent = await agentOnPool({ db: [Buffer.alloc(4 * MiB, 7)] }, { timing })
  store = memoryObjectStore()
  made = await newRepository(store)
  pointId = (await agent.backUp('db', { jobId: made.jobId(), repository: made.repository })).pointId
})
afterEach(() => agent[Symbol.asyncDispose]())

const simulated = () => agent.client.pool.state

const check = async (
  more: Partial<BootCheckSpec> & {
    scripts?: Record<string, string[]>
    test?: ReturnType<typeof testContext>
    /** The time is over when this phase is told, so many ms after the last look at the clock. */
    over?: { phase: string; ms: number }
    /** So many ms pass while it waits for tools, and there is time left. */
    late?: number
    jobId?: string
  } = {},
) => {
  const { scripts = {}, test = testContext(), jobId = made.jobId(), over, late, ...spec } = more
  const budget = new AbortController()
  let passed = 0
  const { report } = test.context
  test.context.report = told => {
    report(told)
    if (late !== undefined && told.phase === WAITING.phase) passed = late
    if (over === undefined || told.phase !== over.phase || budget.signal.aborted) return
    passed = over.ms
    budget.abort()
  }
  const { outcome } = await bootCheck({
    ...agent.jobOf(jobId, made.repository, test),
    clock: { now: () => systemClock.now() + passed },
    timer: () => budget.signal,
    scripts,
    spec: {
      kind: 'boot-check',
      poolUuid: agent.pool.uuid,
      vmUuid: agent.uuidOf('db'),
      vmName: 'db',
      pointId,
      timeoutSeconds: 600,
      ...spec,
    },
  })
  JobOutcome.parse(outcome)
  if (outcome.status !== 'boot-checked') throw new Error(outcome.status)
  return outcome.result
}

/** VMs, disks and interfaces of the pool: the same before and after. */
const contents = () => {
  const { database } = simulated()
  return (['VM', 'VDI', 'VIF', 'VBD'] as const).map(kind => [...database.all(kind).keys()].sort())
}

const verdict = (program: string) => ['/bin/sh', '-c', program]

describe('boot-check', { timeout: 30_000 }, () => {
  it('says that guest tools answered, keeps it beside the point, and leaves nothing', async () => {
    simulated().runtime.guestBoot = { toolsAfter: 300 }
    const seen: Record<string, unknown>[] = []
    const { database } = simulated()
    const source = database.byUuid('VM', agent.uuidOf('db'))
    const config = { ...database.get('VM', source).other_config, pci: '0/0000:04:00.0', kept: 'y' }
    database.update('VM', source, { other_config: config })
    const { repository } = made
    pointId = (await agent.backUp('db', { jobId: made.jobId(), repository })).pointId
    const before = contents()
    const test = testContext()
    const { report } = test.context
    test.context.report = more => {
      report(more)
      if (more.phase !== 'running; waiting for its guest tools') return
      for (const vm of database.all('VM').values())
        if (vm.name_label.startsWith('[XenKeep unfinished]')) seen.push({ ...vm })
    }
    const result = await check({ test })
    expect(result).toMatchObject({ verdict: 'tools', host: 'xenserver-1', kind: 'boot-check' })
    expect(result.toolsAfterMs).toBeGreaterThanOrEqual(result.runningAfterMs ?? 0)
    expect(result.sentence).toMatch(/^Booted, guest tools answered after \d+ s\.$/)
    expect(seen[0]).toMatchObject({ power_state: 'Running', VIFs: [], ha_restart_priority: '' })
    expect(seen[0]?.other_config).not.toHaveProperty('auto_poweron')
    expect(seen[0]?.other_config).not.toHaveProperty('pci')
    expect(seen[0]?.other_config).toHaveProperty('kept')
    expect(contents()).toEqual(before)
    const kept = await Array.fromAsync(made.repository.proofs(pointId))
    expect(kept.map(proof => proof.result)).toEqual([result])
  })

  it('says no more than Running of a guest that never had tools', async () => {
    const { database } = simulated()
    simulated().runtime.guestBoot = { toolsAfter: undefined }
    const ref = database.byUuid('VM', agent.uuidOf('db'))
    database.update('VM', ref, { guest_metrics: 'OpaqueRef:NULL' })
    const repository = made.repository
    pointId = (await agent.backUp('db', { jobId: made.jobId(), repository })).pointId
    // Its time is not over, and it is not used up.
    const scripts = { ask: verdict('exit 0') }
    const result = await check({ late: 121_000, script: 'ask', scripts })
    expect(result).toMatchObject({ verdict: 'running', script: { exitCode: 0 } })
    expect(result.sentence).toMatch(
      /Running after \d+ s and ran on for 12\d s; no guest tools answered, .* more is not known/,
    )
  })

  it('says that it did not boot where tools that had answered do not', async () => {
    const before = contents()
    simulated().runtime.guestBoot = { toolsAfter: undefined }
    const result = await check({ over: WAITING })
    expect(result).toMatchObject({ verdict: 'did-not-boot', host: 'xenserver-1' })
    expect(result.sentence).toContain('It may only need more time.')
    expect(contents()).toEqual(before)
  })

  it('sees a guest that crashes at once, without waiting for the end of its time', async () => {
    simulated().runtime.guestBoot = { toolsAfter: undefined, crashAfter: 50 }
    const result = await check({ timeoutSeconds: 600 })
    expect(result.verdict).toBe('did-not-boot')
    expect(result.sentence).toMatch(/^It did not boot: the VM stopped by itself/)
  })

  it.each([
    { name: 'content', program: 'cat >/dev/null; exit 0', verdict: 'tools', words: /was content/ },
    {
      name: 'not content',
      program: 'echo no table orders; exit 3',
      verdict: 'refused',
      words: /ended with 3: no table orders$/,
    },
    {
      name: 'one that hangs',
      program: 'sleep 60',
      verdict: 'refused',
      words: /still at work when the time was over/,
    },
  ])('asks a script of the gateway: $name', async ({ program, verdict: expected, words }) => {
    const scripts = { ask: verdict(program) }
    const result = await check({
      script: 'ask',
      scripts,
      ...(program.startsWith('sleep') && { over: { ...WAITING, phase: 'asking the script ask' } }),
    })
    expect(result.verdict).toBe(expected)
    expect(result.sentence).toMatch(words)
    expect(result.script?.name).toBe('ask')
  })

  it('gives the script its facts on standard input and no secret', async () => {
    const scripts = {
      ask: verdict('read facts; echo "$facts"; env | grep -c XENKEEP && exit 1; exit 0'),
    }
    process.env.XENKEEP_TEST_SECRET = 'x'
    const { script } = await check({ script: 'ask', scripts })
    delete process.env.XENKEEP_TEST_SECRET
    expect(script).toMatchObject({ exitCode: 0, said: '0' })
  })

  it('refuses a script that the settings do not name', async () => {
    await expect(check({ script: 'other' })).rejects.toMatchObject({ code: 'BOOT_SCRIPT_UNKNOWN' })
  })

  it('takes the verdict of the guest, and not that of an earlier life', async () => {
    simulated().runtime.guestBoot = { toolsAfter: 10, verdict: 'disk sdb is missing' }
    const refused = await check({ guestVerdict: true })
    expect(refused).toMatchObject({ verdict: 'refused', guestSaid: 'disk sdb is missing' })
    simulated().runtime.guestBoot = { toolsAfter: 10, verdict: 'ok' }
    expect(await check({ guestVerdict: true })).toMatchObject({ verdict: 'tools', guestSaid: 'ok' })
    const { database } = simulated()
    const ref = database.byUuid('VM', agent.uuidOf('db'))
    database.update('VM', ref, { xenstore_data: { 'vm-data/xenkeep/verdict': 'ok' } })
    const repository = made.repository
    pointId = (await agent.backUp('db', { jobId: made.jobId(), repository })).pointId
    simulated().runtime.guestBoot = { toolsAfter: 10 }
    const silent = await check({
      guestVerdict: true,
      over: { ...WAITING, phase: 'waiting for the verdict of the guest' },
    })
    expect(silent.sentence).toContain('the guest gave no verdict of its own in time')
  })

  it('says nothing about the point where the pool has no memory for it', async () => {
    const before = contents()
    const error = ['HOST_NOT_ENOUGH_FREE_MEMORY', '2147483648', '1024']
    agent.client.fault({ kind: 'fail-call', method: 'Async.VM.start', error })
    agent.client.fault({ kind: 'fail-call', method: 'VM.start', error })
    await expect(check()).rejects.toMatchObject({
      code: 'BOOT_CHECK_NOT_CARRIED_OUT',
      message: expect.stringContaining('says nothing about the recovery point'),
    })
    expect(await Array.fromAsync(made.repository.proofs(pointId))).toEqual([])
    expect(contents()).toEqual(before)
  })

  it('says nothing about the point where restoring took the time', async () => {
    simulated().runtime.guestBoot = { toolsAfter: undefined }
    const before = contents()
    for (const [phase, doing] of [
      ['writing disks', 'restored'],
      ['starting the VM', 'started'],
      ['running; waiting for its guest tools', 'booting'],
    ] as const)
      await expect(check({ over: { phase, ms: 1_000 } })).rejects.toMatchObject({
        code: 'BOOT_CHECK_NOT_CARRIED_OUT',
        message: expect.stringContaining(`were given were over while it was ${doing}.`),
      })
    expect(await Array.fromAsync(made.repository.proofs(pointId))).toEqual([])
    expect(contents()).toEqual(before)
  })

  it('says that a damaged point cannot be read', async () => {
    for (const [key, object] of store.objects)
      if (key.startsWith('packs/')) object.bytes = object.bytes.subarray(0, 40)
    const { verdict: found, sentence } = await check()
    expect(found).toBe('unreadable')
    expect(sentence).toMatch(/^The recovery point could not be restored/)
  })

  it('leaves nothing when a person cancels while it boots', async () => {
    const before = contents()
    simulated().runtime.guestBoot = { toolsAfter: undefined }
    const test = testContext()
    const checking = check({ test, timeoutSeconds: 600 })
    checking.catch(() => undefined)
    await until('it runs', () => test.phases.includes('running; waiting for its guest tools'))
    test.abort(new JobCancelledError())
    await expect(checking).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
    expect(contents()).toEqual(before)
  })

  it('leaves nothing when it is cancelled while the VM starts', async () => {
    const before = contents()
    Object.assign(simulated().timing, { power: 200 })
    const { database } = simulated()
    const isStarting = () =>
      [...database.all('VM').values()].some(vm =>
        Object.values(vm.current_operations).includes('start'),
      )
    const test = testContext()
    const checking = check({ test })
    checking.catch(() => undefined)
    await until('it starts', isStarting)
    test.abort(new JobCancelledError())
    await expect(checking).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
    expect(contents()).toEqual(before)
  })

  it('switches off what starts although nobody heard of it', async () => {
    const before = contents()
    Object.assign(simulated().timing, { power: 200 })
    agent.client.fault({ kind: 'drop-call', method: 'VM.start', after: true })
    await expect(check()).rejects.toMatchObject({ code: 'BOOT_CHECK_NOT_CARRIED_OUT' })
    expect(contents()).toEqual(before)
    expect([...simulated().database.all('message').values()].map(({ name }) => name)).toContain(
      'VM_STARTED',
    )
  })

  it('is removed by the next start of an agent that was killed while it booted', async () => {
    const before = contents()
    simulated().runtime.guestBoot = { toolsAfter: undefined }
    const test = testContext()
    const jobId = made.jobId()
    const checking = check({ test, timeoutSeconds: 600, jobId })
    checking.catch(() => undefined)
    await until('it runs', () => test.phases.includes('running; waiting for its guest tools'))
    // What a killed agent leaves is what the pool shows now: the sweep of its next life is done beside it.
    const ours = await agent.pool.listOurs(ownerOf(made.repository.id))
    const left = ours.filter(object => object.jobId === jobId)
    expect(left.map(({ kind }) => kind).sort()).toEqual(['disk', 'unfinished-vm'])
    expect(await agent.pool.removeOurs(left)).toEqual([])
    expect(contents()).toEqual(before)
    test.abort(new JobCancelledError())
    await checking.catch(() => undefined)
  })
})
