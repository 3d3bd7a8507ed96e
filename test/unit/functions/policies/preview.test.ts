import { expect, test } from 'vitest'
import { poolOf } from '#test/support/fake-gateway.ts'
import { policySite } from '#test/support/policy-site.ts'

test('the preview of a policy tells of the VMs that it has points of and takes no more', async () => {
  const { api, start, lease, finish, ended } = await policySite('web01', 'web02', 'web03')
  const selection = { include: [{ names: ['web*'] }] }
  const runId = await start({ selection })
  await finish(await lease())
  const { policyId } = (await ended(runId)).run
  // The first is renamed, the second as it was, the third gone.
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await api.asGateway('PUT', path, { pools: [poolOf('db01', 'web02')] })
  const policy = { name: 'Nightly', retention: { daily: 7 }, selection }
  const { json } = await api.asPerson('POST', '/v1/policies/preview', { policyId, policy })
  expect(json.notes).toStrictEqual([
    expect.stringContaining('It has no schedule'),
    'It has points of "db01" (which was "web01") and takes it no more; those points go on expiring, and the newest stay.',
    'It has points of "web03", and no pool has that VM any more; those points go on expiring, and the newest stay.',
  ])
})
