import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { DiskMetadata } from '#core/points/vm-metadata.ts'
import type { DiskContent } from '#disk-formats/disk-content.ts'
import type { CreateVmOptions, WriteDiskOptions } from '#gateway-agent/targets/api.ts'
import { createVm } from '#gateway-agent/targets/vm.ts'
import type { Xapi } from '#gateway-agent/xapi/api.ts'
import { listOurs, removeOurs } from '#gateway-agent/xapi/leftovers.ts'
import { readVmMetadata } from '#gateway-agent/xapi/metadata.ts'
import { setMapKeys } from '#gateway-agent/xapi/other-config.ts'
import { RefText, VifRecord, VmRecord } from '#gateway-agent/xapi/records.ts'
import { disksOf, findVm } from '#gateway-agent/xapi/vms.ts'
import { clientOnPool } from '#test/support/pool-client.ts'

const MIB = 1024 * 1024
const OWNER = '0123456789ab'
const JOB = '01JDA0000000000000000000A1'
const signal = new AbortController().signal

const census = async ({ call }: Xapi): Promise<string[]> => [
  ...(await call('VM.get_all', [], z.array(RefText))),
  ...(await call('VDI.get_all', [], z.array(RefText))),
]

const marked = Buffer.alloc(5 * MIB, 0x5a)
const contentOf = (bytes: Buffer): DiskContent => ({
  size: bytes.length,
  present: () => true,
  async *read() {
    yield { offset: 0, bytes }
  },
})

const pointOfWeb = async () => {
  const client = await clientOnPool({ web: [marked] })
  const { ref } = await findVm(client.xapi, client.pool.vms.web as string)
  await setMapKeys(client.xapi, 'VM.other_config', ref, { owner: 'finance', auto_poweron: 'true' })
  await setMapKeys(client.xapi, 'VM.blocked_operations', ref, { destroy: 'ask finance first' })
  const metadata = await readVmMetadata(client.xapi, client.pool.vms.web as string)
  const disk = metadata.disks[0] as DiskMetadata
  return { client, metadata, disk, live: ref }
}

/** A restore of that point under way: a VM, to which the disk can be added. */
const restoring = async (change: Partial<CreateVmOptions> = {}, point = pointOfWeb()) => {
  const web = await point
  const { client, metadata, disk } = web
  const before = await census(client.xapi)
  const options = { metadata, newName: 'x', jobId: JOB, owner: OWNER, signal, ...change }
  const vm = await createVm(client.xapi, options)
  const addDisk = (more: Partial<WriteDiskOptions> = {}) =>
    vm.addDisk({ disk, content: contentOf(marked), signal, ...more })
  return { ...web, before, vm, addDisk }
}

describe('a restored VM', () => {
  test('is hidden and cannot start until it is complete, then is like the old one but for its identity', async () => {
    const web = pointOfWeb()
    const { client, metadata: told, disk, live } = await web
    await using _ = client
    const { xapi } = client
    // Even where a point kept the generation: VM.create would take it.
    const { generation_id: generation } = await xapi.call('VM.get_record', [live], VmRecord)
    expect(generation).toMatch(/^-?\d{5,}:-?\d{5,}$/)
    const record = { ...told.record, generation_id: z.string().parse(generation) }
    const metadata = { ...told, record }
    const { vm, addDisk } = await restoring({ metadata, newName: 'web again' }, web)
    const early = await xapi.call('VM.get_record', [vm.ref], VmRecord)
    expect(early.name_label).toBe(`[XenKeep unfinished] ${JOB}@${OWNER}`)
    expect(Object.keys(early.blocked_operations).sort()).toEqual(['start', 'start_on'])
    await addDisk()
    expect((await listOurs(xapi, OWNER)).map(({ kind }) => kind).sort()).toEqual([
      'disk',
      'unfinished-vm',
    ])
    expect(await vm.finish({ start: false })).toEqual({ started: false })

    const [old, restored] = [
      await xapi.call('VM.get_record', [live], VmRecord),
      await xapi.call('VM.get_record', [vm.ref], VmRecord),
    ]
    expect(restored).toMatchObject({
      name_label: 'web again',
      power_state: 'Halted',
      is_a_template: false,
      generation_id: '0:0',
      blocked_operations: { destroy: 'ask finance first' },
      memory_static_max: old.memory_static_max,
      VCPUs_max: old.VCPUs_max,
      HVM_boot_params: old.HVM_boot_params,
      platform: old.platform,
    })
    expect(restored.uuid).not.toBe(old.uuid)
    expect(Object.keys(restored.other_config).sort()).toEqual(
      Object.keys(old.other_config)
        .filter(key => key !== 'auto_poweron')
        .sort(),
    )
    expect(restored.other_config.mac_seed).not.toBe(old.other_config.mac_seed)
    const macs = async (refs: string[]) =>
      Promise.all(refs.map(async ref => (await xapi.call('VIF.get_record', [ref], VifRecord)).MAC))
    expect(restored.VIFs).toHaveLength(old.VIFs.length)
    for (const mac of await macs(restored.VIFs)) expect(await macs(old.VIFs)).not.toContain(mac)
    const [newDisk] = await disksOf(xapi, restored)
    expect(newDisk?.vdi).toMatchObject({ name_label: 'web disk 0', sm_config: {} })
    expect(Object.keys(newDisk?.vdi.other_config ?? {}).join()).not.toContain('xenkeep')
    expect(newDisk?.vbd).toMatchObject({ userdevice: disk.userdevice, bootable: disk.bootable })
    expect(await listOurs(xapi, OWNER)).toEqual([])
  })

  test('goes without an interface whose network is missing, and says so', async () => {
    const web = pointOfWeb()
    const { client, metadata } = await web
    await using _ = client
    const vifs = [{ ...metadata.vifs[0], networkUuid: undefined, networkName: 'DMZ' }]
    const elsewhere = { ...metadata, vifs: vifs as typeof metadata.vifs, vtpms: 1 }
    const { vm } = await restoring({ metadata: elsewhere }, web)
    expect(vm.notes).toEqual([
      'Network interface 0 is left out: the pool has no network "DMZ".',
      'The virtual TPM of the VM is not in the recovery point; the new VM has none.',
      'The new VM does not start with its host; switch that on when wanted.',
    ])
    await vm.discard()
  })

  test('that cannot start is complete all the same', async () => {
    const { client, vm, addDisk } = await restoring()
    await using _ = client
    await addDisk()
    client.fault({ kind: 'fail-call', method: 'VM.start', error: ['NO_HOSTS_AVAILABLE'] })
    expect(await vm.finish({ start: true })).toEqual({ started: false })
    expect(vm.notes.at(-1)).toBe(
      'The VM is complete but did not start: No host can start the VM (VM.start: NO_HOSTS_AVAILABLE).',
    )
  })
})

describe('a failed restore leaves nothing', () => {
  test.each<[string, string, string[], string]>([
    ['no room', 'VDI.create', ['SR_FULL', '1', '2'], 'SR_FULL'],
    [
      'no right to attach',
      'VBD.create',
      ['RBAC_PERMISSION_DENIED', 'vbd.create', 'no'],
      'XAPI_PERMISSION_DENIED',
    ],
  ])('%s', async (_, method, error, code) => {
    const { client, before, vm, addDisk } = await restoring()
    await using __ = client
    client.fault({ kind: 'fail-call', method, error })
    const write = addDisk()
    await expect(write).rejects.toMatchObject({ code })
    await vm.discard()
    expect(await census(client.xapi)).toEqual(before)
  })

  test('content that breaks off', async () => {
    const { client, before, vm, addDisk } = await restoring()
    await using _ = client
    const content: DiskContent = {
      ...contentOf(marked),
      async *read() {
        yield { offset: 0, bytes: marked.subarray(0, MIB) }
        throw new Error('the pack is damaged')
      },
    }
    await expect(addDisk({ content })).rejects.toThrow('the pack is damaged')
    await vm.discard()
    expect(await census(client.xapi)).toEqual(before)
  })

  test('cancelled in mid-write', async () => {
    const { client, before, vm, addDisk } = await restoring()
    await using _ = client
    const stop = new AbortController()
    const reason = new Error('cancelled')
    const write = addDisk({ signal: stop.signal, onProgress: () => stop.abort(reason) })
    await expect(write).rejects.toBe(reason)
    await vm.discard()
    await vm.discard()
    expect(await census(client.xapi)).toEqual(before)
  })

  test('killed: the next start of the agent finds VM and disks', async () => {
    const { client, before, addDisk } = await restoring()
    await using _ = client
    await addDisk()
    expect(await removeOurs(client.xapi, await listOurs(client.xapi, OWNER))).toEqual([])
    expect(await census(client.xapi)).toEqual(before)
  })
})

test('a storage repository that is not there', async () => {
  const { client, metadata } = await pointOfWeb()
  await using _ = client
  const srUuid = '00000000-0000-4000-8000-000000000000'
  const options = { metadata, newName: 'x', jobId: JOB, owner: OWNER, srUuid, signal }
  await expect(createVm(client.xapi, options)).rejects.toMatchObject({
    code: 'RESTORE_TARGET',
    message: `The VM cannot be restored there: the pool has no storage repository with the UUID ${srUuid}.`,
  })
})
