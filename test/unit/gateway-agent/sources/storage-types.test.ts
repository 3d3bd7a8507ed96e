import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { XapiTaskLostError, XapiUnreachableError } from '#core/errors/xenserver.ts'
import type { DiskReading } from '#gateway-agent/sources/api.ts'
import { readDisk } from '#gateway-agent/sources/read-disk.ts'
import { vmExport } from '#gateway-agent/sources/xva/export.ts'
import type { Xapi } from '#gateway-agent/xapi/api.ts'
import { assertTaskSucceeded } from '#gateway-agent/xapi/connection/tasks.ts'
import type { TaskRecord } from '#gateway-agent/xapi/records.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { keepCbtBases } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import type { StorageTypeName } from '#sim/inventory/storage-types.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { type ClientOnPool, clientOnPool } from '#test/support/pool-client.ts'
import { applyExtents } from '#test/support/read-extents.ts'

const MIB = 1024 * 1024
const TIB = 1024 ** 4
const signal = new AbortController().signal

const shoot = async ({ xapi, pool }: ClientOnPool, jobId = '01JDA0000000000000000000A1') => {
  const vmUuid = pool.vms.web as string
  const snapshot = await snapshotVm(xapi, { vmUuid, jobId, owner: '0123456789ab', signal })
  const [disk] = snapshot.disks
  if (!disk) throw new Error('the snapshot has no disk')
  return { snapshot, disk }
}

test.each<[StorageTypeName, boolean, DiskReading['rung'], RegExp | undefined]>([
  ['nfs', true, 'map-nbd', undefined],
  ['ext', true, 'map-nbd', undefined],
  ['lvm', true, 'map-nbd', undefined],
  ['lvmoiscsi', true, 'map-nbd', undefined],
  ['gfs2', true, 'nbd', /keeps the disk as qcow2, not as VHD/],
  ['zfs-vol', false, 'nbd', /keeps the disk as raw, not as VHD/],
])('a disk on storage of type %s: CBT %s, read in full as %s', async (storage, cbt, rung, why) => {
  const content = Buffer.concat([randomBytes(MIB), Buffer.alloc(4 * MIB), randomBytes(MIB)])
  await using client = await clientOnPool({ web: [content] }, { storage })
  const { disk, snapshot } = await shoot(client)
  expect(disk.cbt).toBe(cbt)
  if (!cbt)
    expect(snapshot.notes).toEqual([
      'Changed-block tracking of the disk "web disk 0" cannot be switched on (SR_OPERATION_NOT_SUPPORTED), so every backup reads it in full.',
    ])
  const reading = await readDisk(client.xapi, { disk, signal })
  const bytes = await applyExtents(reading.extents(), Buffer.alloc(disk.size, 1))
  expect(bytes.equals(content)).toBe(true)
  expect(reading.rung).toBe(rung)
  if (why) expect(reading.reasons.at(-1)).toMatch(why)
})

describe('a disk of more than 2 TiB', () => {
  const size = 2 * TIB + 32 * MIB
  const at = 2 * TIB + 5 * MIB + 64 * 1024
  const data = randomBytes(128 * 1024)

  const start = async (options: PoolOptions = {}) => {
    const vms = [{ name: 'web', disks: [{ size }] }]
    const client = await clientOnPool({}, { vms, storage: 'gfs2', ...options })
    const write = (offset: number) => client.guestWrite(client.pool.vms.web as string, offset, data)
    return { client, write }
  }

  /** All data in what is read: offset and bytes; and how much is zero. */
  const collect = async (reading: DiskReading) => {
    const found: [number, Uint8Array][] = []
    let zeros = 0
    for await (const extent of reading.extents())
      if (extent.zero) zeros += extent.length
      else found.push([extent.offset, extent.bytes])
    return { found, zeros }
  }

  test('is read over NBD where it changed, far behind where a VHD ends', async () => {
    const { client, write } = await start()
    await using _ = client
    const first = await shoot(client)
    expect(await keepCbtBases(client.xapi, first.snapshot)).toEqual([])
    await write(at)
    const { disk } = await shoot(client, '01JDA0000000000000000000A2')
    const base = { vdiUuid: first.disk.uuid, size }
    const reading = await readDisk(client.xapi, { disk, base, signal })
    const { found } = await collect(reading)
    expect(reading).toMatchObject({
      rung: 'cbt-nbd',
      incremental: true,
      bytesRead: MIB,
      reasons: [],
    })
    expect(found.map(([offset]) => offset)).toEqual([2 * TIB + 5 * MIB])
    const inside = at - (2 * TIB + 5 * MIB)
    expect(
      Buffer.from(found[0]?.[1] ?? [])
        .subarray(inside, inside + data.length)
        .equals(data),
    ).toBe(true)
  })

  test('is read over NBD from end to end the first time, and says why', async () => {
    const { client, write } = await start()
    await using _ = client
    await write(MIB)
    const { disk } = await shoot(client)
    const reading = await readDisk(client.xapi, { disk, signal })
    expect(reading.bytesTotal).toBe(size)
    expect(reading.reasons.at(-1)).toBe(
      'every block read over NBD, because the disk has 2049 GiB and a VHD ends at 2040 GiB',
    )
    for await (const extent of reading.extents()) if (extent.offset >= 4 * MIB) break
    expect(reading.rung).toBe('nbd')
  })

  test('comes with the stream of the whole VM where there is no NBD', async () => {
    const { client, write } = await start({ nbd: 'none' })
    await using _ = client
    await write(at)
    const { snapshot, disk } = await shoot(client)
    const { ref } = snapshot
    const whole = vmExport(client.xapi, { ref, name: 'web' })
    const reading = await readDisk(client.xapi, { disk, signal, export: whole })
    const { found, zeros } = await collect(reading)
    expect(reading.rung).toBe('xva')
    expect(reading.reasons.at(-1)).toMatch(
      /^read from the stream of the whole VM, because no network/,
    )
    // The first and the last chunk are sent whatever is in them.
    expect(found.map(([offset]) => offset)).toEqual([0, 2 * TIB + 5 * MIB, size - MIB])
    expect(zeros).toBe(size - 3 * MIB)
  })

  test('is refused as VHD by the host', async () => {
    const { client } = await start()
    await using _ = client
    const { disk } = await shoot(client)
    const query = { vdi: disk.ref, format: 'vhd' }
    const download = await client.xapi.download('/export_raw_vdi', { query, what: 'the export' })
    await expect(Array.fromAsync(download.body)).rejects.toMatchObject({
      xapiCode: 'VDI_TOO_LARGE',
    })
    await download.close()
  })
})

test.each([
  ['has forgotten its task, as it does after 24 hours', new XapiTaskLostError('the export')],
  ['does not answer any more', new XapiUnreachableError(['10.0.0.1'], 'ECONNREFUSED')],
])(
  'a VHD stream that was complete counts although XenServer %s; it is read once',
  async (_, failure) => {
    const content = randomBytes(8 * MIB)
    await using client = await clientOnPool({ web: [content] }, { nbd: 'none' })
    const { disk } = await shoot(client)
    let streams = 0
    const failing: Xapi = {
      ...client.xapi,
      download: async (path, options) => ({
        ...(await client.xapi.download(path, options)),
        outcome: async () => {
          streams++
          throw failure
        },
      }),
    }
    const reading = await readDisk(failing, { disk, signal })
    const bytes = await applyExtents(reading.extents(), Buffer.alloc(disk.size))
    expect(bytes.equals(content)).toBe(true)
    expect(streams).toBe(1)
    expect(reading.rung).toBe('vhd')
    expect(reading.reasons.at(-1)).toBe(
      `XenServer did not say how the export ended, but the stream was complete: ${failure.message}`,
    )
  },
)

test.each([
  ['VDI_IO_ERROR', 'at the end'],
  // Of a call these would mean that the pool could not be asked; of a task they are its end.
  ['HOST_OFFLINE', 'OpaqueRef:host'],
  ['TOO_BUSY'],
  ['SESSION_INVALID', 'OpaqueRef:session'],
])(
  'a VHD stream that was complete does not count where the task of its export failed with %s',
  async (...description) => {
    await using client = await clientOnPool({ web: [randomBytes(2 * MIB)] }, { nbd: 'none' })
    const { disk } = await shoot(client)
    const failing: Xapi = {
      ...client.xapi,
      download: async (path, options) => ({
        ...(await client.xapi.download(path, options)),
        outcome: async () => {
          const task = { status: 'failure', error_info: description } as unknown as TaskRecord
          assertTaskSucceeded(task, options.what)
        },
      }),
    }
    const reading = await readDisk(failing, { disk, signal })
    await expect(Array.fromAsync(reading.extents())).rejects.toMatchObject({
      xapiCode: description[0],
    })
  },
)
