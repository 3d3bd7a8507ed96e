import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Fault } from '#sim/faults/faults.ts'
import type { Pool } from '#sim/pool.ts'
import { type CommandLine, commandLine } from '#test/support/command-line.ts'
import { type Machine, MiB, startMachine } from '#test/support/machine.ts'
import { poolOfImages } from '#test/support/pool-of-images.ts'
import { contentOf, disksOf } from '#test/support/pool-state.ts'

/*
 * Motivation: XenKeep takes the best way to each disk that pool, storage and licence offer. Whatever it takes the point has to be
 * whole, and an administrator has to learn why it was not the best.
 * Steps: pools of different kinds behind one gateway, faults on the way; backups by the command line; a restore of each point.
 * Passes when the rung is the expected one, its sentence is printed and listed, and every restored disk is the disk as it was.
 */

const TIB = 1024 ** 4
const FIRST = 'Read in full, because this is the first recovery point of this VM in the repository.'
const IO_ERROR = ['VDI_IO_ERROR', 'Device I/O errors']
let machine: Machine
let pools: Record<'main' | 'qcow2' | 'raw' | 'noNbd', Pool>
let cli: CommandLine

beforeAll(async () => {
  const disk = (mib: number) => Buffer.concat([randomBytes(mib * MiB), Buffer.alloc(2 * MiB)])
  const qcow2 = await poolOfImages({ qcow: [disk(2)] }, { storage: 'gfs2' })
  const raw = await poolOfImages({ raw: [disk(2)] }, { storage: 'zfs-vol' })
  const noNbd = await poolOfImages(
    { plain: [disk(4), disk(2)], big: [{ size: 2 * TIB + 2 * MiB }] },
    { nbd: 'none', storage: 'gfs2' },
  )
  machine = await startMachine(
    { web: [disk(4), disk(2)], slow: [disk(2)] },
    { hosts: 2, morePools: [qcow2, raw, noNbd] },
  )
  pools = { main: machine.pool, qcow2, raw, noNbd }
  cli = commandLine(machine.site.dataDir)
}, 60_000)
afterEach(async () => {
  for (const pool of Object.values(pools)) pool.state.faults.clear()
  await machine.clean()
})
afterAll(async () => {
  await machine?.stop()
  for (const pool of Object.values(pools ?? {})) await pool.close()
})

const uuidOf = (pool: Pool, vm: string) => pool.vms[vm] ?? ''
/** As the guest would. */
const write = (pool: Pool, vm: string, offset: number, disk = 0) =>
  pool.state.disks.write(disksOf(pool, uuidOf(pool, vm))[disk] ?? '', offset, randomBytes(4096))
const fault = (pool: Pool, given: Fault) => pool.state.faults.add(given)

/** Backs up, and shows how each disk was read; every reason has to be printed at once and listed later. */
const backUp = async (vm: string, ...options: string[]) => {
  const printed = await cli.done('backup', vm, ...options)
  const [point] = await cli.points(vm)
  if (!point) throw new Error('no point')
  const table = await cli.done('points', '--vm', vm, '--limit', '1')
  for (const reason of point.disks.flatMap(({ reasons }) => reasons)) {
    expect(printed).toContain(reason)
    expect(table).toContain(reason.replace(/\.$/, ''))
  }
  const disks = point.disks.map(
    ({ rung, incremental }) => `${rung} ${incremental ? 'changes' : 'full'}`,
  )
  return { printed, disks, reasons: point.disks.map(disk => disk.reasons), read: point.bytesRead }
}

/** Restored as a new VM, its disks hold what those of the VM hold now. */
const prove = async (pool: Pool, vm: string) => {
  const expected = await contentOf(pool, uuidOf(pool, vm))
  const name = `${vm} proven`
  const printed = await cli.done('restore', `latest:${vm}`, '--name', name)
  expect(printed).toContain('content proven equal to the point')
  const { jobs } = await cli.latestRun()
  const [outcome] = jobs.map(job => job.outcome)
  if (outcome?.status !== 'restored') throw new Error(printed)
  const restored = await contentOf(pool, outcome.report.newVmUuid)
  expect(restored.map((bytes, i) => bytes.equals(expected[i] ?? Buffer.alloc(0)))).toEqual(
    expected.map(() => true),
  )
}

test('cbt-nbd: allocated blocks first, then changes only; of the snapshot nothing but the log of changes stays', async () => {
  const first = await backUp('web')
  expect(first.disks).toEqual(['map-nbd full', 'map-nbd full'])
  expect(first.reasons).toEqual([[FIRST], [FIRST]])
  expect(first.read).toBe(6 * MiB)
  await machine.clean()
  const vdis = [...pools.main.state.database.all('VDI').values()]
  const bases = vdis.filter(({ name_label }) => name_label.startsWith('XenKeep base of '))
  expect(bases.map(({ type }) => type)).toEqual(['cbt_metadata', 'cbt_metadata'])

  await write(pools.main, 'web', MiB + 100)
  const next = await backUp('web')
  expect(next).toMatchObject({
    disks: ['cbt-nbd changes', 'cbt-nbd changes'],
    reasons: [[], []],
    read: MiB,
  })
  expect(next.printed).toContain(
    'backed up, incremental, crash-consistent: read 1.00 MiB, new 1.00 MiB',
  )
  await prove(pools.main, 'web')
})

test('map-nbd again: where tracking was interrupted, and changes once more after that', async () => {
  const [disk = ''] = disksOf(pools.main, uuidOf(pools.main, 'web'))
  await machine.call('VDI.disable_cbt', pools.main.state.database.byUuid('VDI', disk))
  await write(pools.main, 'web', 2 * MiB)
  const full = await backUp('web')
  expect(full.disks).toEqual(['map-nbd full', 'cbt-nbd changes'])
  expect(full.reasons[0]).toEqual([
    'Full, because changed-block tracking was interrupted since the last backup (a storage migration, a revert, or switched off and on), so the two states are unrelated.',
  ])
  expect(full.printed).toContain('backed up, mixed, ')
  expect((await backUp('web')).disks).toEqual(['cbt-nbd changes', 'cbt-nbd changes'])
})

test('nbd: where the storage has no map of blocks, and where the map is wrong', async () => {
  const qcow = await backUp('qcow')
  expect(qcow.disks).toEqual(['nbd full'])
  expect(qcow.reasons[0]).toEqual([
    FIRST,
    'Every block read over NBD, because the storage repository keeps the disk as qcow2, not as VHD, so XenServer has no map of its blocks at hand.',
  ])
  await write(pools.qcow2, 'qcow', MiB)
  expect(await backUp('qcow')).toMatchObject({ disks: ['cbt-nbd changes'], read: MiB })
  await prove(pools.qcow2, 'qcow')

  const raw = await backUp('raw')
  expect(raw.disks).toEqual(['nbd full'])
  expect(raw.reasons[0]).toContain(
    'Full, because changed-block tracking is off for this disk and its storage repository does not allow it.',
  )
  expect(raw.printed).toContain(
    'note: Changed-block tracking of the disk "raw disk 0" cannot be switched on (SR_OPERATION_NOT_SUPPORTED), so every backup reads it in full.',
  )
  await prove(pools.raw, 'raw')

  fault(pools.main, { kind: 'forget-blocks', handler: 'export_raw_vdi', blocks: [0] })
  const wrong = await backUp('slow')
  expect(wrong.disks).toEqual(['nbd full'])
  expect(wrong.reasons[0]?.at(-1)).toMatch(
    /^Every block read over NBD, because there is data at \d+ bytes although the map of allocated blocks leaves it out\.$/,
  )
  await prove(pools.main, 'slow')
})

test('vhd: where the pool has no NBD, and its next increment', async () => {
  const why = 'Read as a VHD stream, because no network of the pool has the purpose "nbd".'
  const first = await backUp('plain')
  expect(first.disks).toEqual(['vhd full', 'vhd full'])
  expect(first.reasons).toEqual([
    [FIRST, why],
    [FIRST, why],
  ])
  await write(pools.noNbd, 'plain', 3 * MiB)
  await backUp('plain')
  await prove(pools.noNbd, 'plain')
})

test('xva: where VHD streams break, and for a disk that no VHD can hold', async () => {
  await write(pools.noNbd, 'plain', 0, 1)
  fault(pools.noNbd, {
    kind: 'in-band-error',
    handler: 'export_raw_vdi',
    error: IO_ERROR,
    times: 9,
  })
  const broken = await backUp('plain')
  expect(broken.disks).toEqual(['cbt-nbd changes', 'xva changes'])
  expect(broken.reasons.flat().join(' ')).toMatch(/stream of the whole VM, because: /)
  pools.noNbd.state.faults.clear()
  await prove(pools.noNbd, 'plain')

  const big = await backUp('big')
  expect(big.disks).toEqual(['xva full'])
  expect(big.reasons[0]?.at(-1)).toBe(
    'Read from the stream of the whole VM, because no network of the pool has the purpose "nbd", and the disk has 2049 GiB and a VHD ends at 2040 GiB.',
  )
  expect(big.printed).toContain('backed up, full, crash-consistent: read ')
  expect(await cli.done('points', '--vm', 'big')).toContain(' 2.00 TiB ')
})

test.each(['zstd', 'gzip'])(
  'xva by choice: --wire %s for what is read in full, changes still over NBD',
  async wire => {
    const [disk = ''] = disksOf(pools.main, uuidOf(pools.main, 'slow'))
    await machine.call('VDI.disable_cbt', pools.main.state.database.byUuid('VDI', disk))
    const full = await backUp('slow', '--wire', wire)
    expect(full.disks).toEqual(['xva full'])
    expect(full.reasons[0]?.at(-1)).toBe(
      `Read from the stream of the whole VM, compressed with ${wire}, because the job asks for it.`,
    )
    await prove(pools.main, 'slow')
    await write(pools.main, 'slow', MiB)
    expect(await backUp('slow', '--wire', wire)).toMatchObject({
      disks: ['cbt-nbd changes'],
      read: MiB,
    })
  },
)

test('a host that drops every NBD connection: the same disk goes on as a VHD stream', async () => {
  await write(pools.main, 'web', 0)
  fault(pools.main, { kind: 'close-nbd', bytes: 1_000, times: 99 })
  const { disks, reasons } = await backUp('web')
  expect(disks).toEqual(['vhd changes', 'cbt-nbd changes'])
  expect(reasons[0]?.[0]).toMatch(
    /^Read on as a VHD stream, because: Reading over NBD from 127\.0\.0\.\d:\d+ failed: the host closed the connection\.$/,
  )
  pools.main.state.faults.clear()
  await prove(pools.main, 'web')
})
