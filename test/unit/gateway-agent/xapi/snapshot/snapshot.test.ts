import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { unfinishedName } from '#core/points/marks.ts'
import type { Xapi } from '#gateway-agent/xapi/api.ts'
import { listOurs, removeOurs } from '#gateway-agent/xapi/leftovers.ts'
import { setMapKeys } from '#gateway-agent/xapi/other-config.ts'
import { JOB_TAG } from '#gateway-agent/xapi/ours.ts'
import { RefText, Strings, VmRecord } from '#gateway-agent/xapi/records.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { destroySnapshot, keepCbtBases } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import type { VmSnapshot } from '#gateway-agent/xapi/snapshot/vm-snapshot.ts'
import { disksOf, findVm } from '#gateway-agent/xapi/vms.ts'
import { clientOnPool } from '#test/support/pool-client.ts'

const MIB = 1024 * 1024
const OWNER = '0123456789ab'
const JOB = '01JDA0000000000000000000A1'
const signal = new AbortController().signal
const disk = () => Buffer.alloc(2 * MIB, 1)
const anything = z.unknown()

const blocked = async (xapi: Xapi, vmUuid: string): Promise<Record<string, string>> =>
  (await findVm(xapi, vmUuid)).record.blocked_operations

/** References of all VMs and VDIs, to compare before and after. */
const census = async ({ call }: Xapi): Promise<string[]> => [
  ...(await call('VM.get_all', [], z.array(RefText))),
  ...(await call('VDI.get_all', [], z.array(RefText))),
]

describe('a snapshot', () => {
  test('is tagged, named, no template, and keeps the VM from migrating until it is gone', async () => {
    await using client = await clientOnPool({ web: [disk(), disk()] })
    const { xapi, pool } = client
    const vmUuid = pool.vms.web as string
    const before = await census(xapi)
    const snapshot = await snapshotVm(xapi, { vmUuid, jobId: JOB, owner: OWNER, signal })
    const { record } = await findVm(xapi, snapshot.uuid)
    expect(record).toMatchObject({
      name_label: `XenKeep ${JOB}`,
      is_a_snapshot: true,
      is_a_template: false,
      other_config: { [JOB_TAG]: `${JOB}@${OWNER}` },
    })
    expect(snapshot.disks.map(({ userdevice, cbt, size }) => [userdevice, cbt, size])).toEqual([
      ['0', true, 2 * MIB],
      ['1', true, 2 * MIB],
    ])
    expect(snapshot.powerState).toBe('Running')
    expect(Math.abs(snapshot.taken - Date.now())).toBeLessThan(60_000)
    expect(Object.keys(await blocked(xapi, vmUuid)).sort()).toEqual([
      'migrate_send',
      'pool_migrate',
    ])
    expect((await listOurs(xapi, OWNER)).map(({ kind }) => kind).sort()).toEqual([
      'block',
      'disk',
      'disk',
      'snapshot',
    ])
    expect(await destroySnapshot(xapi, snapshot)).toEqual([])
    expect(await blocked(xapi, vmUuid)).toEqual({})
    expect(await census(xapi)).toEqual(before)
  })

  test('leaves a block alone that a person has set', async () => {
    await using client = await clientOnPool({ web: [disk()] })
    const { xapi, pool } = client
    const vmUuid = pool.vms.web as string
    const { ref } = await findVm(xapi, vmUuid)
    await setMapKeys(xapi, 'VM.blocked_operations', ref, { pool_migrate: 'licence server' })
    const snapshot = await snapshotVm(xapi, { vmUuid, jobId: JOB, owner: OWNER, signal })
    await destroySnapshot(xapi, snapshot)
    expect(await blocked(xapi, vmUuid)).toEqual({ pool_migrate: 'licence server' })
  })

  test('leaves out disks that say so', async () => {
    await using client = await clientOnPool({ web: [disk(), disk()] })
    const { xapi, pool } = client
    const vdi = (await xapi.call('VDI.get_by_name_label', ['web disk 1'], z.array(RefText)))[0]
    await xapi.call('VDI.set_name_label', [vdi as string, 'swap [NOBAK]'], anything)
    const snapshot = await snapshotVm(xapi, {
      vmUuid: pool.vms.web as string,
      jobId: JOB,
      owner: OWNER,
      signal,
    })
    expect(snapshot.disks.map(({ userdevice }) => userdevice)).toEqual(['0'])
    expect(snapshot.skipped).toMatchObject([{ userdevice: '1', reason: 'its name says [NOBAK]' }])
    await destroySnapshot(xapi, snapshot)
  })

  test('is taken on hosts that know no list of disks to leave out', async () => {
    await using client = await clientOnPool({ web: [disk()] })
    const error = ['MESSAGE_PARAMETER_COUNT_MISMATCH', 'VM.snapshot', '2', '3']
    client.fault({ kind: 'fail-call', method: 'VM.snapshot', error })
    const vmUuid = client.pool.vms.web as string
    const snapshot = await snapshotVm(client.xapi, { vmUuid, jobId: JOB, owner: OWNER, signal })
    expect(snapshot.disks).toHaveLength(1)
    await destroySnapshot(client.xapi, snapshot)
  })
})

describe('no snapshot', () => {
  test.each([
    [
      'of a VM that is not there',
      '00000000-0000-4000-8000-000000000000',
      'VM_NOT_FOUND',
      /no VM with the UUID 00000000/,
    ],
    ['of the control domain', 'dom0', 'VM_NOT_PROTECTABLE', /control domain of a host/],
    ['of a template', 'template', 'VM_NOT_PROTECTABLE', /it is a template/],
  ])('%s', async (_, which, code, message) => {
    await using client = await clientOnPool({ web: [disk()] })
    const { xapi } = client
    const vms = await xapi.call('VM.get_all_records', [], z.record(RefText, VmRecord))
    const vmUuid =
      Object.values(vms).find(vm =>
        which === 'dom0' ? vm.is_control_domain : which === 'template' && vm.is_a_template,
      )?.uuid ?? which
    await expect(
      snapshotVm(xapi, { vmUuid, jobId: JOB, owner: OWNER, signal }),
    ).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })

  test.each<[string, string, string[], string]>([
    [
      'storage is full',
      'VDI.snapshot',
      ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', ''],
      'SR_FULL',
    ],
    [
      'the chain is too long',
      'VM.snapshot',
      ['SR_BACKEND_FAILURE_109', '', 'too long', ''],
      'SR_CHAIN_TOO_LONG',
    ],
    [
      'tagging fails',
      'VDI.set_other_config',
      ['RBAC_PERMISSION_DENIED', 'vdi.set_other_config', 'no'],
      'XAPI_PERMISSION_DENIED',
    ],
  ])('when %s: nothing is left and the VM may migrate', async (_, method, error, code) => {
    await using client = await clientOnPool({ web: [disk(), disk()] })
    const { xapi, pool } = client
    const vmUuid = pool.vms.web as string
    const before = await census(xapi)
    client.fault({ kind: 'fail-call', method, error })
    await expect(
      snapshotVm(xapi, { vmUuid, jobId: JOB, owner: OWNER, signal }),
    ).rejects.toMatchObject({ code })
    expect(pool.state.faults.waiting()).toEqual([])
    expect(await census(xapi)).toEqual(before)
    expect(await blocked(xapi, vmUuid)).toEqual({})
    expect(await listOurs(xapi, OWNER)).toEqual([])
  })

  test('when the job is cancelled in the middle', async () => {
    await using client = await clientOnPool({ web: [disk()] }, { timing: { snapshot: 300 } })
    const { xapi, pool } = client
    const before = await census(xapi)
    const stop = new AbortController()
    const reason = new Error('cancelled')
    const options = {
      vmUuid: pool.vms.web as string,
      jobId: JOB,
      owner: OWNER,
      signal: stop.signal,
    }
    const attempt = snapshotVm(xapi, options)
    setTimeout(() => stop.abort(reason), 150)
    await expect(attempt).rejects.toBe(reason)
    expect(await census(xapi)).toEqual(before)
    expect(await listOurs(xapi, OWNER)).toEqual([])
  })
})

describe('leftovers', () => {
  const withSnapshot = async () => {
    const client = await clientOnPool({ web: [disk()] }, { running: false })
    const vmUuid = client.pool.vms.web as string
    return {
      client,
      snapshot: await snapshotVm(client.xapi, { vmUuid, jobId: JOB, owner: OWNER, signal }),
    }
  }
  const cloneOf = ({ run }: Xapi, { ref }: VmSnapshot): Promise<string> =>
    run('VM.clone', [ref, 'made by a person'], RefText)

  test('a VM that a person made from our snapshot is not ours, though it bears our tags', async () => {
    const { client, snapshot } = await withSnapshot()
    await using _ = client
    const { xapi } = client
    const clone = await cloneOf(xapi, snapshot)
    const theirs = await xapi.call('VM.get_record', [clone], VmRecord)
    expect(theirs.other_config).toMatchObject({ [JOB_TAG]: `${JOB}@${OWNER}` })
    expect(await removeOurs(xapi, await listOurs(xapi, OWNER))).toEqual([])
    expect(await listOurs(xapi, OWNER)).toEqual([])
    expect(await disksOf(xapi, theirs)).toHaveLength(1)
  })

  test('a snapshot that was never tagged is known by its name', async () => {
    await using client = await clientOnPool({ web: [disk()] })
    const { xapi, pool } = client
    const before = await census(xapi)
    const { ref } = await findVm(xapi, pool.vms.web as string)
    await xapi.run('VM.snapshot', [ref, unfinishedName({ jobId: JOB, owner: OWNER }), []], RefText)
    await xapi.run('VM.snapshot', [ref, 'before the upgrade', []], RefText)
    expect(await listOurs(xapi, OWNER)).toMatchObject([{ kind: 'snapshot', jobId: JOB }])
    expect(await removeOurs(xapi, await listOurs(xapi, OWNER))).toEqual([])
    expect(await census(xapi)).toHaveLength(before.length + 2)
  })

  test('a disk of ours that a person attached to a VM stays', async () => {
    const { client, snapshot } = await withSnapshot()
    await using _ = client
    const { xapi, pool } = client
    const { ref: vm } = await findVm(xapi, pool.vms.web as string)
    const vdi = snapshot.disks[0]?.ref as string
    const vbd = {
      VM: vm,
      VDI: vdi,
      userdevice: '9',
      bootable: false,
      mode: 'RO',
      type: 'Disk',
      empty: false,
      other_config: {},
      qos_algorithm_type: '',
      qos_algorithm_params: {},
    }
    await xapi.call('VBD.create', [vbd], RefText)
    const notes = await removeOurs(xapi, await listOurs(xapi, OWNER))
    expect(notes.join()).toContain('VDI_IN_USE')
    expect(await xapi.call('VDI.get_uuid', [vdi], RefText)).toBe(snapshot.disks[0]?.uuid)
  })

  test('a disk that the control domain does not let go of is unplugged there', async () => {
    await using client = await clientOnPool(
      { web: [disk()] },
      { nbd: 'none', timing: { dom0Linger: 600_000 } },
    )
    const { xapi, pool } = client
    const snapshot = await snapshotVm(xapi, {
      vmUuid: pool.vms.web as string,
      jobId: JOB,
      owner: OWNER,
      signal,
    })
    const query = { vdi: snapshot.disks[0]?.ref as string, format: 'vhd' }
    const download = await xapi.download('/export_raw_vdi', { query, what: 'an export' })
    for await (const _part of download.body) break
    await download.close()
    expect(await destroySnapshot(xapi, snapshot)).toEqual([])
    expect(await listOurs(xapi, OWNER)).toEqual([])
  })
})

describe('what is left of a snapshot as base', () => {
  test('its VM goes first; disks that dom0 still holds are waited for; of each only the metadata stay', async () => {
    await using client = await clientOnPool({ web: [disk(), disk()] })
    const { xapi, pool } = client
    const vmUuid = pool.vms.web as string
    const snapshot = await snapshotVm(xapi, { vmUuid, jobId: JOB, owner: OWNER, signal })
    const error = ['VDI_IN_USE', 'OpaqueRef:x', 'data_destroy']
    client.fault({ kind: 'fail-call', method: 'VDI.data_destroy', error, times: 3 })
    const order: string[] = []
    const watched: Xapi = {
      ...xapi,
      call: (method, ...rest) => {
        if (/destroy$/.test(method)) order.push(method)
        return xapi.call(method, ...rest)
      },
    }
    expect(await keepCbtBases(watched, snapshot)).toEqual([])
    expect(order[0]).toBe('VM.destroy')
    expect(order.filter(method => method === 'VDI.data_destroy')).toHaveLength(3 + 2)
    for (const { ref } of snapshot.disks)
      expect(pool.state.database.get('VDI', ref)).toMatchObject({
        type: 'cbt_metadata',
        cbt_enabled: true,
      })
  })

  test('a disk in dom0 that is marked as not unpluggable is marked otherwise and unplugged', async () => {
    await using client = await clientOnPool(
      { web: [disk()] },
      { timing: { dom0Linger: 3_600_000 } },
    )
    const { xapi, pool } = client
    const vmUuid = pool.vms.web as string
    const snapshot = await snapshotVm(xapi, { vmUuid, jobId: JOB, owner: OWNER, signal })
    const query = { vdi: snapshot.disks[0]?.ref as string, format: 'vhd' }
    const download = await xapi.download('/export_raw_vdi', { query, what: 'an export' })
    for await (const _ of download.body) break
    await download.close()
    client.fault({
      kind: 'fail-call',
      method: 'VBD.unplug',
      error: ['VBD_NOT_UNPLUGGABLE', 'OpaqueRef:x'],
    })
    expect(await destroySnapshot(xapi, snapshot)).toEqual([])
    expect(pool.state.faults.waiting()).toEqual([])
    expect(await listOurs(xapi, OWNER)).toEqual([])
  })
})

test('a key is set over an existing one', async () => {
  await using client = await clientOnPool({ web: [disk()] })
  const { xapi, pool } = client
  const { ref } = await findVm(xapi, pool.vms.web as string)
  await setMapKeys(xapi, 'VM.other_config', ref, { colour: 'red' })
  await setMapKeys(xapi, 'VM.other_config', ref, { colour: 'blue' })
  expect(await xapi.call('VM.get_other_config', [ref], Strings)).toMatchObject({ colour: 'blue' })
})
