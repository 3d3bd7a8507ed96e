import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import type { BackupVmSpec } from '#core/contracts/jobs.ts'
import { agentOnPool } from '#test/support/agent-on-pool.ts'
import { backedUp } from '#test/support/backup-job.ts'

const MIB = 1024 * 1024

type Agent = Awaited<ReturnType<typeof agentOnPool>>
let agent: Agent
afterEach(() => agent.client[Symbol.asyncDispose]())

const open = async () => {
  agent = await agentOnPool(
    { master: [randomBytes(MIB)], small: [randomBytes(MIB), randomBytes(MIB)] },
    {
      desktops: [
        { name: 'P1', of: 'master', kind: 'pooled' },
        { name: 'D1', of: 'master', kind: 'dedicated' },
      ],
    },
  )
  const { pool } = agent.client
  const { database } = pool.state
  const spec = (name: string, more: Partial<BackupVmSpec> = {}): BackupVmSpec => ({
    ...{ kind: 'backup-vm', poolUuid: pool.poolUuid, vmName: name, method: 'normal' },
    vmUuid: pool.vms[name] ?? '',
    ...more,
  })
  const vm = (name: string) => {
    const ref = database.byUuid('VM', pool.vms[name] ?? '')
    return { ref, record: database.get('VM', ref) }
  }
  return { database, spec, vm }
}

test.each(['normal', 'offline', 'memory'] as const)(
  'a pooled desktop is skipped with the reason, %s or not: it is never shut down or stopped for it',
  async method => {
    const { database, spec, vm } = await open()
    const { outcome } = await agent.run(spec('P1', { method }))
    expect(outcome).toMatchObject({
      status: 'skipped',
      reason: expect.stringMatching(
        /^The VM "P1" is not backed up: content is discarded at logoff\. XenServer resets its disks/,
      ),
    })
    expect(vm('P1').record).toMatchObject({ power_state: 'Running', blocked_operations: {} })
    expect([...database.all('VM').values()].filter(({ is_a_snapshot }) => is_a_snapshot)).toEqual(
      [],
    )
  },
)

test('of a desktop that keeps its content the identity disk is left out of the snapshot, with the reason', async () => {
  const { spec } = await open()
  const { point } = backedUp((await agent.run(spec('D1'))).outcome)
  expect(point.disks.map(({ userdevice }) => userdevice)).toEqual(['0'])
  expect(point.skipped).toMatchObject([
    {
      userdevice: '1',
      reason: expect.stringMatching(/^it is the identity disk that Citrix Machine/),
    },
  ])
  // One snapshot of the VM, not snapshots of single disks: XenServer takes the list of disks to leave out.
  const again = backedUp((await agent.run(spec('D1'))).outcome)
  expect(again.point.disks).toMatchObject([{ incremental: true, bytesRead: 0 }])
})

test('a write-back cache is left out; the same disk of an ordinary VM is not', async () => {
  const { database, spec, vm } = await open()
  const disk = (name: string, device: string) =>
    vm(name)
      .record.VBDs.map(ref => database.get('VBD', ref))
      .find(({ userdevice }) => userdevice === device)?.VDI ?? ''
  database.update('VDI', disk('small', '1'), { name_label: 'small WriteBackCache' })
  const ordinary = backedUp((await agent.run(spec('small'))).outcome).point
  expect(ordinary.disks.map(({ userdevice }) => userdevice)).toEqual(['0', '1'])
  expect(ordinary.skipped).toEqual([])

  database.update('VM', vm('small').ref, { other_config: { CitrixProvisioningSchemeId: 'abc' } })
  database.update('VDI', disk('small', '1'), { virtual_size: 32 * MIB })
  const marked = backedUp((await agent.run(spec('small'))).outcome).point
  expect(marked.skipped).toMatchObject([
    { userdevice: '1', reason: expect.stringMatching(/^it is the write-back cache/) },
  ])
})
