import { expect, test } from 'vitest'
import { z } from 'zod'
import { JobOutcome } from '#core/contracts/jobs.ts'
import { XapiInterruptedError } from '#core/errors/xenserver.ts'
import { JobCancelledError } from '#gateway-agent/control/errors.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import { recordsOf, VdiRecord } from '#gateway-agent/xapi/records.ts'
import { disksOf, findVm } from '#gateway-agent/xapi/vms.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { addRepository } from '#sim/inventory/storage.ts'
import { testContext } from '#test/support/job-context.ts'
import { mortalXapi } from '#test/support/mortal-xapi.ts'
import { MIB, nextJob, type PointOnPool, pointOnPool } from '#test/support/point-on-pool.ts'

const DISKS = [Buffer.alloc(4 * MIB, 0x11), Buffer.alloc(8 * MIB)]
DISKS[1]?.fill(0x5a, 2 * MIB, 3 * MIB)

const reportOf = async (performed: ReturnType<PointOnPool['restoreDisks']>) => {
  const { outcome } = await performed
  expect(JobOutcome.safeParse(outcome).error).toBeUndefined()
  if (outcome.status !== 'disks-restored') throw new Error(outcome.status)
  return outcome.report
}

const vdisOf = async ({ client: { xapi } }: PointOnPool) =>
  Object.values(await xapi.call('VDI.get_all_records', [], recordsOf(VdiRecord)))

const contentOf = ({ client: { pool } }: PointOnPool, uuid: string, size: number) =>
  pool.state.disks.read(uuid, 0, size)

const leftOf = async ({ pool, owner }: PointOnPool) =>
  (await pool.listOurs(owner)).filter(({ baseOf }) => !baseOf)

test('one disk comes back as a new one, proven, attached to nothing, with the command that attaches it', async () => {
  await using point = await pointOnPool(DISKS)
  const run = testContext()
  const report = await reportOf(point.restoreDisks({ disks: ['1'] }, { test: run }))
  const [disk] = report.disks
  expect(report.disks).toHaveLength(1)
  const [known] = await Array.fromAsync(point.repository.points(point.vmUuid))
  const stored = (await point.repository.readPoint(known as { key: string })).disks[1]
  expect(disk).toMatchObject({ userdevice: '1', size: 8 * MIB, rootHash: stored?.rootHash })
  expect(disk).toMatchObject({ srName: 'Shared storage' })
  expect(report.bytesWritten).toBe(2 * MIB)
  expect(report.notes.join(' ')).toContain(
    `is attached to nothing. To attach it: xe vbd-create vm-uuid=VM vdi-uuid=${disk?.vdiUuid} `,
  )
  const uuid = disk?.vdiUuid ?? ''
  expect((await contentOf(point, uuid, 8 * MIB)).equals(DISKS[1] as Buffer)).toBe(true)
  const vdi = (await vdisOf(point)).find(one => one.uuid === uuid)
  expect(vdi).toMatchObject({ name_label: disk?.name, VBDs: [], type: 'user' })
  expect(disk?.name).toMatch(/ \(restored\)$/)
  expect(vdi?.name_description).toMatch(
    new RegExp(`^Disk 1 of the VM "web" as of 20.*recovery point ${point.pointId}$`),
  )
  expect(Object.keys(vdi?.other_config ?? {}).filter(key => key.startsWith('xenkeep:'))).toEqual([
    'xenkeep:restored',
  ])
  expect(await leftOf(point)).toEqual([])
  expect(run.progress).toMatchObject({ bytesDone: 8 * MIB, disks: { total: 1, done: 1 } })
})

test('several disks, by name and UUID, each to a storage repository of its own', async () => {
  await using point = await pointOnPool(DISKS)
  const { state } = point.client.pool
  addRepository(state, state.hosts, 'nfs', 'Fast')
  const { record } = await findVm(point.client.xapi, point.vmUuid)
  const [first, second] = await disksOf(point.client.xapi, record)
  const report = await reportOf(
    point.restoreDisks({
      disks: [first?.vdi.name_label ?? '', second?.vdi.uuid ?? ''],
      diskSrs: { '1': 'Fast' },
    }),
  )
  expect(report.disks.map(({ userdevice }) => userdevice)).toEqual(['0', '1'])
  expect(report.disks.map(({ srName }) => srName)).toEqual(['Shared storage', 'Fast'])
})

test('disks on local storage of different hosts are sent to these at once; each claims a stream of its storage', async () => {
  await using point = await pointOnPool(DISKS, { hosts: 3 })
  const { state } = point.client.pool
  const local = state.hosts.slice(1).map((host, index) => ({
    ...{ host, sr: addRepository(state, [host], 'ext', `Local ${index}`) },
  }))
  const starts: (string | undefined)[] = []
  const claims: (string | undefined)[] = []
  const { xapi } = point.client
  const agent = poolOfXapi({
    ...xapi,
    upload: (path, options) => {
      starts.push(options.firstHost)
      return xapi.upload(path, options)
    },
  })
  await reportOf(
    point.restoreDisks(
      { disks: ['0', '1'], diskSrs: { 0: 'Local 0', 1: 'Local 1' } },
      {
        agent,
        gate: (work, claim) => {
          claims.push(claim?.sr)
          return work()
        },
      },
    ),
  )
  const addresses = local.map(({ host }) => state.database.get('host', host.ref).address)
  expect(starts.toSorted()).toEqual(addresses.toSorted())
  expect(claims).toEqual(local.map(({ sr }) => sr))
})

test('a running VM gets the disk while it runs; the guest has it', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  const report = await reportOf(point.restoreDisks({ disks: ['0'], attachTo: 'web' }))
  const [disk] = report.disks
  expect(disk?.attached).toEqual({
    ...{ vmUuid: point.vmUuid, vmName: 'web', userdevice: '2', plugged: true },
  })
  const { record } = await findVm(point.client.xapi, point.vmUuid)
  const third = (await disksOf(point.client.xapi, record))[2]
  expect(third?.vdi.uuid).toBe(disk?.vdiUuid)
  expect(third?.vbd).toMatchObject({ currently_attached: true, bootable: false, mode: 'RW' })
  expect(report.notes).toEqual([
    `The disk "${disk?.name}" is attached to "web" as device 2, and its guest has it.`,
    expect.stringContaining('mount them by device, not by UUID'),
  ])
})

const hotplug = async ({ client: { xapi, pool }, vmUuid }: PointOnPool, can: 'no') => {
  const { record } = await findVm(xapi, vmUuid)
  const { database } = pool.state
  database.update('VM_guest_metrics', record.guest_metrics, { can_use_hotplug_vbd: can })
}

test.each([
  [
    'cannot take disks while it runs',
    { running: true },
    (point: PointOnPool) => hotplug(point, 'no'),
    'since its guest does not take disks while it runs.',
  ],
  ['is off', { running: false }, async () => {}, 'since the VM is off.'],
  [
    'refuses it now',
    { running: true },
    async (point: PointOnPool) =>
      point.client.fault({
        ...{ kind: 'fail-call', method: 'VBD.plug', error: ['DEVICE_ATTACH_TIMEOUT', 'VBD', 'x'] },
      }),
    'since it was not taken while the VM runs (',
  ],
] as const)(
  'a VM that %s has the disk after its next start, and that is said',
  async (_, options, prepare, why) => {
    await using point = await pointOnPool(DISKS, options)
    await prepare(point)
    const report = await reportOf(point.restoreDisks({ disks: ['0'], attachTo: point.vmUuid }))
    expect(report.disks[0]?.attached).toMatchObject({ userdevice: '2', plugged: false })
    expect(report.notes[0]).toContain('the guest has it after the next start of the VM, ')
    expect(report.notes[0]).toContain(why)
  },
)

const REFUSALS = [
  [
    'a disk that the point does not have',
    { disks: ['7'] },
    'RESTORE_NO_SUCH_PART',
    /^The recovery point has no disk "7"; it has 0 \(".+"\), 1 \(".+"\)\.$/,
  ],
  [
    'storage for a disk that is not asked for',
    { disks: ['0'], diskSrs: { '1': 'Shared storage' } },
    'RESTORE_REQUEST',
    /named for disk 1, which is not among those to restore/,
  ],
  [
    'storage that is not there',
    { disks: ['0'], sr: 'Tape' },
    'RESTORE_TARGET',
    /no storage repository called "Tape"/,
  ],
  [
    'a VM that is not there',
    { disks: ['0'], attachTo: 'rescue' },
    'DISK_NOT_ATTACHABLE',
    /^No disk can be attached to "rescue": the pool has no VM of that UUID or name\.$/,
  ],
] as const

test('a plan tells what would be done; disks, storage and VMs that are not there are refused before anything is made, by a plan too', async () => {
  await using point = await pointOnPool(DISKS)
  const before = (await vdisOf(point)).length
  const { outcome } = await point.restoreDisks({ disks: ['1'], attachTo: 'web', planOnly: true })
  if (outcome.status !== 'planned') throw new Error(outcome.status)
  expect(outcome.steps).toEqual([
    expect.stringMatching(
      /^Writes disk 1 \(".+", 8 MiB, of which 2 MiB hold something\) to "Shared storage" through the host ".+" as the new disk ".+ \(restored\)", and compares its root hash/,
    ),
    'Attaches it to "web", which is halted.',
  ])
  for (const [what, wishes, code, message] of REFUSALS) {
    const asked = { ...wishes, disks: [...wishes.disks] }
    const refusal = { code, message: expect.stringMatching(message) }
    await expect(point.restoreDisks(asked), what).rejects.toMatchObject(refusal)
    const plan = point.restoreDisks({ ...asked, planOnly: true })
    await expect(plan, what).rejects.toMatchObject(refusal)
  }
  expect(await vdisOf(point)).toHaveLength(before)
})

test('templates, snapshots, control domains, names that two VMs bear and VMs without a free device take no disk', async () => {
  await using point = await pointOnPool(DISKS)
  const { xapi, pool } = point.client
  const { database } = pool.state
  const refused = async (attachTo: string, why: string) =>
    expect(point.restoreDisks({ disks: ['0', '1'], attachTo })).rejects.toMatchObject({
      ...{ code: 'DISK_NOT_ATTACHABLE', message: expect.stringContaining(why) },
    })
  const { ref } = await findVm(xapi, point.vmUuid)
  const dom0 = [...database.all('VM').values()].find(vm => vm.is_control_domain)
  await refused(dom0?.uuid ?? '', 'it is the control domain of a host')
  const snapshot = await xapi.run('VM.snapshot', [ref, 'old'], z.string())
  await refused(database.get('VM', snapshot).uuid, 'it is a snapshot')
  const clone = await xapi.run('VM.clone', [ref, 'web'], z.string())
  await refused('web', 'the pool has 2 VMs of that name, so tell its UUID')
  database.update('VM', clone, { name_label: 'golden', is_a_template: true })
  await refused('golden', 'it is a template')
  const used = async () => {
    const { record } = await findVm(xapi, point.vmUuid)
    return record.VBDs.map(vbd => database.get('VBD', vbd).userdevice)
  }
  const fill = async (to: number) => {
    const there = await used()
    for (let device = 0; device < to; device++)
      if (!there.includes(String(device)))
        database.create('VBD', { VM: ref, userdevice: String(device), type: 'CD', empty: true })
  }
  await fill(254)
  await refused('web', 'it has 1 free device for 2 disks')
  await fill(255)
  await refused('web', 'it has no free device')
})

const srOf = ({ client: { pool } }: PointOnPool) =>
  [...pool.state.database.all('SR')].find(([, sr]) => sr.name_label === 'Shared storage')?.[0]

test('a repository without room is told before anything is made; one that fills up meanwhile leaves nothing', async () => {
  await using point = await pointOnPool(DISKS)
  const before = (await vdisOf(point)).length
  const sr = srOf(point) ?? ''
  const { physical_size } = point.client.pool.state.database.get('SR', sr)
  point.client.fault({
    ...{ kind: 'fail-write', handler: 'import_raw_vdi', bytes: 64 * 1024, times: 5 },
    error: ['SR_BACKEND_FAILURE_44', '', 'no space', ''],
  })
  await expect(point.restoreDisks({ disks: ['0', '1'] })).rejects.toMatchObject({ code: 'SR_FULL' })
  expect(await vdisOf(point)).toHaveLength(before)
  point.client.pool.state.database.update('SR', sr, { physical_utilisation: physical_size })
  await expect(point.restoreDisks({ disks: ['0'] })).rejects.toMatchObject({ code: 'SR_TOO_SMALL' })
  expect(await vdisOf(point)).toHaveLength(before)
})

test('cancelled in mid-write, nothing is left', async () => {
  await using point = await pointOnPool(DISKS)
  const before = (await vdisOf(point)).length
  const run = testContext()
  const { context } = run
  const stopping = {
    ...run,
    context: {
      ...context,
      report(more: Parameters<typeof context.report>[0]) {
        context.report(more)
        if ((more.bytesDone ?? 0) > 0) run.abort(new JobCancelledError())
      },
    },
  }
  await expect(point.restoreDisks({ disks: ['0', '1'] }, { test: stopping })).rejects.toMatchObject(
    { code: 'JOB_CANCELLED' },
  )
  expect(await vdisOf(point)).toHaveLength(before)
})

test('cut off between two disks and run again, it finds the one that was finished', async () => {
  await using point = await pointOnPool(DISKS)
  const jobId = nextJob()
  let finished = 0
  const mortal = mortalXapi(point.client.xapi, (_, last) => {
    if (last === 'VDI.set_other_config') finished++
    return finished > 0
  })
  const wishes = { disks: ['0', '1'], attachTo: 'web' }
  void point.restoreDisks(wishes, { jobId, agent: poolOfXapi(mortal.xapi) })
  await mortal.died
  const before = (await vdisOf(point)).filter(vdi => 'xenkeep:restored' in vdi.other_config)
  expect(before).toHaveLength(1)
  const report = await reportOf(point.restoreDisks(wishes, { jobId }))
  expect(report.disks.map(({ vdiUuid }) => vdiUuid)).toContain(before[0]?.uuid)
  expect(report.disks.map(({ attached }) => attached?.userdevice)).toEqual(['2', '4']) // its drive is 3
  expect(await point.pool.removeOurs(await leftOf(point))).toEqual([])
  const made = (await vdisOf(point)).filter(vdi => 'xenkeep:restored' in vdi.other_config)
  expect(made).toHaveLength(2)
  // Its answer got lost: nothing is written or attached once more.
  const again = await reportOf(point.restoreDisks(wishes, { jobId }))
  expect(again.disks).toEqual(report.disks)
})

/** A job that finishes a disk, and is cut off before it attaches it. */
const cutOffBeforeAttaching = async (point: PointOnPool) => {
  const jobId = nextJob()
  const mortal = mortalXapi(point.client.xapi, (_, last) => last === 'VDI.set_other_config')
  void point.restoreDisks(TO_RESCUE, { jobId, agent: poolOfXapi(mortal.xapi) })
  await mortal.died
  return jobId
}

const TO_RESCUE = { disks: ['0'], attachTo: 'web' }

test('run again when the VM to attach to is gone: the disk that was finished is told, and why it hangs on nothing', async () => {
  await using point = await pointOnPool(DISKS)
  const jobId = await cutOffBeforeAttaching(point)
  const { ref } = await findVm(point.client.xapi, point.vmUuid)
  await point.client.xapi.call('VM.set_name_label', [ref, 'renamed'], VoidAnswer)
  const report = await reportOf(point.restoreDisks(TO_RESCUE, { jobId }))
  expect(report.disks).toHaveLength(1)
  expect(report.disks[0]?.attached).toBeUndefined()
  const notes = report.notes.join(' ')
  expect(notes).toContain('is complete but was not attached: No disk can be attached to "web": ')
  expect(notes).toContain(`xe vbd-create vm-uuid=VM vdi-uuid=${report.disks[0]?.vdiUuid} `)
})

test('run again when the rest has no room: the disk that was finished goes, too', async () => {
  await using point = await pointOnPool(DISKS)
  const before = (await vdisOf(point)).length
  const jobId = await cutOffBeforeAttaching(point)
  const sr = srOf(point) ?? ''
  const { physical_size } = point.client.pool.state.database.get('SR', sr)
  point.client.pool.state.database.update('SR', sr, { physical_utilisation: physical_size })
  await expect(point.restoreDisks({ disks: ['0', '1'] }, { jobId })).rejects.toMatchObject({
    code: 'SR_TOO_SMALL',
  })
  expect(await vdisOf(point)).toHaveLength(before)
})

test('an attachment whose answer got lost is found, and told as one', async () => {
  await using point = await pointOnPool(DISKS)
  const { xapi } = point.client
  const agent = poolOfXapi({
    ...xapi,
    async call(method, ...rest) {
      const answer = await xapi.call(method, ...rest)
      if (method === 'VBD.create') throw new XapiInterruptedError(method, 'cut off')
      return answer
    },
  })
  const report = await reportOf(point.restoreDisks(TO_RESCUE, { agent }))
  expect(report.disks[0]?.attached).toMatchObject({ userdevice: '2', plugged: false })
})

test('disks-only with one disk: the other is left as it is, and both go back when it fails', async () => {
  await using point = await pointOnPool(DISKS)
  const { xapi } = point.client
  const { ref, record } = await findVm(xapi, point.vmUuid)
  await xapi.run('VM.start', [ref, false, false], VoidAnswer)
  await point.client.guestWrite(point.vmUuid, 0, Buffer.alloc(4096, 0xee))
  const [root, data] = await disksOf(xapi, record)
  const wishes = { identity: 'disks-only' as const, shutDown: true, disks: ['1'] }
  const plan = (await point.restore({ ...wishes, planOnly: true })).outcome
  expect(plan).toMatchObject({
    steps: expect.arrayContaining([
      `Leaves the disk "${root?.vdi.name_label}" as it is; it was not asked for.`,
    ]),
  })
  const { outcome } = await point.restore(wishes)
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  expect(outcome.report).toMatchObject({ bytesWritten: 0, disks: [{ userdevice: '1' }] })
  expect(outcome.report.notes).toContain(
    `The disk "${root?.vdi.name_label}" was not asked for and was left as it is.`,
  )
  expect(
    (await contentOf(point, root?.vdi.uuid ?? '', 4096)).equals(Buffer.alloc(4096, 0xee)),
  ).toBe(true)
  expect((await contentOf(point, data?.vdi.uuid ?? '', 8 * MIB)).equals(DISKS[1] as Buffer)).toBe(
    true,
  )
})
