import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it, onTestFailed } from 'vitest'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { until } from '#test/support/patience.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'

let machine: Machine
afterEach(() => machine.stop())

/**
 * A gateway whose process is killed again and again while it changes its key: each time it comes back it ends the change by itself, and backs up as ever.
 */
it('the key of a gateway that is killed at any moment of its change', {
  timeout: 300_000,
}, async () => {
  const seed = Number(process.env.XENKEEP_TEST_SEED ?? Date.now() % 100_000)
  onTestFailed(() => console.error(`again with XENKEEP_TEST_SEED=${seed}`))
  const moments = seededRandom(seed).bytes(3)
  machine = await startMachine({ web01: [randomBytes(MiB)] })
  await machine.backup('web01')
  const view = async () => {
    const [gateway] = (await machine.person.call('listGateways')).items
    if (!gateway) throw new Error('no gateway is listed')
    return gateway
  }
  const { gatewayId, keySince: first } = await view()
  let since = first
  for (const moment of moments) {
    await machine.person.call('askNewKey', { params: { gatewayId }, body: {} })
    await sleep(moment * 2)
    await machine.program('agent').kill()
    machine.startAgent()
    const before = since
    // A step that fails on a busy machine is tried again after a minute.
    await until(
      'the key is another one',
      async () => {
        const now = await view()
        since = now.keySince
        return since !== before && now.newKeyAsked === undefined
      },
      { ms: 75_000 },
    )
  }
  await machine.backup('web01')
  const { items } = await machine.person.call('listAudit', { query: { action: 'changeKey' } })
  expect(items.filter(({ outcome }) => outcome === 'done').length).toBeGreaterThanOrEqual(3)
})
