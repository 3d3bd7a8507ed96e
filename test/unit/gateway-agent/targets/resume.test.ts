import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { RestoreWishes } from '#core/contracts/restore.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import { recordsOf, VdiRecord } from '#gateway-agent/xapi/records.ts'
import { disksOf, findVm } from '#gateway-agent/xapi/vms.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { mortalXapi } from '#test/support/mortal-xapi.ts'
import { MIB, nextJob, type PointOnPool, pointOnPool } from '#test/support/point-on-pool.ts'

const DISKS = [Buffer.alloc(4 * MIB, 0x11), Buffer.alloc(2 * MIB, 0x22)]
const MEMORY = 8 * MIB
const RESUME: RestoreWishes = { resume: true, networks: { 0: 'Isolated' } }

/** A VM that ran when its memory was kept, and was switched off since; the image as the suspend wrote it. */
const withMemory = async (
  options: PoolOptions = {},
  more: (client: PointOnPool['client'], uuid: string) => Promise<void> = async () => {},
) => {
  const seen: Buffer[] = []
  const point = await pointOnPool(
    DISKS,
    { running: true, ...options },
    async (client, uuid) => {
      const { state } = client.pool
      const ref = state.database.byUuid('VM', uuid)
      state.database.update('VM', ref, {
        ...{ memory_static_max: MEMORY, memory_dynamic_max: MEMORY },
        ...{ memory_dynamic_min: MEMORY, memory_static_min: MEMORY },
      })
      state.database.create('network', { name_label: 'Isolated', bridge: 'xapi7' })
      await more(client, uuid)
      // The image goes after the backup; what it held is kept here.
      const { createEmpty } = state.disks
      let image = ''
      state.disks.createEmpty = (id, size) => {
        if (size === MEMORY) image = id
        return createEmpty.call(state.disks, id, size)
      }
      const { write } = state.disks
      state.disks.write = async (id, offset, bytes) => {
        if (id === image && seen.length === 0) seen.push(Buffer.from(bytes))
        return write.call(state.disks, id, offset, bytes)
      }
    },
    'memory',
  )
  const { ref } = await findVm(point.client.xapi, point.vmUuid)
  await point.client.xapi.run('VM.hard_shutdown', [ref], VoidAnswer)
  return { point, image: seen[0] ?? Buffer.alloc(0) }
}

/** One kill point of these, from a seed, or each with KILL_POINTS=all. */
const some = (points: number[]): number[] => {
  if (process.env.KILL_POINTS === 'all') return points
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
  console.info(`SEED=${seed}`)
  return fc.sample(fc.constantFrom(...points), { seed, numRuns: 1 })
}

const restored = async (performed: ReturnType<PointOnPool['restore']>) => {
  const { outcome } = await performed
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  return outcome.report
}

const vifsOf = async ({ client: { pool } }: PointOnPool, refs: readonly string[]) =>
  refs.map(ref => pool.state.database.get('VIF', ref))

const messagesOf = ({ client: { pool } }: PointOnPool, uuid: string) =>
  [...pool.state.database.all('message').values()]
    .filter(({ obj_uuid }) => obj_uuid === uuid)
    .map(({ name }) => name)

const namesLeft = async ({ client: { xapi } }: PointOnPool) =>
  Object.values(await xapi.call('VDI.get_all_records', [], recordsOf(VdiRecord))).filter(
    ({ name_label, type }) => name_label.includes('unfinished') || type === 'suspend',
  )

test('left suspended: with the memory of the point, byte by byte, its devices and addresses, and no mark; resumed only as it was proven', async () => {
  const { point, image } = await withMemory()
  await using _ = point
  const { xapi, pool } = point.client
  const report = await restored(point.restore(RESUME))
  expect(report).toMatchObject({ started: false })
  expect(report.disks.map(({ userdevice }) => userdevice)).toEqual(['0', '1', 'memory'])
  const { record } = await findVm(xapi, report.newVmUuid)
  expect(record).toMatchObject({
    ...{ power_state: 'Suspended', blocked_operations: {}, name_label: 'web again' },
    last_boot_CPU_flags: { vendor: 'GenuineIntel' },
  })
  const vdi = await xapi.call('VDI.get_record', [record.suspend_VDI], VdiRecord)
  expect(vdi).toMatchObject({ type: 'suspend', virtual_size: MEMORY, name_label: 'Suspend image' })
  expect(vdi.other_config).toEqual({})
  expect(image.length).toBe(MIB)
  expect((await pool.state.disks.read(vdi.uuid, 0, MIB)).equals(image)).toBe(true)
  const disks = await disksOf(xapi, record)
  expect(disks.map(({ vbd }) => [vbd.userdevice, vbd.currently_attached])).toEqual([
    ['0', true],
    ['1', true],
  ])
  const original = await findVm(xapi, point.vmUuid)
  const [before] = await vifsOf(point, original.record.VIFs)
  const [vif] = await vifsOf(point, record.VIFs)
  expect(vif).toMatchObject({ currently_attached: true, MAC: before?.MAC })
  expect(pool.state.database.get('network', vif?.network ?? '').name_label).toBe('Isolated')
  const notes = report.notes.join(' ')
  expect(notes).toContain(`"xe vm-resume uuid=${report.newVmUuid}" lets it go on`)
  expect(notes).toContain('keep their MAC addresses: do not run this VM beside the one')
  expect(notes).not.toContain('was not resumed')
  expect((await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)).toEqual([])

  // Damaged after it was proven: what is left of it is not resumed, which is said.
  await pool.state.disks.write(vdi.uuid, 4096, Buffer.alloc(16, 0xee))
  const { ref } = await findVm(xapi, report.newVmUuid)
  expect(await point.pool.startVm({ ref })).toMatch(
    /^The VM is complete and suspended, but was not resumed: .*Restore_signature_mismatch/,
  )
  expect((await findVm(xapi, report.newVmUuid)).record.power_state).toBe('Suspended')
})

const SAME: RestoreWishes = { resume: true, identity: 'same', replace: true, shutDown: true }

/** It runs again, and its disk has gone bad since. */
const gone = async (point: PointOnPool) => {
  const { ref } = await findVm(point.client.xapi, point.vmUuid)
  await point.client.xapi.run('VM.start', [ref, false, false], VoidAnswer)
  await point.client.guestWrite(point.vmUuid, 0, Buffer.alloc(4096, 0xee))
}

const firstDisk = async (point: PointOnPool) => {
  const { record } = await findVm(point.client.xapi, point.vmUuid)
  const [disk] = await disksOf(point.client.xapi, record)
  const content = await point.client.pool.state.disks.read(disk?.vdi.uuid ?? '', 0, 4 * MIB)
  return { record, isPoints: content.equals(DISKS[0] as Buffer) }
}

test('the machine itself goes on from its memory, in place of the one that went bad, which comes back and runs when the other cannot be made whole', async () => {
  const { point } = await withMemory()
  await using _ = point
  await gone(point)
  const error = ['SR_BACKEND_FAILURE_46', '', 'not available', '']
  point.client.fault({ kind: 'fail-call', method: 'VBD.create', error })
  await expect(point.restore(SAME, { start: true, newName: 'web' })).rejects.toMatchObject({
    code: 'SR_UNAVAILABLE',
  })
  const back = await firstDisk(point)
  expect(back.record).toMatchObject({ power_state: 'Running', blocked_operations: {} })
  expect(back.isPoints).toBe(false)
  expect(await namesLeft(point)).toEqual([])

  const { MAC } = (await vifsOf(point, (await firstDisk(point)).record.VIFs))[0] ?? {}
  const report = await restored(point.restore(SAME, { start: true, newName: 'web' }))
  expect(report).toMatchObject({ newVmUuid: point.vmUuid, started: true, identity: 'same' })
  const { record, isPoints } = await firstDisk(point)
  expect(record).toMatchObject({
    power_state: 'Running',
    name_label: 'web',
    blocked_operations: {},
  })
  expect(isPoints).toBe(true)
  expect(messagesOf(point, point.vmUuid).at(-1)).toBe('VM_RESUMED')
  const [vif] = await vifsOf(point, record.VIFs)
  expect(vif).toMatchObject({ MAC, currently_attached: true })
  expect((await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)).toEqual([])
  expect(await namesLeft(point)).toEqual([])
})

test('killed around the moment that the machine itself is finished, and run again: it goes on from the memory, and nothing is left', async () => {
  const { point } = await withMemory()
  await using _ = point
  await gone(point)
  const { xapi } = point.client
  const counted = mortalXapi(xapi, () => false)
  await restored(point.restore(SAME, { agent: poolOfXapi(counted.xapi), start: true }))
  const last = counted.done.lastIndexOf('VM.set_other_config')
  const imported = counted.done.lastIndexOf('/import_metadata')
  for (const changes of some([imported, imported + 1, last, last + 1])) {
    const jobId = nextJob()
    const mortal = mortalXapi(xapi, done => done === changes)
    void point.restore(SAME, { jobId, agent: poolOfXapi(mortal.xapi), start: true })
    const died = await mortal.died
    const again = await restored(point.restore(SAME, { jobId, start: true }))
    expect(again, died).toMatchObject({ newVmUuid: point.vmUuid, started: true })
    const ours = (await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)
    const notes = await point.pool.removeOurs(ours)
    expect(
      notes.filter(note => !note.includes('still bore a mark')),
      died,
    ).toEqual([])
    const { record, isPoints } = await firstDisk(point)
    expect(record.power_state, died).toBe('Running')
    expect(isPoints, died).toBe(true)
    expect(await namesLeft(point), died).toEqual([])
  }
})

const REFUSALS: [string, RestoreWishes, RegExp, ((point: PointOnPool) => void)?][] = [
  [
    'an interface whose network is not named',
    { resume: true },
    /the network of each interface has to be named, an isolated one where the original may run: add --network 0=UUID\.$/,
  ],
  [
    'an interface that is left out',
    { resume: true, networks: { 0: 'none' } },
    /the guest knows network interface 0, which would be left out\.$/,
  ],
  [
    'processors of another vendor',
    RESUME,
    /no host that reaches the storage has the right processor \(the memory is of GenuineIntel, ".+" has AuthenticAMD\)\.$/,
    ({ client: { pool } }) => setCpu(pool, { vendor: 'AuthenticAMD' }),
  ],
  [
    'processors without a feature that the guest uses',
    RESUME,
    /\(the guest uses features that ".+" lacks\)\.$/,
    ({ client: { pool } }) =>
      setCpu(pool, { vendor: 'GenuineIntel', features_hvm: '1fcbfbff-07ba3223-2d93fbff' }),
  ],
]

test('a plan tells what would be done; interfaces without a network and processors that do not fit are refused before anything is made, by a plan too', async () => {
  const { point } = await withMemory()
  await using _ = point
  const before = point.client.pool.state.database.all('VM').size
  const { outcome } = await point.restore({ ...RESUME, planOnly: true }, { start: true })
  if (outcome.status !== 'planned') throw new Error(outcome.status)
  const steps = outcome.steps.join('\n')
  expect(steps).toContain('Writes disk memory ("Suspend image", 8 MiB, of which 2 MiB hold')
  expect(steps).toContain('Makes the VM suspended, with the memory of the recovery point.')
  expect(steps).toMatch(/Resumes the VM\.$/)
  for (const [what, wishes, message, prepare] of REFUSALS) {
    prepare?.(point)
    const refusal = { code: 'MEMORY_NOT_RESUMABLE', message: expect.stringMatching(message) }
    await expect(point.restore(wishes), what).rejects.toMatchObject(refusal)
    const plan = point.restore({ ...wishes, planOnly: true })
    await expect(plan, what).rejects.toMatchObject(refusal)
  }
  expect(point.client.pool.state.database.all('VM').size).toBe(before)
  expect(await namesLeft(point)).toEqual([])
})

const setCpu = (
  { state: { database } }: PointOnPool['client']['pool'],
  change: Record<string, string>,
) => {
  for (const [ref, { cpu_info }] of database.all('host'))
    database.update('host', ref, { cpu_info: { ...cpu_info, ...change } })
}

test('a point without memory, and one without a disk that the guest knows', async () => {
  await using plain = await pointOnPool(DISKS)
  await expect(plain.restore({ resume: true })).rejects.toMatchObject({
    code: 'MEMORY_NOT_RESUMABLE',
    message: expect.stringContaining('the recovery point holds none'),
  })
  const { point } = await withMemory({}, async ({ xapi }, uuid) => {
    const [, second] = await disksOf(xapi, (await findVm(xapi, uuid)).record)
    await xapi.call('VDI.set_name_label', [second?.vdiRef ?? '', '[NOBAK] scratch'], VoidAnswer)
  })
  await using _ = point
  await expect(point.restore(RESUME)).rejects.toMatchObject({
    code: 'MEMORY_NOT_RESUMABLE',
    message: expect.stringContaining('the guest knows disk 1, which the recovery point does not'),
  })
})

test('a virtual TPM cannot be given to a suspended VM', async () => {
  await using point = await pointOnPool(
    DISKS.slice(0, 1),
    {},
    async ({ xapi, pool }, uuid) => {
      const { ref } = await findVm(xapi, uuid)
      await xapi.call('VTPM.create', [ref, false], z.string())
      const size = { memory_static_max: MEMORY, memory_dynamic_max: MEMORY }
      const least = { memory_static_min: MEMORY, memory_dynamic_min: MEMORY }
      pool.state.database.update('VM', ref, { ...size, ...least })
      await xapi.run('VM.start', [ref, false, false], VoidAnswer)
    },
    'memory',
  )
  const networks = { 0: 'Pool-wide network associated with eth0' }
  await expect(point.restore({ resume: true, networks })).rejects.toMatchObject({
    code: 'MEMORY_NOT_RESUMABLE',
    message: expect.stringContaining('a virtual TPM to a VM only while it is off'),
  })
})

test('a release that makes every VM halted: refused, and nothing is left', async () => {
  const { point } = await withMemory({ release: '8.0' })
  await using _ = point
  const before = point.client.pool.state.database.all('VM').size
  await expect(point.restore(RESUME)).rejects.toMatchObject({
    code: 'MEMORY_NOT_RESUMABLE',
    message: expect.stringContaining('this release of XenServer makes no suspended VMs'),
  })
  expect(point.client.pool.state.database.all('VM').size).toBe(before)
  expect(await namesLeft(point)).toEqual([])
})

test('a host that cannot resume it now leaves it suspended; run again under the same job it goes on, and never boots', async () => {
  const { point } = await withMemory()
  await using _ = point
  const jobId = nextJob()
  const error = ['HOST_NOT_ENOUGH_FREE_MEMORY', '1', '0']
  point.client.fault({ kind: 'fail-call', method: 'VM.resume', error })
  const report = await restored(point.restore(RESUME, { jobId, start: true }))
  expect(report.started).toBe(false)
  expect(report.notes.join(' ')).toContain('is complete and suspended, but was not resumed: ')
  const again = await restored(point.restore(RESUME, { jobId, start: true }))
  expect(again).toMatchObject({ newVmUuid: report.newVmUuid, started: true })
  expect(again.disks).toEqual(report.disks)
  expect(report.disks.map(({ userdevice }) => userdevice)).toEqual(['0', '1', 'memory'])
  expect(again.notes.join(' ')).toContain('goes on from the memory of the recovery point')
  const { ref, record } = await findVm(point.client.xapi, report.newVmUuid)
  expect(record).toMatchObject({ power_state: 'Running', suspend_VDI: 'OpaqueRef:NULL' })
  const disks = await disksOf(point.client.xapi, record)
  expect(disks.every(({ vbd }) => vbd.currently_attached)).toBe(true)
  const [vif] = await vifsOf(point, record.VIFs)
  expect(vif?.currently_attached).toBe(true)
  expect(messagesOf(point, report.newVmUuid)).toEqual(['VM_RESUMED'])
  await point.client.xapi.run('VM.hard_shutdown', [ref], VoidAnswer)
  const off = await restored(point.restore(RESUME, { jobId, start: true }))
  expect(off.started).toBe(false)
  expect(off.notes.join(' ')).toContain('has been switched off since; that memory is gone')
})

test('killed after any call: a sweep leaves nothing, or a VM that is whole and can be resumed', async () => {
  const { point } = await withMemory()
  await using _ = point
  const { xapi, pool } = point.client
  const counted = mortalXapi(xapi, () => false)
  await restored(point.restore(RESUME, { agent: poolOfXapi(counted.xapi) }))
  const last = counted.done.lastIndexOf('VM.set_other_config')
  const image = counted.done.indexOf('/import_raw_vdi')
  // In the middle, and around the moment from which on the VM is a finished one.
  for (const changes of some([1, image, last - 1, last, last + 1])) {
    const vms = new Set(pool.state.database.all('VM').keys())
    const jobId = nextJob()
    const mortal = mortalXapi(xapi, done => done === changes)
    void point.restore(RESUME, { jobId, agent: poolOfXapi(mortal.xapi) })
    const died = await mortal.died
    const ours = (await point.pool.listOurs(point.owner)).filter(({ baseOf }) => !baseOf)
    const notes = await point.pool.removeOurs(ours)
    expect(
      notes.filter(note => !note.includes('still bore a mark')),
      died,
    ).toEqual([])
    const made = [...pool.state.database.all('VM').keys()].filter(ref => !vms.has(ref))
    expect(made, died).toHaveLength(changes <= last ? 0 : 1)
    for (const ref of made) expect(await point.pool.startVm({ ref }), died).toBeUndefined()
    const left = (await namesLeft(point)).filter(({ name_label }) => /unfinished/.test(name_label))
    expect(left, died).toEqual([])
  }
})
