import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { agentOnPool } from '#test/support/agent-on-pool.ts'

const MIB = 1024 * 1024

/** Each costs the coordinator work and the backup a round trip: 50 ms on a long line. */
test('the backup of a VM that did not change takes less than 40 calls', async () => {
  await using agent = await agentOnPool({ web: [randomBytes(MIB)], other: [Buffer.alloc(MIB)] })
  const { calls } = agent.client.pool.state.runtime
  await agent.run(agent.backupSpec('web'))
  calls.clear()
  const { outcome } = await agent.run(agent.backupSpec('web'))
  expect(outcome).toMatchObject({ status: 'backed-up', point: { bytesRead: 0 } })
  const counted = Object.fromEntries([...calls].sort(([, a], [, b]) => b - a))
  const sum = [...calls.values()].reduce((total, count) => total + count, 0)
  // One less: a snapshot that takes its time is waited for by one more event.from.
  expect({ sum, counted }).toMatchObject({ sum: expect.toSatisfy((count: number) => count < 39) })
  // What grows with the pool is not asked for at all.
  expect(counted).not.toHaveProperty('VM.get_all_records')
  expect(counted).not.toHaveProperty('VDI.get_all_records')
})
