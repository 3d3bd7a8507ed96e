import { describe, expect, it } from 'vitest'
import type { BackupVmSpec } from '#core/contracts/jobs.ts'
import { GatewayRevokedError } from '#core/errors/access.ts'
import { TokenInvalidError } from '#core/errors/request.ts'
import { StoreFullError } from '#core/errors/store.ts'
import { type LeaseLoopOptions, runLeaseLoop } from '#gateway-agent/control/lease-loop.ts'
import type { JobContext, Perform, Performed } from '#gateway-agent/control/leased-job.ts'
import { createFakeControl, GATEWAY } from '#test/support/fake-control.ts'
import { impatience, memoryLog, until } from '#test/support/patience.ts'

const spec: BackupVmSpec = {
  kind: 'backup-vm',
  poolUuid: '00000000-0000-4000-8000-000000000001',
  vmUuid: '00000000-0000-4000-8000-000000000002',
  vmName: 'web01',
  method: 'normal',
}
const OTHER = '01J00000000000000000000JB2'
const JOB = '01J00000000000000000000J0B'
const skipped = (reason: string): Performed => ({ outcome: { status: 'skipped', reason } })

/** An agent whose work is `perform`, and everything one wants to see of it. */
const agent = (
  perform: Perform,
  {
    slots = 2,
    control = createFakeControl(),
    ...more
  }: {
    slots?: number
    control?: ReturnType<typeof createFakeControl>
  } & Partial<LeaseLoopOptions> = {},
) => {
  const stopping = new AbortController()
  const log = memoryLog()
  const ended: string[] = []
  const loop = runLeaseLoop({
    client: control.client,
    gatewayId: () => GATEWAY,
    instance: '01J00000000000000000000PRC',
    slots,
    looks: 1,
    pools: () => [spec.poolUuid],
    perform,
    patience: impatience,
    clock: { now: () => 1_000 },
    random: () => 0.5,
    log,
    stopping: stopping.signal,
    enrolAgain: async () => {
      control.knowsGateway = true
    },
    ended: async jobId => void ended.push(jobId),
    ...more,
  })
  return {
    control,
    log,
    ended,
    job: (id = JOB) => {
      const job = control.jobs.get(id)
      if (!job) throw new Error('no such job')
      return job
    },
    async stop() {
      stopping.abort()
      await loop
    },
  }
}

/** Work that goes on until it is aborted, then throws something of its own, as real work does. */
const untilAborted = ({ signal }: JobContext): Promise<Performed> =>
  new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('socket closed'))),
  )

describe('the lease loop', () => {
  it('does a job, tells the outcome, and settles only after it was accepted', async () => {
    let acceptedAtSettle = false
    const a = agent(async () => ({
      ...skipped('nothing to do'),
      settle: async () => {
        acceptedAtSettle = a.job().outcome !== undefined
      },
    }))
    a.control.add(JOB, spec)
    await until('job ended', () => a.ended.includes(JOB))
    expect(a.job().outcome).toEqual({ status: 'skipped', reason: 'nothing to do' })
    expect(acceptedAtSettle).toBe(true)
    await a.stop()
  })

  it('hears that it should make a new key, and tells when its key is refused', async () => {
    const heard: string[] = []
    const control = createFakeControl()
    const { client } = control
    let answers = 0
    const call: typeof client.call = async (name, input) => {
      const reply = await client.call(name, input)
      if (name !== 'lease' || ++answers > 2) return reply
      if (answers === 1) return { ...reply, newKey: true }
      throw new TokenInvalidError('the signature of the token is not that of this gateway')
    }
    const a = agent(async () => skipped('nothing to do'), {
      ...{ control, client: { call } },
      newKey: () => heard.push('new key'),
      keyRefused: () => heard.push('refused'),
    })
    await until('it goes on', () => answers > 3)
    expect(heard).toStrictEqual(['new key', 'refused'])
    await a.stop()
  })

  it('looks at files beside other jobs, and takes no place from them', async () => {
    const control = createFakeControl()
    const { client } = control
    const free: unknown[] = []
    const call: typeof client.call = async (name, input) => {
      const { freeSlots, freeLooks } = (input?.body ?? {}) as Record<string, number>
      if (name === 'lease') free.push({ freeSlots, freeLooks })
      return client.call(name, input)
    }
    const a = agent((_, context) => untilAborted(context), { control, client: { call } })
    const look = {
      kind: 'read-files' as const,
      ...{ pointId: OTHER, vmUuid: spec.vmUuid, vmName: spec.vmName },
      publicKey: `B${'A'.repeat(86)}`,
    }
    control.add(JOB, look)
    await until('it asks on', () => free.length > 3)
    expect(free.at(0)).toStrictEqual({ freeSlots: 2, freeLooks: 1 })
    expect(free.at(-1)).toStrictEqual({ freeSlots: 2, freeLooks: 0 })
    control.add(OTHER, spec)
    const jobsAtWork = () => [...control.jobs.values()].every(({ epoch }) => epoch > 0)
    await until('both are at work', jobsAtWork)
    const asked = free.length
    await until('it asks again', () => free.length > asked + 1)
    expect(free.at(-1)).toStrictEqual({ freeSlots: 1, freeLooks: 0 })
    await a.stop()
  })

  it('never runs more jobs than it has slots', async () => {
    let inside = 0
    let most = 0
    const a = agent(
      async () => {
        most = Math.max(most, ++inside)
        await impatience.wait(0)
        inside--
        return skipped('')
      },
      { slots: 2 },
    )
    for (let i = 0; i < 7; i++) a.control.add(`01J0000000000000000000000${i}`, spec)
    await until('all jobs ended', () => a.ended.length === 7)
    expect(most).toBe(2)
    await a.stop()
  })

  it('reports an error by code, sentence and advice, and goes on with other jobs', async () => {
    const a = agent(async ({ jobId }) => {
      if (jobId === JOB) throw new StoreFullError('file:/backups')
      return skipped('fine')
    })
    a.control.add(JOB, spec)
    a.control.add('01J000000000000000000000K0', spec)
    await until('both ended', () => a.ended.length === 2)
    expect(a.job().outcome).toMatchObject({
      status: 'failed',
      problem: { code: 'STORE_FULL', message: 'There is no space left in file:/backups.' },
    })
    expect(a.job('01J000000000000000000000K0').outcome).toMatchObject({ status: 'skipped' })
    await a.stop()
  })

  it('a job of a later version is refused by name, and keeps no other waiting', async () => {
    const a = agent(async () => skipped('fine'))
    a.control.add('01J000000000000000000000K0', { ...spec, kind: 'brew-coffee' } as never)
    a.control.add(JOB, spec)
    await until(
      'both ended',
      () =>
        a.job('01J000000000000000000000K0').outcome !== undefined && a.job().outcome !== undefined,
    )
    expect(a.job().outcome).toMatchObject({ status: 'skipped' })
    expect(a.job('01J000000000000000000000K0').outcome).toMatchObject({
      status: 'failed',
      problem: {
        code: 'JOB_UNREADABLE',
        message:
          'This gateway cannot read the job ("brew-coffee"): the control plane is of a later version.',
      },
    })
    await a.stop()
  })

  it('an outcome that the control plane will never take ends the job with the reason', async () => {
    const control = createFakeControl()
    control.refuses.add('skipped')
    let settled = 0
    const perform = async () => ({ ...skipped('x'), settle: async () => void settled++ })
    const a = agent(perform, { control })
    a.control.add(JOB, spec)
    await until('job ended', () => a.ended.includes(JOB))
    expect(a.job().outcome).toEqual({
      status: 'failed',
      problem: {
        code: 'OUTCOME_REFUSED',
        message:
          'The work was done ("skipped"), but the control plane does not take its outcome: REQUEST_INVALID.',
        advice:
          'Bring gateway and control plane to the same version. A recovery point that was made is in the repository, and listed when the gateway tells of it.',
        retryable: false,
      },
    })
    expect(settled).toBe(1)
    await a.stop()
  })

  it('sends the progress along with heartbeats', async () => {
    const done = Promise.withResolvers<Performed>()
    const a = agent((_, { report }) => {
      report({ phase: 'reading disks', bytesTotal: 10, bytesDone: 4, bytesRead: 3, bytesStored: 2 })
      return done.promise
    })
    a.control.add(JOB, spec)
    const progress = {
      phase: 'reading disks',
      bytesTotal: 10,
      bytesDone: 4,
      bytesRead: 3,
      bytesStored: 2,
    }
    await until('progress told', () => a.job().progress.length > 0)
    expect(a.job().progress[0]).toEqual(progress)
    done.resolve(skipped(''))
    await until('ended', () => a.ended.length === 1)
    await a.stop()
  })

  it('cancels a job when a heartbeat says so, whatever error the work ends with', async () => {
    const a = agent((_, context) => untilAborted(context))
    a.control.add(JOB, spec)
    await until('leased', () => a.job().epoch === 1)
    a.job().cancel = true
    await until('ended', () => a.ended.length === 1)
    expect(a.job().outcome).toEqual({ status: 'cancelled' })
    await a.stop()
  })

  it('keeps a point that was committed before the cancel arrived', async () => {
    const a = agent(async (_, context) => {
      await untilAborted(context).catch(() => undefined)
      return skipped('done all the same')
    })
    a.control.add(JOB, spec)
    await until('leased', () => a.job().epoch === 1)
    a.job().cancel = true
    await until('ended', () => a.ended.length === 1)
    expect(a.job().outcome).toEqual({ status: 'skipped', reason: 'done all the same' })
    await a.stop()
  })

  it('stops a job whose lease went to somebody else, and tells nothing', async () => {
    const settled: string[] = []
    const a = agent((_, context) => untilAborted(context))
    a.control.add(JOB, spec)
    await until('leased', () => a.job().epoch === 1)
    Object.assign(a.job(), { epoch: 2, instance: '01J00000000000000000000PRC' })
    await until('ended', () => a.ended.length === 1)
    expect(a.job().outcome).toBeUndefined()
    expect(settled).toEqual([])
    await a.stop()
  })

  it('goes on working while the control plane is away, and tells the outcome when it is back', async () => {
    const work = Promise.withResolvers<Performed>()
    const signals: AbortSignal[] = []
    const a = agent((_, { signal }) => {
      signals.push(signal)
      return work.promise
    })
    a.control.add(JOB, spec)
    await until('leased', () => signals.length === 1)
    a.control.away = true
    await until('heartbeat missed', () => a.log.lines.some(line => /no heartbeat/.test(line)))
    work.resolve(skipped('finished in the dark'))
    await until('result missed', () => a.log.lines.some(line => /cannot be told yet/.test(line)))
    expect(signals[0]?.aborted).toBe(false)
    a.control.away = false
    await until('ended', () => a.ended.length === 1)
    expect(a.job().outcome).toEqual({ status: 'skipped', reason: 'finished in the dark' })
    await a.stop()
  })

  it('goes on under the new epoch when its own job is leased to it again', async () => {
    const work = Promise.withResolvers<Performed>()
    let started = 0
    const a = agent(() => {
      started++
      return work.promise
    })
    a.control.add(JOB, spec)
    await until('leased', () => a.job().epoch === 1)
    a.job().instance = 'run out' // as if the lease had run out: it is handed out again
    await until('leased again', () => a.job().epoch === 2)
    work.resolve(skipped('once'))
    await until('ended', () => a.ended.length === 1)
    expect(started).toBe(1)
    expect(a.job().outcome).toEqual({ status: 'skipped', reason: 'once' })
    await a.stop()
  })

  it('enrols again when the control plane lost its catalog', async () => {
    const a = agent(async () => skipped(''))
    a.control.knowsGateway = false
    await until('enrolled again', () => a.control.knowsGateway)
    await a.stop()
  })

  it('is revoked in the middle of a job: the work is aborted at once, and nothing is told of it', async () => {
    const control = createFakeControl()
    const { client } = control
    let isRevoked = false
    const call: typeof client.call = async (name, input) => {
      // The next heartbeat is far away: it is the lease loop that hears of it.
      if (name === 'heartbeat')
        return new Promise((_, reject) => input?.signal?.addEventListener('abort', reject))
      if (isRevoked) throw new GatewayRevokedError(GATEWAY)
      return client.call(name, input)
    }
    const reasons: unknown[] = []
    const enrolled = Promise.withResolvers<void>()
    const a = agent(
      async (_job, context) => {
        isRevoked = true
        return untilAborted(context).finally(() => reasons.push(context.signal.reason))
      },
      { control, client: { call }, enrolAgain: () => enrolled.promise },
    )
    a.control.add(JOB, spec)
    await until('the work has ended', () => reasons.length === 1)
    expect(reasons[0]).toMatchObject({ code: 'LEASE_LOST' })
    expect(a.job().outcome).toBeUndefined()
    isRevoked = false
    enrolled.resolve()
    await a.stop()
  })

  it('stops in good order: the work is aborted, its clean-up is waited for, nothing is told', async () => {
    let cleaned = false
    const a = agent(async (_, context) => {
      try {
        return await untilAborted(context)
      } finally {
        await impatience.wait(0)
        cleaned = true
      }
    })
    a.control.add(JOB, spec)
    await until('leased', () => a.job().epoch === 1)
    await a.stop()
    expect(cleaned).toBe(true)
    expect(a.job().outcome).toBeUndefined()
  })
})
