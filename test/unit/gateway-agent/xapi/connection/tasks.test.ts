import { expect, test } from 'vitest'
import type { Xapi } from '#gateway-agent/xapi/api.ts'
import { waitForTask } from '#gateway-agent/xapi/connection/tasks.ts'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { clientOnPool, impatient } from '#test/support/pool-client.ts'

/** Hands whose event.from comes back after a moment, not after 25 s. */
const quickEvents = (xapi: Xapi): Xapi['call'] => {
  return (method, parameters, as, options) => {
    const [classes, token] = parameters
    const asked = method === 'event.from' ? [classes ?? [], token ?? '', 0.05] : parameters
    return xapi.call(method, asked, as, options)
  }
}

test('events that XAPI has lost are asked for anew, after pauses that grow', async () => {
  await using client = await clientOnPool({})
  const waiting = impatient()
  const xapi = await openPool(client.options, waiting)
  client.fault({ kind: 'fail-call', method: 'event.from', error: ['EVENTS_LOST'], times: 4 })
  const host = client.pool.state.hosts[0]?.ref ?? ''
  await xapi.run('host.set_name_label', [host, 'renamed'], VoidAnswer)
  expect(waiting.waited).toEqual([750, 1_500, 3_000, 6_000])
  await xapi.close()
})

test('a task whose host has died is not waited for: its outcome is unknown', async () => {
  await using client = await clientOnPool({}, { hosts: 2 })
  const { xapi, pool } = client
  const supporter = pool.state.hosts[1]
  const task = pool.state.tasks.begin('Async.VM.snapshot', { host: supporter?.ref ?? '' })
  const call = quickEvents(xapi)
  const waited = waitForTask({ call, waiting: xapi.waiting }, task, 'VM.snapshot')
  // While the host lives, no silence is too long.
  const early = await Promise.race([
    waited,
    new Promise(resolve => setTimeout(resolve, 200, 'waits')),
  ])
  expect(early).toBe('waits')
  await client.simulator(`/sim/host-death?host=${pool.hosts[1]?.uuid}`)
  await expect(waited).rejects.toMatchObject({
    code: 'XAPI_TASK_LOST',
    message:
      'The host that worked on VM.snapshot has died and never ended its task, so the outcome is unknown.',
    retryable: true,
  })
})

test('a task that a restarted toolstack forgot is known to be lost after moments, not when the events have nothing to tell', async () => {
  await using client = await clientOnPool({})
  const { xapi, pool } = client
  const task = pool.state.tasks.begin('Async.VM.snapshot', { host: pool.state.hosts[0]?.ref ?? '' })
  pool.state.tasks.forgetAll()
  const asked: unknown[] = []
  const call: Xapi['call'] = (method, parameters, as, options) => {
    if (method === 'event.from') asked.push(parameters[2])
    return xapi.call(method, parameters, as, options)
  }
  await expect(
    waitForTask({ call, waiting: xapi.waiting }, task, 'VM.snapshot'),
  ).rejects.toMatchObject({ code: 'XAPI_TASK_LOST' })
  expect(asked).toEqual([1.5])
})
