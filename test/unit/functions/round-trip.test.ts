import { ulid } from 'ulid'
import { afterEach, expect, test } from 'vitest'
import type { InventoryPool, UnreachablePool } from '#core/contracts/gateway-api.ts'
import { JobSpec } from '#core/contracts/jobs.ts'
import { startControlPlane, type TestControlPlane } from '#test/support/control-plane.ts'
import {
  backedUp,
  enrolFakeGateway,
  gatewayClient,
  POOL,
  poolOf,
  progress,
} from '#test/support/fake-gateway.ts'

let control: TestControlPlane | undefined
afterEach(() => control?.close())

test('a gateway enrols, leases, tells progress and a result, and the run succeeds', async () => {
  control = await startControlPlane()
  const identity = await enrolFakeGateway(control.url, await control.enrolmentCode())
  const { gatewayId } = identity
  const gateway = gatewayClient(control.url, identity)
  await gateway.call('putInventory', { params: { gatewayId }, body: { pools: [poolOf('web01')] } })

  const unreachable = [{ address: 'https://10.0.0.9', problem: 'No host answers.' }]
  const gateways = () => control?.person.call('listGateways').then(({ items }) => items)
  const tell = (body: { pools: InventoryPool[]; unreachable?: UnreachablePool[] }) =>
    gateway.call('putInventory', { params: { gatewayId }, body })
  await tell({ pools: [], unreachable })
  expect(await gateways()).toMatchObject([
    {
      ...{ pools: [{ uuid: POOL }], unreachable },
      problems: [
        expect.stringContaining('does not reach the pool at https://10.0.0.9: No host answers.'),
      ],
    },
  ])
  await tell({ pools: [poolOf('web01')], unreachable: [] })
  expect(await gateways()).toMatchObject([
    { pools: [{ uuid: POOL }], unreachable: [], problems: [] },
  ])

  const { runId } = await control.person.call('startRun', {
    body: { kind: 'backup', vms: ['web01'] },
  })
  const instance = ulid()
  const lease = await gateway.call('lease', {
    params: { gatewayId },
    body: { instance, freeSlots: 4, pools: [POOL] },
  })
  const [job] = lease.jobs
  if (job?.spec.kind !== 'backup-vm') throw new Error('expected a backup job')
  expect(job).toMatchObject({ runId, epoch: 1, spec: { vmName: 'web01', method: 'normal' } })

  const grant = await gateway.call('credentials', {
    params: { gatewayId },
    body: { jobId: job.jobId, epoch: 1 },
  })
  expect(grant.address).toBe('file:/nowhere')

  const params = { jobId: job.jobId }
  const beat = await gateway.call('heartbeat', { params, body: { epoch: 1, progress } })
  expect(beat.directive).toBe('continue')
  const during = await control.person.call('getRun', { params: { runId } })
  expect(during.run).toMatchObject({ state: 'running', line: 'reading changed blocks, 40 %' })

  const outcome = backedUp(job.jobId, JobSpec.parse(job.spec))
  await gateway.call('result', { params, body: { epoch: 1, outcome } })
  await gateway.call('result', { params, body: { epoch: 1, outcome } })

  await expect
    .poll(() => control?.person.call('getRun', { params: { runId } }))
    .toMatchObject({ run: { state: 'succeeded' } })
  const points = await control.person.call('listPoints', { query: { vm: 'web01' } })
  expect(points.items.map(point => point.pointId)).toEqual([job.jobId])
})
