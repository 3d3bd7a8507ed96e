import { expect, test } from 'vitest'
import type { Workflow } from '#core/ports.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import { changeRun } from '#core/runs/runs-catalog.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { testApi } from '#test/support/call-api.ts'
import { poolOf } from '#test/support/fake-gateway.ts'

/** A service that only writes down what it is told. */
const site = async () => {
  const told: string[] = []
  const workflow = {
    start: async (machine: string, name: string) => {
      told.push(`start ${machine} ${name}`)
      return 'running'
    },
    stop: async (machine: string, name: string) => void told.push(`stop ${machine} ${name}`),
  } as unknown as Workflow
  const api = await testApi({ workflow })
  await api.asGateway('PUT', `/v1/gateways/${api.gateway.gatewayId}/inventory`, {
    pools: [poolOf('web01', 'db01')],
  })
  const backup = async (vm: string) =>
    String((await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: [vm] })).json.runId)
  return { api, told, backup, workflow }
}

test('a run is redriven by its id: the former execution is stopped, the next one goes on, the jobs stay', async () => {
  const { api, told, backup } = await site()
  const runId = await backup('web01')
  const before = await readJobs(api.ports.catalog, runId)
  const { status, json } = await api.asPerson('POST', `/v1/runs/${runId}/redrive`, {})
  expect({ status, json }).toEqual({ status: 200, json: { runId, attempt: 2 } })
  expect(told).toEqual([
    `start PolicyRun ${runId}-1`,
    `stop PolicyRun ${runId}-1`,
    `start PolicyRun ${runId}-2`,
  ])
  expect(await readJobs(api.ports.catalog, runId)).toEqual(before)
})

test('that the former execution cannot be stopped keeps nobody from going on', async () => {
  const { api, told, backup, workflow } = await site()
  const runId = await backup('web01')
  workflow.stop = async () => {
    throw new Error('no such execution')
  }
  expect((await api.asPerson('POST', `/v1/runs/${runId}/redrive`, {})).status).toBe(200)
  expect(told.at(-1)).toBe(`start PolicyRun ${runId}-2`)
})

test('a run that has ended is not redriven, nor one that is not there, nor by a viewer', async () => {
  const { api, backup } = await site()
  const runId = await backup('web01')
  const viewer = { authorization: 'Bearer viewer', body: {} }
  expect((await api.call('POST', `/v1/runs/${runId}/redrive`, viewer)).json.code).toBe(
    'ROLE_INSUFFICIENT',
  )
  await changeRun(api.ports.catalog, runId, run => ({ ...run, state: 'failed', ended: 1 }))
  expect(await api.asPerson('POST', `/v1/runs/${runId}/redrive`, {})).toMatchObject({
    status: 409,
    json: {
      code: 'RUN_ENDED',
      message: `The run ${runId} has ended (failed); there is nothing left to go on with.`,
    },
  })
  const unknown = await api.asPerson('POST', '/v1/runs/01J00000000000000000000009/redrive', {})
  expect(unknown).toMatchObject({ status: 404, json: { code: 'RUN_NOT_FOUND' } })
})

test('a run that is in trouble keeps no other from being looked after', async () => {
  const { api, told, backup, workflow } = await site()
  const first = await backup('web01')
  const second = await backup('db01')
  told.length = 0
  const { start } = workflow
  workflow.start = async (machine, name, input) => {
    if (name.startsWith(first)) throw new Error('this one')
    return start(machine, name, input)
  }
  await expect(tendRuns(api.ports)()).rejects.toThrow('this one')
  expect(told).toEqual([`start PolicyRun ${second}-1`])
})
