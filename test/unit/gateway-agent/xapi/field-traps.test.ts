import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { readDisk } from '#gateway-agent/sources/read-disk.ts'
import { writeVdi } from '#gateway-agent/targets/new/new-vdi.ts'
import { createVm } from '#gateway-agent/targets/vm.ts'
import type { Xapi } from '#gateway-agent/xapi/api.ts'
import { listOurs } from '#gateway-agent/xapi/leftovers.ts'
import { readVmMetadata } from '#gateway-agent/xapi/metadata.ts'
import { untilDetached } from '#gateway-agent/xapi/release-disk.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { destroySnapshot } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import { clientOnPool } from '#test/support/pool-client.ts'
import { applyExtents } from '#test/support/read-extents.ts'

/*
 * What products for XenServer have stumbled over, where no other test is closer to it; docs/testing.md has the whole list.
 */

const MIB = 1024 * 1024
const maker = { jobId: '01JDA0000000000000000000B1', owner: '0123456789ab' }
const { signal } = new AbortController()

/** The same pool, and the methods called on it in their order. @param instead answers in place of the pool where it returns true */
const watched = (
  xapi: Xapi,
  instead: (method: string, parameters: readonly unknown[]) => boolean = () => false,
): { xapi: Xapi; methods: string[] } => {
  const methods: string[] = []
  const call: Xapi['call'] = async (method, parameters, as, options) => {
    methods.push(method)
    return instead(method, parameters) ? as.parse('') : xapi.call(method, parameters, as, options)
  }
  return { xapi: { ...xapi, call }, methods }
}

test('allowed operations are brought up to date after every change of blocked ones', async () => {
  await using client = await clientOnPool({ web: [Buffer.alloc(MIB)] })
  const { xapi, methods } = watched(client.xapi)
  const vmUuid = client.pool.vms.web as string
  const snapshot = await snapshotVm(xapi, { vmUuid, ...maker, signal })
  const block = methods.lastIndexOf('VM.add_to_blocked_operations')
  expect(methods.indexOf('VM.update_allowed_operations', block)).toBeGreaterThan(block)
  const { database } = client.pool.state
  const allowed = () => database.get('VM', database.byUuid('VM', vmUuid)).allowed_operations
  expect(allowed()).not.toContain('pool_migrate')
  await destroySnapshot(xapi, snapshot)
  const unblock = methods.lastIndexOf('VM.remove_from_blocked_operations')
  expect(methods.indexOf('VM.update_allowed_operations', unblock)).toBeGreaterThan(unblock)
  expect(allowed()).toContain('pool_migrate')
})

test('an object that vanishes between list and read is left out, and does not fail the job', async () => {
  await using client = await clientOnPool({ web: [Buffer.alloc(MIB), Buffer.alloc(MIB)] })
  const vmUuid = client.pool.vms.web as string
  const gone = (className: string) => ['HANDLE_INVALID', className, 'OpaqueRef:gone']
  client.fault({ kind: 'fail-call', method: 'VDI.get_record', error: gone('VDI') })
  client.fault({ kind: 'fail-call', method: 'network.get_record', error: gone('network') })
  const metadata = await readVmMetadata(client.xapi, vmUuid)
  expect(metadata.disks.map(({ userdevice }) => userdevice)).toEqual(['1'])
  expect(metadata.vifs).toMatchObject([{ device: '0', networkName: '' }])
})

test('a disk whose tag was swallowed is noticed by counting, and nothing of the snapshot stays', async () => {
  await using client = await clientOnPool({ web: [Buffer.alloc(MIB), Buffer.alloc(MIB)] })
  let left = 1
  const { xapi } = watched(client.xapi, method => method === 'VDI.set_other_config' && left-- > 0)
  const vmUuid = client.pool.vms.web as string
  await expect(snapshotVm(xapi, { vmUuid, ...maker, signal })).rejects.toMatchObject({
    code: 'SNAPSHOT_INCOMPLETE',
    message: expect.stringContaining('not all of its disks could be tagged'),
  })
  expect(await listOurs(client.xapi, maker.owner)).toEqual([])
})

test('memory limits are given at once, never by setters that would break their order on the way', async () => {
  await using client = await clientOnPool({ web: [randomBytes(MIB)] }, { running: false })
  const vmUuid = client.pool.vms.web as string
  const { database } = client.pool.state
  const memory = {
    memory_static_min: 512 * MIB,
    memory_dynamic_min: 1024 * MIB,
    memory_dynamic_max: 1536 * MIB,
    memory_static_max: 4096 * MIB,
  }
  database.update('VM', database.byUuid('VM', vmUuid), memory)
  const { xapi, methods } = watched(client.xapi)
  const metadata = await readVmMetadata(xapi, vmUuid)
  const vm = await createVm(xapi, { metadata, newName: 'copy', ...maker, signal })
  await vm.finish({ start: false })
  expect(database.get('VM', database.byUuid('VM', vm.uuid))).toMatchObject(memory)
  expect(methods.filter(method => /set_memory_(static|dynamic)/.test(method))).toEqual([])
})

test('a disk that is reset at every boot is left out, with the reason', async () => {
  await using client = await clientOnPool({ web: [Buffer.alloc(MIB), Buffer.alloc(MIB)] })
  const vmUuid = client.pool.vms.web as string
  const { database } = client.pool.state
  const [vdi] =
    [...database.all('VDI')].find(([, { name_label }]) => name_label === 'web disk 1') ?? []
  database.update('VDI', vdi as string, { on_boot: 'reset' })
  const snapshot = await snapshotVm(client.xapi, { vmUuid, ...maker, signal })
  expect(snapshot.disks.map(({ userdevice }) => userdevice)).toEqual(['0'])
  expect(snapshot.skipped).toMatchObject([
    { userdevice: '1', reason: expect.stringContaining('reset at every boot') },
  ])
  await destroySnapshot(client.xapi, snapshot)
})

test('a VM gets one virtual TPM, and what the pool refuses beyond it is told', async () => {
  await using client = await clientOnPool({ web: [randomBytes(MIB)] }, { running: false })
  const { xapi, pool } = client
  const read = await readVmMetadata(xapi, pool.vms.web as string)
  const state = (text: string) => ({
    isUnique: false,
    isProtected: false,
    content: Buffer.from(text).toString('base64'),
  })
  // No pool of today has such a VM; a point may say anything.
  const metadata = { ...read, vtpms: 2, vtpmStates: [state('the first'), state('the second')] }
  const vm = await createVm(xapi, { metadata, newName: 'copy', ...maker, signal })
  await vm.finish({ start: false })
  const { database } = pool.state
  const { VTPMs } = database.get('VM', database.byUuid('VM', vm.uuid))
  expect(VTPMs).toHaveLength(1)
  const held = await xapi.call('VTPM.get_contents', [VTPMs[0] ?? ''], z.string())
  expect(Buffer.from(held, 'base64').toString()).toBe('the first')
  expect(vm.notes).toContain(
    'The virtual TPM was not accepted (VTPM_MAX_AMOUNT_REACHED); what it protects, such as BitLocker keys, needs its recovery key.',
  )
})

test('a disk that was just read is written only when every host has let go of it', async () => {
  const content = randomBytes(2 * MIB)
  const options = { running: false, nbd: 'none', timing: { dom0Linger: 400 } } as const
  await using client = await clientOnPool({ web: [content] }, options)
  const { xapi, pool } = client
  const { database } = pool.state
  const [ref = '', vdi] =
    [...database.all('VDI')].find(([, { name_label }]) => name_label === 'web disk 0') ?? []
  const size = content.length
  const disk = {
    ...{ ref, uuid: vdi?.uuid ?? '', liveUuid: vdi?.uuid ?? '' },
    ...{ userdevice: '0', name: 'web disk 0', size, cbt: false },
  }
  const holders = () =>
    [...database.all('VBD').values()].filter(
      vbd => vbd.VDI === ref && vbd.currently_attached && vbd.device === 'sm/backend',
    )
  // How the disk was attached, and beside what.
  const attached: string[] = []
  const { create } = database
  database.create = (name, record) => {
    const { VDI, mode, device } = record as { VDI?: string; mode?: string; device?: string }
    if (name === 'VBD' && VDI === ref && device === 'sm/backend')
      attached.push(`${mode} beside ${holders().length}`)
    return create(name, record)
  }
  const reading = await readDisk(xapi, { disk, signal })
  expect(await applyExtents(reading.extents(), Buffer.alloc(size))).toEqual(content)
  // The pool would refuse it now.
  expect(holders()).toMatchObject([{ mode: 'RO' }])
  const changed = Buffer.from(content).fill(7, MIB)
  await writeVdi(
    xapi,
    ref,
    {
      size,
      present: () => true,
      read: async function* () {
        yield { offset: 0, bytes: changed }
      },
    },
    { disk, signal, onTop: true },
  )
  expect([...new Set(attached)]).toEqual(['RO beside 0', 'RW beside 0'])
  // And the other way round.
  await untilDetached(xapi, ref)
  const again = await readDisk(xapi, { disk, signal })
  expect(await applyExtents(again.extents(), Buffer.alloc(size))).toEqual(changed)
})
