import { expect, test } from 'vitest'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import { explainJob, explainWaiting } from '#core/runs/explain.ts'
import { finishJob, type Job, newJob } from '#core/runs/job.ts'
import { limits } from '#core/runs/limits.ts'
import { endRun, stateOf } from '#core/runs/run.ts'
import { tendJob } from '#core/runs/tend.ts'
import { POOL, pointOf, progress, vmUuid } from '#test/support/fake-gateway.ts'

const jobIds = [
  '01J00000000000000000000001',
  '01J00000000000000000000002',
  '01J00000000000000000000003',
]
const spec = (n: number) => ({
  kind: 'backup-vm' as const,
  poolUuid: POOL,
  vmUuid: vmUuid(n),
  vmName: `vm${n}`,
  method: 'normal' as const,
})
const jobAt = (n: number): Job => newJob(jobIds[n] ?? '', 'run', spec(n), 0)
const good = (n: number): JobOutcome => ({
  status: 'backed-up',
  point: pointOf(jobIds[n] ?? '', spec(n)),
  notes: [],
})
const failed: JobOutcome = {
  status: 'failed',
  problem: {
    code: 'SR_FULL',
    message: 'The SR is full. More.',
    advice: 'Free some.',
    retryable: false,
  },
}
const skipped: JobOutcome = { status: 'skipped', reason: 'It has no disks.' }
const cancelled: JobOutcome = { status: 'cancelled' }
const ended = (...outcomes: JobOutcome[]) =>
  outcomes.map((outcome, n) => finishJob(jobAt(n), outcome, 5))

test.each([
  ['succeeded', [good(0), good(1)], false],
  ['succeeded', [good(0)], true],
  ['warning', [good(0), failed], false],
  ['warning', [good(0), skipped], false],
  ['warning', [skipped], false],
  ['failed', [failed, failed], false],
  ['failed', [failed, cancelled], false],
  ['cancelled', [cancelled, cancelled], false],
  ['cancelled', [good(0), cancelled], true],
  ['cancelled', [good(0), failed], true],
] as const)('a run is %s', (state, outcomes, cancelRequested) => {
  expect(stateOf(ended(...outcomes), cancelRequested)).toBe(state)
})

test('an ended run tells what became of whom, and stays ended', () => {
  const run = { runId: 'run', kind: 'backup', state: 'running', title: 't', started: 1 } as const
  const end = endRun(run, ended(good(0), failed, skipped), 9)
  expect(end).toMatchObject({
    state: 'warning',
    ended: 9,
    line: '1 of 3 VMs backed up, 1 failed, 1 skipped. "vm1": The SR is full. · "vm2": skipped: It has no disks.',
  })
  expect(endRun(end, ended(failed), 10)).toBe(end)
  expect(endRun(run, ended(failed), 9)).toMatchObject({
    state: 'failed',
    line: 'The SR is full. More. Free some.',
    problem: { code: 'SR_FULL' },
  })
})

const gateway = (lastSeen?: number) => [
  {
    gatewayId: 'g',
    name: 'site A',
    pools: [{ uuid: POOL }],
    ...(lastSeen === undefined ? {} : { lastSeen }),
  },
]

test.each([
  ['waiting: no gateway serves the pool 00000000-0000-4000-8000-0000000000aa', []],
  ['waiting: gateway "site A" never called', gateway()],
  ['waiting: gateway "site A" has been silent for 10 minutes', gateway(0)],
  ['waiting for a free slot of gateway "site A"', gateway(599_000)],
])('%s', (line, gateways) => {
  expect(explainWaiting(POOL, gateways, 600_000)).toBe(line)
})

test('a run that only planned does not say that anything was restored', () => {
  const run = { runId: 'run', kind: 'restore', state: 'running', title: 't', started: 1 } as const
  const planned: JobOutcome = { status: 'planned', steps: ['Makes a new VM.'] }
  expect(endRun(run, ended(planned, planned), 9).line).toBe('2 of 2 VMs planned.')
  expect(endRun(run, ended(planned, failed), 9).line).toMatch(/^1 of 2 VMs planned, 1 failed\. /)
})

test('a job that runs tells its phase and how far it is; an interrupted one that it was', () => {
  const leased: Job = {
    ...jobAt(0),
    state: 'leased',
    epoch: 2,
    lease: { gatewayId: 'g', instance: 'i', leaseUntil: 1_000 },
    progress,
  }
  expect(explainJob(leased, gateway(0), 10)).toBe('reading changed blocks, 40 %')
  expect(explainJob({ ...leased, cancelRequested: true }, gateway(0), 10)).toBe(
    'stopping: reading changed blocks, 40 %',
  )
  expect(explainJob(leased, gateway(1_000), 1_000)).toBe(
    'interrupted after attempt 2; waiting for a free slot of gateway "site A"',
  )
})

test('a job that waits its turn in a long run outlives a short silence of its gateway', () => {
  const late = 3 * limits.queuePatienceMs
  const rebooted = gateway(late - 5 * 60_000)
  expect(tendJob(jobAt(0), rebooted, late)).toMatchObject({ state: 'queued' })
  const over = late - 5 * 60_000 + limits.queuePatienceMs
  expect(tendJob(jobAt(0), rebooted, over).outcome).toMatchObject({ status: 'failed' })
})

test('a control plane that was down waits for gateways before it gives up on them', () => {
  const up = 3 * limits.queuePatienceMs
  expect(tendJob(jobAt(0), gateway(0), up, up)).toMatchObject({ state: 'queued' })
  expect(tendJob(jobAt(0), gateway(0), up + limits.queuePatienceMs, up).outcome).toMatchObject({
    problem: { code: 'GATEWAY_SILENT' },
  })
})

test('a job that no living gateway took within the patience fails with the reason', () => {
  const at = limits.queuePatienceMs
  expect(tendJob(jobAt(0), gateway(at - 1), at)).toMatchObject({ state: 'queued' })
  expect(tendJob(jobAt(0), gateway(0), at - 1)).toMatchObject({ state: 'queued' })
  expect(tendJob(jobAt(0), gateway(0), at).outcome).toMatchObject({
    status: 'failed',
    problem: {
      code: 'GATEWAY_SILENT',
      message:
        'Nobody worked on VM "vm0" for too long (waiting: gateway "site A" has been silent for 60 minutes).',
    },
  })
})
