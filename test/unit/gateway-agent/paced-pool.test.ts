import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { pacedPool } from '#gateway-agent/jobs/paced-pool.ts'
import { agentOnPool } from '#test/support/agent-on-pool.ts'
import { applyExtents } from '#test/support/read-extents.ts'

const MIB = 1024 * 1024

test('every byte that is read of a disk is paid for, and the disk is the same', async () => {
  const content = randomBytes(4 * MIB)
  await using agent = await agentOnPool({ web: [content] })
  let taken = 0
  const pool = pacedPool(agent.pool, {
    take: async bytes => {
      taken += bytes
    },
  })
  const { signal } = new AbortController()
  const vmUuid = agent.client.pool.vms.web ?? ''
  const maker = { jobId: '01JDA0000000000000000000A1', owner: '0123456789ab' }
  const snapshot = await pool.snapshotVm({ vmUuid, ...maker, signal })
  const [disk] = snapshot.disks
  if (!disk) throw new Error('no disk')
  const reading = await pool.readDisk({ disk, signal })
  const bytes = await applyExtents(reading.extents(), Buffer.alloc(content.length))
  expect(bytes.equals(content)).toBe(true)
  expect(taken).toBe(content.length)
  expect(reading.bytesTotal).toBe(content.length)
  expect(reading.bytesRead).toBe(content.length)
  expect(reading.rung).toMatch(/nbd$/)
  await pool.destroySnapshot(snapshot)
})
