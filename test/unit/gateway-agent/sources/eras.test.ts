import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { RefText } from '#gateway-agent/xapi/records.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { addRepository } from '#sim/inventory/storage.ts'
import { agentOnPool } from '#test/support/repository/agent-on-pool.ts'
import { emptyStore, newRepository } from '#test/support/repository/open.ts'

const MIB = 1024 * 1024

const protectedVm = async () => {
  const agent = await agentOnPool({ web: [randomBytes(4 * MIB)] })
  const { repository, jobId } = await newRepository(emptyStore(), { seed: 11 })
  const { call } = agent.client.xapi
  const back = async () => {
    const point = await agent.backUp('web', { jobId: jobId(), repository })
    const [disk] = point.disks
    if (!disk) throw new Error('the point has no disk')
    return { ...disk, pointId: point.pointId }
  }
  expect(await back()).toMatchObject({ incremental: false })
  expect(await back()).toMatchObject({ incremental: true, reasons: [] })
  return {
    agent,
    call,
    back,
    /** The live disk of now. */
    live: async () => {
      const refs = await call('VDI.get_by_name_label', ['web disk 0'], z.array(RefText))
      for (const ref of refs)
        if (!(await call('VDI.get_is_a_snapshot', [ref], z.boolean()))) return ref
      throw new Error('the disk is gone')
    },
    prove: async (pointId: string) => {
      const [disk] = await agent.restore('web', { jobId: jobId(), pointId, repository })
      expect(disk?.equals(agent.imagesOf('web')[0] as Buffer)).toBe(true)
    },
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  }
}

describe('a new era of changed-block tracking begins with a full read that says why, and the next one is incremental again', () => {
  test('after the host has switched it off', async () => {
    await using vm = await protectedVm()
    await vm.call('VDI.disable_cbt', [await vm.live()], VoidAnswer)
    await vm.agent.guestWrite('web', 0, MIB + 4096, randomBytes(4096))
    const full = await vm.back()
    expect(full).toMatchObject({ rung: 'map-nbd', incremental: false })
    expect(full.reasons.join()).toMatch(
      /changed-block tracking was interrupted since the last backup/,
    )
    await vm.agent.guestWrite('web', 0, 3 * MIB, randomBytes(4096))
    const next = await vm.back()
    expect(next).toMatchObject({ rung: 'cbt-nbd', incremental: true, bytesRead: MIB, reasons: [] })
    await vm.prove(next.pointId)
  })

  test('after a storage migration, which makes the disk another one', async () => {
    await using vm = await protectedVm()
    const { state } = vm.agent.client.pool
    const other = addRepository(state, state.hosts, 'lvmoiscsi', 'Other storage')
    const live = await vm.live()
    await vm.call('VDI.disable_cbt', [live], VoidAnswer)
    const { xapi } = vm.agent.client
    await xapi.run('VDI.pool_migrate', [live, other, {}], RefText)
    await vm.agent.guestWrite('web', 0, MIB + 4096, randomBytes(4096))
    const full = await vm.back()
    expect(full).toMatchObject({ rung: 'map-nbd', incremental: false })
    expect(full.reasons).toEqual([
      'Read in full, because the last recovery point does not have this disk.',
    ])
    const next = await vm.back()
    expect(next).toMatchObject({ incremental: true, bytesRead: 0 })
    await vm.prove(next.pointId)
  })

  test('after a crash of the host has left the log marked as inconsistent', async () => {
    await using vm = await protectedVm()
    await vm.agent.client.simulator(`/sim/lose-cbt?vm=${vm.agent.uuidOf('web')}&device=0`)
    const full = await vm.back()
    expect(full).toMatchObject({ rung: 'map-nbd', incremental: false })
    expect(full.reasons.join()).toMatch(/log of changed blocks is damaged/)
    // As long as the VM goes on with that log, every backup reads all of it.
    const again = await vm.back()
    expect(again.reasons.join()).toMatch(/log of changed blocks is damaged/)
    const { xapi } = vm.agent.client
    const web = await vm.call('VM.get_by_uuid', [vm.agent.uuidOf('web')], RefText)
    await xapi.run('VM.hard_shutdown', [web], VoidAnswer)
    await xapi.run('VM.start', [web, false, false], VoidAnswer)
    const anew = await vm.back()
    expect(anew.reasons.join()).toMatch(/changed-block tracking was interrupted/)
    await vm.agent.guestWrite('web', 0, 3 * MIB, randomBytes(4096))
    const next = await vm.back()
    expect(next).toMatchObject({ incremental: true, bytesRead: MIB, reasons: [] })
    await vm.prove(next.pointId)
  })
})
