import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

test('a restore of a VM that a site calls a domain controller is told so, however it is asked for', async () => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, {
    pools: [poolOf('DC01', 'web01')],
  })
  const site = {
    name: 'Vienna',
    components: [{ role: 'dc', target: { vm: 'DC01' } }],
    domainControllers: { tombstoneDays: 60 },
  }
  expect((await api.asPerson('POST', '/v1/sites', site)).status).toBe(200)
  const controllerOf = async (vmName: string, number: number) => {
    const pointId = ulid()
    const point = pointOf(pointId, { vmUuid: vmUuid(number), vmName, poolUuid: POOL })
    const { repositoryId } = point
    await api.asGateway('PUT', `/v1/repositories/${repositoryId}/points`, { points: [point] })
    const { json } = await api.asPerson('POST', '/v1/runs', { kind: 'restore', pointId })
    const run = await api.asPerson('GET', `/v1/runs/${json.runId}`)
    return (run.json.jobs as { spec: { domainController?: object } }[])[0]?.spec.domainController
  }
  expect(await controllerOf('DC01', 1)).toEqual({
    toldBy: 'the site "Vienna"',
    tombstoneDays: 60,
  })
  expect(await controllerOf('web01', 2)).toBeUndefined()
})
