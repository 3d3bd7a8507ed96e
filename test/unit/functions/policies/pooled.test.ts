import { expect, test } from 'vitest'
import { testApi } from '#test/support/call-api.ts'
import { POOL, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const MIB = 1024 * 1024
const DISK = { vdiUuid: vmUuid(99), userdevice: '0', name: 'disk', size: 1024 * MIB, cbt: true }
const INSTANCE = '01J0000000000000000000000A'

/** One server, and 23 desktops whose system disk XenServer resets at each boot. */
const site = async (servers: readonly string[] = ['web01']) => {
  const api = await testApi()
  const pool = poolOf(...servers, ...Array.from({ length: 23 }, (_, index) => `VDI-${index}`))
  for (const vm of pool.vms)
    vm.disks = vm.name.startsWith('VDI')
      ? [
          { ...DISK, reset: true },
          { ...DISK, userdevice: '1', name: 'identity', size: 16 * MIB },
        ]
      : [DISK]
  await api.asGateway('PUT', `/v1/gateways/${api.gateway.gatewayId}/inventory`, { pools: [pool] })
  return api
}

const policy = {
  name: 'Nightly',
  selection: { include: [{ all: true }] },
  retention: { daily: 7 },
}
const LINE = '23 pooled desktops not backed up: content is discarded at logoff.'

test('a policy for everything leaves pooled desktops out, and its preview counts them with the reason', async () => {
  const api = await site()
  const { json } = await api.asPerson('POST', '/v1/policies/preview', { policy })
  expect(json).toMatchObject({ chosen: 1, leftOut: 23 })
  expect(json.notes).toContain(LINE)
  const verdict = (json.vms as { vmName: string }[]).find(({ vmName }) => vmName === 'VDI-0')
  expect(verdict).toMatchObject({
    chosen: false,
    why: expect.stringMatching(/^Left out: content is discarded at logoff\. XenServer resets/),
  })
})

test('its run backs up the others, ends well, and says at its end what was left out', async () => {
  const api = await site()
  const policyId = (
    (await api.asPerson('POST', '/v1/policies', policy)).json.policy as { policyId: string }
  ).policyId
  const { runId } = (await api.asPerson('POST', '/v1/runs', { kind: 'policy', policyId })).json
  const { json } = await api.asGateway('POST', `/v1/gateways/${api.gateway.gatewayId}/lease`, {
    ...{ instance: INSTANCE, freeSlots: 10, pools: [POOL], holding: [] },
  })
  const jobs = json.jobs as { jobId: string; epoch: number; spec: { vmName: string } }[]
  expect(jobs.map(({ spec }) => spec.vmName)).toEqual(['web01'])
  await api.asGateway('POST', `/v1/jobs/${jobs[0]?.jobId}/result`, {
    epoch: jobs[0]?.epoch,
    outcome: { status: 'skipped', reason: 'The VM is gone.' },
  })
  await expect
    .poll(async () => (await api.asPerson('GET', `/v1/runs/${runId}`)).json.run)
    .toMatchObject({ line: `skipped: The VM is gone. · ${LINE}` })
})

test('one that takes nothing else fails, and says why', async () => {
  const api = await site([])
  const policyId = (
    (await api.asPerson('POST', '/v1/policies', policy)).json.policy as { policyId: string }
  ).policyId
  const { json } = await api.asPerson('POST', '/v1/runs', { kind: 'policy', policyId })
  expect(JSON.stringify(json)).toContain(LINE)
})

test('they are no unprotected VMs, and a list tells what they are', async () => {
  const api = await site()
  const { json } = await api.asPerson('GET', '/v1/vms', undefined, 'unprotected=true')
  expect((json.items as { name: string }[]).map(({ name }) => name)).toEqual(['web01'])
  const all = (await api.asPerson('GET', '/v1/vms', undefined, 'limit=100')).json.items as {
    name: string
    discarded?: true
  }[]
  expect(all.filter(({ discarded }) => discarded)).toHaveLength(23)
})
