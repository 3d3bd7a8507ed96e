import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { contradiction } from '#gateway-agent/sources/block-map.ts'
import { readDisk } from '#gateway-agent/sources/read-disk.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { keepCbtBases } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import type { Fault } from '#sim/faults/faults.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { clientOnPool } from '#test/support/pool-client.ts'
import { applyExtents } from '#test/support/read-extents.ts'

const KIB = 1024
const MIB = 1024 * KIB
const signal = new AbortController().signal

describe('a map is contradicted', () => {
  const size = 20 * MIB + 512
  const ask = async (data: number[], { changed = [] as number[], map = [[0, 2]] } = {}) => {
    const read: number[] = []
    const why = await contradiction(
      map.map(([from = 0, to = 0]) => ({ offset: from * MIB, length: (to - from) * MIB })),
      {
        disk: { size },
        changed: changed.map(offset => ({ offset, length: 64 * KIB })),
        random: () => 0.5,
        read: async (offset, target) => {
          read.push(offset)
          target.fill(0)
          for (const at of data)
            if (at >= offset && at < offset + target.length) target[at - offset] = 1
        },
      },
    )
    return { why, read }
  }

  test('by no block that is listed or reads as zero', async () => {
    const { why, read } = await ask([MIB], { changed: [MIB, 4 * MIB] })
    expect(why).toBeUndefined()
    expect(read).toContain(4 * MIB)
    expect(read.every(offset => offset >= 2 * MIB)).toBe(true)
    expect(read.length).toBeLessThanOrEqual(1 + 1 + 32)
  })

  test('by a changed block that holds data, wherever it lies', async () => {
    const at = 7 * MIB + 64 * KIB * 3
    const { why } = await ask([at + 5], { changed: [0, at] })
    expect(why).toBe(
      `changed-block tracking knows of data at ${at} bytes that the map of allocated blocks leaves out`,
    )
  })

  test('by data in the first or the last block of the disk', async () => {
    expect((await ask([3], { map: [[2, 4]] })).why).toMatch(/^there is data at 0 bytes/)
    expect((await ask([size - 1])).why).toMatch(/^there is data at 20971520 bytes/)
  })

  test('by what it leaves out at large', async () => {
    const { why } = await ask(Array.from({ length: 128 }, (_, block) => 4 * MIB + block * 64 * KIB))
    expect(why).toMatch(/although the map of allocated blocks leaves it out$/)
  })
})

/** Data in the blocks 0, 2 and 7 of 2 MiB. */
const content = Buffer.alloc(16 * MIB)
for (const at of [0, 4 * MIB, 15 * MIB]) content.set(randomBytes(MIB / 2), at)

const start = async (options: PoolOptions = {}, jobId = '01JDA0000000000000000000A1') => {
  const client = await clientOnPool({ web: [content] }, options)
  const shoot = async (id = jobId) => {
    const snapshot = await snapshotVm(client.xapi, {
      vmUuid: client.pool.vms.web as string,
      jobId: id,
      owner: '0123456789ab',
      signal,
    })
    const [disk] = snapshot.disks
    if (!disk) throw new Error('the snapshot has no disk')
    return { snapshot, disk }
  }
  return { client, shoot, ...(await shoot()) }
}

const forget = (blocks: number[]): Fault => ({
  kind: 'forget-blocks',
  handler: 'export_raw_vdi',
  blocks,
})

describe('a full read over NBD', () => {
  test('fetches the blocks of the map and nothing that was never written', async () => {
    const { client, disk } = await start()
    await using _ = client
    const reading = await readDisk(client.xapi, { disk, signal })
    const bytes = await applyExtents(reading.extents(), Buffer.alloc(disk.size, 1))
    expect(bytes.equals(content)).toBe(true)
    expect(reading).toMatchObject({ rung: 'map-nbd', incremental: false, bytesTotal: 16 * MIB })
    expect(reading.reasons).toHaveLength(1)
    // Three blocks of 2 MiB, a sample of 64 KiB blocks, the head of the VHD with what was on its way behind it.
    expect(reading.bytesRead).toBeLessThan(10 * MIB)
  })

  test('reads every block where the map leaves out the end of the disk, and says so', async () => {
    const { client, disk } = await start()
    await using _ = client
    client.fault(forget([7]))
    // The last 64 KiB of the disk are zero, so only the sample can tell.
    const ends = await readDisk(client.xapi, { disk, signal })
    const bytes = await applyExtents(ends.extents(), Buffer.alloc(disk.size, 1))
    expect(bytes.equals(content)).toBe(true)
    expect(ends.rung).toBe('nbd')
    expect(ends.reasons.at(-1)).toMatch(
      /^every block read over NBD, because there is data at 157\d{5} bytes although the map/,
    )
  })

  test('believes changed-block tracking more than the map, where both are there', async () => {
    const first = await start()
    await using _ = first.client
    const { client, snapshot, disk } = first
    await keepCbtBases(client.xapi, snapshot)
    // One block of 64 KiB in a stretch of the disk that a sample would hardly meet.
    const change = randomBytes(64 * KIB)
    const at = 9 * MIB + 64 * KIB
    await client.guestWrite(client.pool.vms.web as string, at, change)
    const next = await first.shoot('01JDA0000000000000000000A2')
    client.fault(forget([4]))
    const base = { vdiUuid: disk.uuid, size: disk.size }
    const reading = await readDisk(client.xapi, { disk: next.disk, base, whole: true, signal })
    const bytes = await applyExtents(reading.extents(), Buffer.alloc(disk.size, 1))
    expect(bytes.subarray(at, at + change.length).equals(change)).toBe(true)
    expect(reading).toMatchObject({ rung: 'nbd', incremental: false })
    expect(reading.reasons).toEqual([
      `every block read over NBD, because changed-block tracking knows of data at ${at} bytes that the map of allocated blocks leaves out`,
    ])
  })

  test('reads every block where the map cannot be had', async () => {
    const { client, disk } = await start()
    await using _ = client
    const error = ['VDI_IO_ERROR', 'Device I/O errors']
    client.fault({ kind: 'in-band-error', handler: 'export_raw_vdi', error })
    const reading = await readDisk(client.xapi, { disk, signal })
    const bytes = await applyExtents(reading.extents(), Buffer.alloc(disk.size, 1))
    expect(bytes.equals(content)).toBe(true)
    expect(reading.rung).toBe('nbd')
    expect(reading.reasons[1]).toMatch(
      /^every block read over NBD, because the map of its blocks could not be had: .*VDI_IO_ERROR/,
    )
    expect(reading.bytesRead).toBeGreaterThanOrEqual(16 * MIB)
  })
})
