import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import type { ReplicaStep } from '#core/contracts/replicas-api.ts'
import {
  begin,
  due,
  failbackStep,
  type Replica,
  resume,
  settle,
  stop,
} from '#core/replication/replica.ts'
import { replicaLine } from '#core/replication/replica-line.ts'

const HOUR = 3_600_000
const UUID = '0f8c3a52-5a1e-4c2e-9d51-2b8a7f3c9e10'
const STANDBY = '7d1f0b6e-93a4-4f7b-8a55-c1de0b7a2f44'
const POINT = '01JD9W5R6D3S0Q6Z1B4W8TXY2K'

const fresh = (): Replica => ({
  replicaId: POINT,
  vmUuid: UUID,
  vmName: 'db',
  originPoolUuid: UUID,
  poolUuid: STANDBY,
  poolName: 'DR',
  networks: {},
  keep: 3,
  everySeconds: 3_600,
  proveEvery: 0,
  created: 0,
  phase: 'standing-by',
  rounds: 0,
  missed: 0,
  nextDue: 0,
})

const report = {
  standbyUuid: STANDBY,
  standbyName: 'db (standby)',
  pointId: POINT,
  taken: 1,
  written: 'all',
  bytesWritten: 1,
  readBack: false,
  started: false,
  states: [],
  notes: [],
} as const

const outcomeOf = (step: ReplicaStep): JobOutcome => {
  switch (step) {
    case 'round':
      return { status: 'replicated', report: { ...report, states: [], notes: [] } }
    case 'failover':
      return { status: 'failed-over', report: { ...report, states: [], notes: [] } }
    case 'rejoin':
      return { status: 'rejoined', report: { ...report, states: [], notes: [] } }
    case 'back-up-standby':
      return { status: 'backed-up', point: { pointId: POINT }, notes: [] } as never
    case 'restore-origin':
      return { status: 'restored', report: { newVmUuid: STANDBY } } as never
  }
}

/** Begins what is to begin and lets it end. */
const through = (replica: Replica, step: ReplicaStep, ok = true, now = 0): Replica => {
  const outcome = ok ? outcomeOf(step) : undefined
  const line = ok ? 'done' : 'it failed'
  return settle(begin(replica, step, 'run', now), { runId: 'run', ok, line, outcome }, now)
}

describe('a replica', () => {
  it('begins a round when it is due, and counts those that nobody began', () => {
    const first = through(fresh(), 'round')
    expect(first).toMatchObject({ rounds: 1, nextDue: HOUR, missed: 0 })
    expect(due(first, HOUR - 1)).toBeUndefined()
    expect(due(first, HOUR)).toBe('round')
    const late = begin(first, 'round', 'run', 4.5 * HOUR)
    expect(late).toMatchObject({ missed: 3, nextDue: 5 * HOUR })
    expect(replicaLine(late, 4.5 * HOUR)).toContain('3 rounds were not begun in their time.')
    expect(through(first, 'round', true, HOUR / 2).nextDue).toBe(1.5 * HOUR)
  })

  it('goes there and back', () => {
    const active = through(through(fresh(), 'round'), 'failover')
    expect(active.phase).toBe('active')
    expect(due(active, 9 * HOUR)).toBeUndefined()
    let back = through(active, failbackStep(active))
    for (const step of ['restore-origin', 'rejoin'] as const) {
      expect(due(back, 0)).toBe(step)
      back = through(back, step)
    }
    expect(back).toMatchObject({ phase: 'standing-by', vmUuid: STANDBY, nextDue: HOUR })
    expect(back.failback).toBeUndefined()
  })

  it('waits for a person where a step of a failback failed, and goes on with that step', () => {
    const active = through(through(fresh(), 'round'), 'failover')
    const failed = through(through(active, 'back-up-standby'), 'restore-origin', false)
    expect(due(failed, HOUR)).toBeUndefined()
    expect(failbackStep(failed)).toBe('restore-origin')
    expect(replicaLine(failed, 0)).toContain('The last attempt failed: it failed')
    expect(through(active, 'back-up-standby', false).phase).toBe('active')
  })

  it('begins a failback anew where the standby had been running when it was backed up', () => {
    const active = through(through(fresh(), 'round'), 'failover')
    const begun = begin(through(active, 'back-up-standby'), 'restore-origin', 'run', 0, {
      overwrite: true,
    })
    expect(begun.failback).toEqual({ pointId: POINT, overwrite: true })
    const problem = { code: 'STANDBY_RUNS', message: 'it ran' }
    const outcome = { status: 'failed', problem } as never
    const refused = settle(begun, { runId: 'run', ok: false, line: 'refused', outcome }, 0)
    expect(refused.phase).toBe('active')
    expect(refused.failback).toBeUndefined()
    expect(failbackStep(refused)).toBe('back-up-standby')
  })

  it('begins a failback anew where the standby was in use after its backup', () => {
    const active = through(through(fresh(), 'round'), 'failover')
    const restored = through(through(active, 'back-up-standby'), 'restore-origin')
    const refuse = (code: string) =>
      settle(
        begin(restored, 'rejoin', 'run', 0),
        {
          runId: 'run',
          ok: false,
          line: 'refused',
          outcome: { status: 'failed', problem: { code, message: 'it ran' } } as never,
        },
        0,
      )
    const refused = refuse('STANDBY_CHANGED')
    expect(refused).toMatchObject({ phase: 'active', last: { ok: false } })
    expect(failbackStep(refused)).toBe('back-up-standby')
    expect(failbackStep(refuse('SESSION_LOST'))).toBe('rejoin')
  })

  /** @returns what is left when the step failed with this code */
  const failed = (replica: Replica, step: ReplicaStep, code: string): Replica => {
    const outcome = { status: 'failed', problem: { code, message: 'no' } } as never
    return settle(
      begin(replica, step, 'run', 0),
      { runId: 'run', ok: false, line: 'no', outcome },
      0,
    )
  }

  it('begins a failback anew where the backup of the standby has expired meanwhile', () => {
    const active = through(through(fresh(), 'round'), 'failover')
    const saved = through(active, 'back-up-standby')
    for (const [replica, step] of [
      [saved, 'restore-origin'],
      [through(saved, 'restore-origin'), 'rejoin'],
    ] as const) {
      const after = failed(replica, step, 'POINT_NOT_FOUND')
      expect(after.phase, step).toBe('active')
      expect(failbackStep(after), step).toBe('back-up-standby')
    }
  })

  it('is no dead end where somebody deleted the machine that was failed over to', () => {
    const active = through(through(fresh(), 'round'), 'failover')
    const gone = failed(active, 'back-up-standby', 'VM_NOT_FOUND')
    expect(gone.phase).toBe('stopped')
    expect(replicaLine(gone, 0)).toContain('It holds nothing yet.')
    expect(due(resume(gone, HOUR), HOUR)).toBe('round')

    const restored = through(through(active, 'back-up-standby'), 'restore-origin')
    const back = failed(restored, 'rejoin', 'STANDBY_MISSING')
    expect(back).toMatchObject({ phase: 'standing-by', vmUuid: STANDBY, nextDue: HOUR })
    expect(back).not.toHaveProperty('failback')
    expect(back).not.toHaveProperty('standby')
  })

  it('stands by again where a failover that did not succeed is given up', () => {
    const failed = through(through(fresh(), 'round'), 'failover', false)
    expect(replicaLine(failed, 0)).toContain('--resume')
    expect(due(resume(failed, HOUR), HOUR)).toBe('round')
    const trying = begin(failed, 'failover', 'run', 0)
    expect(() => resume(trying, 0)).toThrow(expect.objectContaining({ code: 'REPLICA_BUSY' }))
  })

  it('is stopped and goes on', () => {
    const stopped = stop(through(fresh(), 'round'))
    expect(due(stopped, 9 * HOUR)).toBeUndefined()
    expect(due(resume(stopped, 9 * HOUR), 9 * HOUR)).toBe('round')
  })

  type Act = {
    kind: ReplicaStep | 'settle' | 'foreign' | 'stop' | 'resume' | 'tick'
    ok: boolean
    wait: number
  }
  const acts = fc.array(
    fc.record<Act>({
      kind: fc.constantFrom(
        'round',
        'failover',
        'back-up-standby',
        'restore-origin',
        'rejoin',
        'settle',
        'foreign',
        'stop',
        'resume',
        'tick',
      ),
      ok: fc.boolean(),
      wait: fc.integer({ min: 0, max: 3 * HOUR }),
    }),
    { maxLength: 40 },
  )

  it('never has two runs, and no round once a failover was begun, whatever happens', () =>
    fc.assert(
      fc.property(acts, all => {
        let replica = fresh()
        let now = 0
        let runs = 0
        for (const { kind, ok, wait } of all) {
          now += wait
          const before = replica
          try {
            if (kind === 'settle' && replica.current) {
              const { runId, step } = replica.current
              const outcome = ok ? outcomeOf(step) : undefined
              replica = settle(replica, { runId, ok, line: '', outcome }, now)
              expect(replica.current).toBeUndefined()
            } else if (kind === 'foreign')
              expect(settle(replica, { runId: 'foreign', ok, line: '' }, now)).toBe(replica)
            else if (kind === 'stop') replica = stop(replica)
            else if (kind === 'resume') replica = resume(replica, now)
            else if (kind === 'tick') {
              const step = due(replica, now)
              if (step) replica = begin(replica, step, `run ${++runs}`, now) // what is due is always allowed
            } else if (kind !== 'settle') replica = begin(replica, kind, `run ${++runs}`, now)
          } catch (error) {
            expect(kind).not.toBe('tick')
            expect(replica).toBe(before)
            expect(['REPLICA_BUSY', 'REPLICA_PHASE']).toContain((error as { code: string }).code)
          }
          if (before.current && replica.current) expect(replica.current).toEqual(before.current)
          if (replica.current?.step === 'round') expect(replica.phase).toBe('standing-by')
          if (replica.phase === 'active') expect(due(replica, now)).toBeUndefined()
          if (replica.current === undefined && before.current?.step === 'round')
            expect(['standing-by']).toContain(replica.phase)
          expect(replicaLine(replica, now)).toMatch(/\w/)
        }
      }),
      { numRuns: 300, seed: 7 },
    ))
})
