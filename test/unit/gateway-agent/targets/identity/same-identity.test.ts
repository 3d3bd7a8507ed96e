import { expect, test } from 'vitest'
import { z } from 'zod'
import { XapiError } from '#core/errors/xenserver.ts'
import { RESTORED_TAG } from '#core/points/marks.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import { setMapKeys } from '#gateway-agent/xapi/other-config.ts'
import { RefText, VdiRecord, VifRecord, VmRecord } from '#gateway-agent/xapi/records.ts'
import { disksOf, findVm } from '#gateway-agent/xapi/vms.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { testContext } from '#test/support/job-context.ts'
import { MIB, nextJob, type PointOnPool, pointOnPool } from '#test/support/point-on-pool.ts'

const DISKS = [Buffer.alloc(4 * MIB, 0x5a), Buffer.alloc(2 * MIB, 0x33)]

/** Everything that a failed restore could leave, and what it could take away. */
const census = async ({ client: { xapi } }: PointOnPool): Promise<string[]> => {
  const vms = await xapi.call('VM.get_all_records', [], z.record(z.string(), VmRecord))
  const vdis = await xapi.call('VDI.get_all_records', [], z.record(z.string(), VdiRecord))
  return [
    ...Object.values(vms).map(vm => `${vm.uuid} ${vm.name_label} ${vm.power_state}`),
    ...Object.values(vdis).map(vdi => `${vdi.uuid} ${vdi.name_label}`),
  ].sort()
}

const identityOf = async ({ client: { xapi }, vmUuid }: PointOnPool) => {
  const { ref, record } = await findVm(xapi, vmUuid)
  const vifs = await Promise.all(
    record.VIFs.map(vif => xapi.call('VIF.get_record', [vif], VifRecord)),
  )
  const disks = await disksOf(xapi, record)
  return {
    ref,
    record,
    macs: vifs.map(({ MAC }) => MAC),
    seed: record.other_config.mac_seed,
    disks,
  }
}

const contentOf = (point: PointOnPool, vdiUuid: string, length: number) =>
  point.client.pool.state.disks.read(vdiUuid, 0, length)

test('a VM that comes back as itself with new MAC addresses has another seed, which they derive from', async () => {
  await using point = await pointOnPool(DISKS)
  const before = await identityOf(point)
  await point.client.xapi.run('VM.destroy', [before.ref], VoidAnswer)
  const { outcome } = await point.restore({ identity: 'same', macs: 'new' }, { newName: 'web' })
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  const after = await identityOf(point)
  expect(after.seed).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect(after.seed).not.toBe(before.seed)
  expect(after.macs).toHaveLength(before.macs.length)
  expect(after.macs.filter(mac => before.macs.includes(mac))).toEqual([])
})

test('a VM that is gone comes back as itself: UUID, MAC addresses, seed, content', async () => {
  await using point = await pointOnPool(DISKS)
  const { xapi } = point.client
  const before = await identityOf(point)
  await xapi.run('VM.destroy', [before.ref], VoidAnswer)
  const { outcome } = await point.restore({ identity: 'same' }, { newName: 'web' })
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  expect(outcome.report).toMatchObject({ newVmUuid: point.vmUuid, identity: 'same' })
  const after = await identityOf(point)
  expect(after).toMatchObject({ macs: before.macs, seed: before.seed })
  expect(after.record).toMatchObject({ name_label: 'web', power_state: 'Halted', version: '1' })
  expect(after.record.blocked_operations).toEqual({})
  expect(after.record.generation_id).not.toBe('0:0')
  for (const [index, { vdi }] of after.disks.entries())
    expect(
      (await contentOf(point, vdi.uuid, DISKS[index]?.length ?? 0)).equals(DISKS[index] as Buffer),
    ).toBe(true)
  expect(await point.pool.listOurs(point.owner)).toEqual(
    (await point.pool.listOurs(point.owner)).filter(({ baseOf }) => baseOf),
  )
})

test('a VM that is still there is not touched without consent, and a running one needs more of it', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  const before = await census(point)
  await expect(point.restore({ identity: 'same' })).rejects.toMatchObject({
    code: 'VM_UUID_TAKEN',
    message: `The pool has the VM "web" with the UUID ${point.vmUuid}.`,
  })
  await expect(point.restore({ identity: 'same', replace: true })).rejects.toMatchObject({
    code: 'VM_RUNS',
    message: 'The VM "web" is running; it has to be off for this.',
  })
  expect(await census(point)).toEqual(before)
})

test('with consent it is shut down and replaced, its disks go, and what the point lacks hangs on the VM again', async () => {
  await using point = await pointOnPool(
    [...DISKS, Buffer.alloc(MIB, 7)],
    { running: true },
    async ({ xapi }, uuid) => {
      const { record } = await findVm(xapi, uuid)
      const third = (await disksOf(xapi, record))[2]
      await xapi.call('VDI.set_name_label', [third?.vdiRef ?? '', 'scratch [NOBAK]'], VoidAnswer)
    },
  )
  const before = await identityOf(point)
  const { outcome } = await point.restore(
    { identity: 'same', replace: true, shutDown: true },
    { start: true, newName: 'web' },
  )
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  expect(outcome.report.notes).toEqual(
    expect.arrayContaining([
      '"web" was shut down for this.',
      'It replaced the VM "web" of the same UUID.',
      'The disk "scratch [NOBAK]" is not in the recovery point; it was attached again as it is.',
    ]),
  )
  const after = await identityOf(point)
  expect(after.record.power_state).toBe('Running')
  expect(after.macs).toEqual(before.macs)
  expect(after.disks[2]?.vdi.uuid).toBe(before.disks[2]?.vdi.uuid)
  for (const { vdiRef } of before.disks.slice(0, 2))
    await expect(
      point.client.xapi.call('VDI.get_record', [vdiRef], VdiRecord),
    ).rejects.toMatchObject({ code: 'XAPI_OBJECT_GONE' })
  const snapshots = await point.client.xapi.call('VM.get_snapshots', [after.ref], z.array(RefText))
  expect(snapshots).toEqual([])
})

/** XenServer refuses a call, once, after the restored VM has become a finished one. */
const failsAfterFinish = ({ client: { xapi } }: PointOnPool, method: string) => {
  let finished = false
  let failed = false
  return poolOfXapi({
    ...xapi,
    async call(name, parameters, ...rest) {
      if (finished && !failed && name === method) {
        failed = true
        throw new XapiError(['SR_BACKEND_FAILURE_46', '', 'not available', ''], method)
      }
      const answer = await xapi.call(name, parameters, ...rest)
      finished ||= JSON.stringify(parameters).includes(RESTORED_TAG)
      return answer
    },
  })
}

test('what cannot be tidied up of a replaced VM keeps the restored one neither from starting nor from being told', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  const before = await identityOf(point)
  const { outcome } = await point.restore(
    { identity: 'same', replace: true, shutDown: true },
    { start: true, newName: 'web', agent: failsAfterFinish(point, 'VDI.get_by_uuid') },
  )
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  expect(outcome.report.started).toBe(true)
  expect(outcome.report.notes.join(' ')).toContain(
    'The VM is complete; what is left of the one that it replaced (old disks, disks to attach again, the snapshot) is seen to later: ',
  )
  const ours = (await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)
  expect(await point.pool.removeOurs(ours)).toEqual([])
  const after = await identityOf(point)
  expect(after.record.power_state).toBe('Running')
  const left = await census(point)
  for (const { vdi } of before.disks)
    expect(left.filter(line => line.includes(vdi.uuid))).toEqual([])
  expect(left.filter(line => line.includes('Before the XenKeep restore'))).toEqual([])
})

test('a snapshot that is to stay stays, also where a later clean-up comes to it', async () => {
  await using point = await pointOnPool(DISKS)
  const wishes = { identity: 'same', replace: true, keepSafetySnapshot: true } as const
  const agent = failsAfterFinish(point, 'VDI.get_by_uuid')
  await point.restore(wishes, { agent })
  const ours = (await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)
  expect((await point.pool.removeOurs(ours)).join(' ')).toContain(
    'The former state is kept as the snapshot "Before the XenKeep restore',
  )
  expect((await census(point)).filter(line => line.includes('Before the XenKeep'))).toHaveLength(1)
  expect((await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)).toEqual([])
})

test('the former state stays as a snapshot where that is asked for', async () => {
  await using point = await pointOnPool(DISKS)
  const { outcome } = await point.restore({
    identity: 'same',
    replace: true,
    keepSafetySnapshot: true,
  })
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  expect(outcome.report.notes.join(' ')).toContain(
    'The former state is kept as the snapshot "Before the XenKeep restore',
  )
  const names = (await census(point)).filter(line => line.includes('Before the XenKeep restore'))
  expect(names).toHaveLength(1)
  expect((await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)).toEqual([])
})

test.each([
  ['the import', 'import_metadata', 'in-band-error'],
  ['attaching the disks', 'VBD.create', 'fail-call'],
  ['the very end', 'VM.set_other_config', 'fail-call'],
] as const)(
  'a failure at %s puts the replaced VM back, and it runs again',
  async (_, where, kind) => {
    await using point = await pointOnPool(DISKS, { running: true })
    const before = await identityOf(point)
    if (kind === 'fail-call')
      point.client.fault({ kind, method: where, error: ['INTERNAL_ERROR', 'no luck'], times: 1 })
    else
      point.client.fault({
        kind: 'fail-call',
        method: 'VM.set_blocked_operations',
        error: ['INTERNAL_ERROR', 'no luck'],
      })
    await expect(
      point.restore({ identity: 'same', replace: true, shutDown: true }),
    ).rejects.toMatchObject({ code: 'XAPI_FAILED' })
    const after = await identityOf(point)
    expect(after.record).toMatchObject({ name_label: 'web', power_state: 'Running' })
    expect(after).toMatchObject({ macs: before.macs, seed: before.seed })
    expect(
      (await contentOf(point, after.disks[0]?.vdi.uuid ?? '', 4 * MIB)).equals(DISKS[0] as Buffer),
    ).toBe(true)
    expect(after.disks).toHaveLength(2)
    const left = (await census(point)).filter(line => /XenKeep (unfinished|restore)/.test(line))
    expect(left).toEqual([])
    const disks = (await census(point)).filter(
      line => / web disk/.test(line) && !line.includes('base of'),
    )
    expect(disks).toHaveLength(2)
  },
)

test('a copy of the VM with the same seed is told before any disk is written', async () => {
  await using point = await pointOnPool(DISKS)
  const { xapi } = point.client
  const { ref, seed = '' } = await identityOf(point)
  const clone = await xapi.run('VM.clone', [ref, 'copy'], RefText)
  await setMapKeys(xapi, 'VM.other_config', clone, { mac_seed: seed })
  const before = await census(point)
  await expect(point.restore({ identity: 'same', replace: true })).rejects.toMatchObject({
    code: 'RESTORE_CONFLICT',
    message: expect.stringMatching(/^The VM "copy" \([-0-9a-f]{36}\) is a copy with the same seed/),
  })
  expect(await census(point)).toEqual(before)
})

test('a VM that was made for newer hosts is refused', async () => {
  await using point = await pointOnPool(DISKS, {}, async ({ xapi }, uuid) => {
    const { ref } = await findVm(xapi, uuid)
    await xapi.call('VM.set_hardware_platform_version', [ref, '9'], VoidAnswer)
  })
  await expect(point.restore({ identity: 'same', replace: true })).rejects.toMatchObject({
    code: 'VM_TOO_NEW',
  })
})

test('an agent that was killed after the import begins anew; one whose job is over puts the VM back', async () => {
  await using point = await pointOnPool(DISKS)
  const jobId = nextJob()
  const before = await identityOf(point)
  point.client.fault({
    kind: 'fail-call',
    method: 'VM.set_name_label',
    error: ['INTERNAL_ERROR', 'killed'],
    skip: 1, // the first one names the snapshot
  })
  await expect(
    point.restore({ identity: 'same', replace: true }, { jobId, killed: true }),
  ).rejects.toMatchObject({ code: 'XAPI_FAILED' })
  expect((await findVm(point.client.xapi, point.vmUuid)).record.name_label).toContain('unfinished')
  // The sweep of an agent to which the job did not come back.
  const ours = (await point.pool.listOurs(point.owner)).filter(object => object.jobId === jobId)
  expect(ours.map(({ kind }) => kind).sort()).toContain('snapshot')
  expect(await point.pool.removeOurs(ours)).toEqual([])
  const after = await identityOf(point)
  expect(after.record).toMatchObject({ name_label: 'web', power_state: 'Halted' })
  expect(after.macs).toEqual(before.macs)
  expect(
    (await contentOf(point, after.disks[0]?.vdi.uuid ?? '', 4 * MIB)).equals(DISKS[0] as Buffer),
  ).toBe(true)
})

test('a plan tells it all and does nothing', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  const before = await census(point)
  const wishes = { identity: 'same' as const, replace: true, shutDown: true, planOnly: true }
  const { outcome } = await point.restore(wishes, { newName: 'web', start: true })
  if (outcome.status !== 'planned') throw new Error(outcome.status)
  expect(outcome.steps).toEqual([
    expect.stringMatching(
      /^Writes disk 0 \("web disk 0", 4 MiB, of which 4 MiB hold something\) to "Shared storage" through the host /,
    ),
    expect.stringMatching(/^Writes disk 1 /),
    'Shuts down the VM "web", which is running, when the disks are proven.',
    'Takes a snapshot of "web", which brings it back if anything fails from here on.',
    `Replaces "web" by the restored VM under the UUID ${point.vmUuid}.`,
    'Removes the disks of the replaced VM that the recovery point has, when the restored one is complete.',
    'Removes the snapshot again.',
    expect.stringMatching(/^Puts network interface 0 on its network with the MAC address /),
    'Names the VM "web" and lifts the block of its start.',
    'Starts the VM.',
  ])
  expect(await census(point)).toEqual(before)
  await expect(point.restore({ ...wishes, replace: false })).rejects.toMatchObject({
    code: 'VM_UUID_TAKEN',
  })
})

test.each(['new', 'same'] as const)(
  'storage that fills up in mid-transfer leaves nothing of a restore (%s), and the VM as it was',
  async identity => {
    await using point = await pointOnPool(DISKS, { running: true })
    const before = await census(point)
    const error = ['SR_BACKEND_FAILURE_44', '', 'There is insufficient space', '']
    point.client.fault({
      kind: 'fail-write',
      handler: 'import_raw_vdi',
      error,
      bytes: MIB,
      times: 5,
    })
    const consent = identity === 'same' ? { replace: true, shutDown: true } : {}
    await expect(point.restore({ identity, ...consent })).rejects.toMatchObject({ code: 'SR_FULL' })
    expect(await census(point)).toEqual(before)
  },
)

test('a restore that is cancelled in mid-transfer leaves the VM as it was', async () => {
  await using point = await pointOnPool(DISKS, { running: true })
  const before = await census(point)
  const job = testContext()
  const { report } = job.context
  job.context.report = progress => {
    report(progress)
    if ((progress.bytesDone ?? 0) > 0) job.abort(new Error('cancelled by a person'))
  }
  const wishes = { identity: 'same' as const, replace: true, shutDown: true }
  await expect(point.restore(wishes, { test: job })).rejects.toThrow('cancelled by a person')
  expect(await census(point)).toEqual(before)
})

test('what the pool cannot take is told before anything is written: room, storage that is away, networks, disks', async () => {
  await using point = await pointOnPool(DISKS)
  const { xapi } = point.client
  const before = await census(point)
  const refused = (wishes: Parameters<typeof point.restore>[0]) =>
    point.restore(wishes).then(
      () => 'done',
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    )
  expect(await refused({ sr: 'Nowhere' })).toBe(
    'RESTORE_TARGET: The VM cannot be restored there: the pool has no storage repository called "Nowhere".',
  )
  expect(await refused({ diskSrs: { 7: 'Shared storage' } })).toContain(
    'RESTORE_NO_SUCH_PART: The recovery point has no disk "7"',
  )
  expect(await refused({ networks: { 0: 'DMZ' } })).toContain(
    'RESTORE_NETWORK: Network interface 0 cannot be put on "DMZ"',
  )
  expect(await refused({ networks: { 5: 'none' } })).toContain('RESTORE_NO_SUCH_PART')
  const { state } = point.client.pool
  const [sr, { physical_size }] = [...state.database.all('SR')].find(
    ([, { type }]) => type === 'nfs',
  ) as never as [string, { physical_size: number }]
  state.database.update('SR', sr, { physical_size: 2 * MIB })
  expect(await refused({})).toMatch(
    /^SR_TOO_SMALL: The storage repository "Shared storage" has \d+ MiB free, and the disks need 7 MiB\.$/,
  )
  state.database.update('SR', sr, { physical_size })
  const pbds = await xapi.call('SR.get_PBDs', [sr], z.array(RefText))
  for (const pbd of pbds) state.database.update('PBD', pbd, { currently_attached: false })
  expect(await refused({})).toContain('is not attached to any host that runs')
  expect(await census(point)).toEqual(before)
})

test('disks go where each is told, interfaces to the network that is told, MAC addresses are kept on demand', async () => {
  await using point = await pointOnPool(DISKS)
  const { xapi, pool } = point.client
  const { database } = pool.state
  const [, shared] = [...database.all('SR')].find(([, { type }]) => type === 'nfs') as never as [
    string,
    Record<string, unknown>,
  ]
  const fast = database.create('SR', {
    ...shared,
    uuid: '11111111-2222-4333-8444-555555555555',
    name_label: 'Fast',
    VDIs: [],
    PBDs: [],
  } as never)
  for (const { ref } of pool.state.hosts)
    database.create('PBD', { host: ref, SR: fast, currently_attached: true })
  const isolated = database.create('network', {
    name_label: 'Isolated',
    bridge: 'xapi9',
    managed: true,
  })
  const { outcome } = await point.restore({
    diskSrs: { 1: 'Fast' },
    networks: { 0: 'Isolated' },
    macs: 'keep',
  })
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  const { record } = await findVm(xapi, outcome.report.newVmUuid)
  const disks = await disksOf(xapi, record)
  expect(disks.map(({ vdi }) => vdi.SR === fast)).toEqual([false, true])
  const vif = await xapi.call('VIF.get_record', [record.VIFs[0] ?? ''], VifRecord)
  expect(vif).toMatchObject({ network: isolated, MAC: (await identityOf(point)).macs[0] })
  expect(outcome.report.notes).toContain('Network interface 0 is on "Isolated", as asked.')
})
