import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { StoreUnavailableError } from '#core/errors/store.ts'
import type { ChunkMemory, SnapshotDisk } from '#gateway-agent/sources/api.ts'
import { readDisk } from '#gateway-agent/sources/read-disk.ts'
import type { Xapi } from '#gateway-agent/xapi/api.ts'
import { listOurs, removeOurs } from '#gateway-agent/xapi/leftovers.ts'
import { recordsOf, TaskRecord } from '#gateway-agent/xapi/records.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { destroySnapshot, keepCbtBases } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { type ClientOnPool, clientOnPool } from '#test/support/pool-client.ts'
import { applyExtents } from '#test/support/read-extents.ts'
import { selfSigned } from '#test/support/self-signed.ts'

const MIB = 1024 * 1024
const OWNER = '0123456789ab'
const JOB = '01JDA0000000000000000000A1'
const NEXT_JOB = '01JDA0000000000000000000A2'
const signal = new AbortController().signal

const content = Buffer.concat([randomBytes(3 * MIB), Buffer.alloc(4 * MIB), randomBytes(3 * MIB)])

const takeSnapshot = async ({ xapi, pool }: ClientOnPool, jobId = JOB) => {
  const snapshot = await snapshotVm(xapi, {
    vmUuid: pool.vms.web as string,
    jobId,
    owner: OWNER,
    signal,
  })
  return { snapshot, disk: snapshot.disks[0] as SnapshotDisk }
}

const start = async (options: PoolOptions = {}) => {
  const client = await clientOnPool({ web: [content] }, options)
  return { client, ...(await takeSnapshot(client)) }
}

const readAll = async (xapi: Xapi, disk: SnapshotDisk) => {
  const reading = await readDisk(xapi, { disk, signal })
  const bytes = await applyExtents(reading.extents(), Buffer.alloc(disk.size, 1))
  return { reading, bytes }
}

/** Nothing of ours may stay, neither object nor task. */
const expectCleanAfter = async (
  { xapi }: ClientOnPool,
  snapshot: Awaited<ReturnType<typeof snapshotVm>>,
) => {
  expect(await destroySnapshot(xapi, snapshot)).toEqual([])
  expect(await listOurs(xapi, OWNER)).toEqual([])
  const tasks = await xapi.call('task.get_all_records', [], recordsOf(TaskRecord))
  expect(Object.values(tasks).map(({ name_label }) => name_label)).toEqual([])
}

describe('NBD', () => {
  test('closing in mid-read: the lost requests are sent again over a new connection', async () => {
    const { client, snapshot, disk } = await start()
    await using _ = client
    client.fault({ kind: 'close-nbd', bytes: 2.5 * MIB })
    const { reading, bytes } = await readAll(client.xapi, disk)
    expect(bytes.equals(content)).toBe(true)
    expect(reading).toMatchObject({ rung: 'map-nbd', bytesRead: 8 * MIB })
    expect(reading.reasons).toEqual([
      expect.any(String),
      expect.stringMatching(/^a connection was lost and replaced: Reading over NBD from /),
    ])
    await expectCleanAfter(client, snapshot)
  })

  test('closing again and again: read on as a VHD stream from where it stopped, and said why', async () => {
    const { client, snapshot, disk } = await start()
    await using _ = client
    // The first connection yields two chunks, every later one not even one.
    client.fault({ kind: 'close-nbd', bytes: 2.5 * MIB })
    client.fault({ kind: 'close-nbd', bytes: 0.5 * MIB, times: 100 })
    const { reading, bytes } = await readAll(client.xapi, disk)
    expect(bytes.equals(content)).toBe(true)
    expect(reading).toMatchObject({ rung: 'vhd', incremental: false })
    expect(reading.reasons[1]).toMatch(
      /^read on as a VHD stream, because: Reading over NBD from 127\.0\.0\.1:\d+ failed: the host closed the connection\.$/,
    )
    expect(reading.reasons.join()).not.toContain('session_id')
    await expectCleanAfter(client, snapshot)
  })

  /** A client whose pool says something else about its NBD servers than is true. */
  const misled = ({ xapi }: ClientOnPool, lie: Record<string, unknown>): Xapi => ({
    ...xapi,
    call: async (method, parameters, as, options) => {
      const answer = await xapi.call(method, parameters, as, options)
      if (method !== 'VDI.get_nbd_info') return answer
      return z
        .array(z.looseObject({}))
        .parse(answer)
        .map(info => ({ ...info, ...lie })) as never
    },
  })

  test.each([
    [
      'another certificate',
      async () => ({ cert: (await selfSigned('other')).cert }),
      /its certificate is not the one that the pool names/,
    ],
    [
      'another name',
      async () => ({ subject: 'other.example' }),
      /its certificate is not made out to "other\.example"/,
    ],
    [
      'a session that is no more',
      async () => ({ exportname: '/nothing?session_id=OpaqueRef:x' }),
      /the host closed the connection/,
    ],
    ['a port where nobody is', async () => ({ port: 9 }), /ECONNREFUSED/],
  ])('%s: not read over NBD, and said why without the session', async (_, lie, why) => {
    const { client, disk } = await start()
    await using __ = client
    const { reading, bytes } = await readAll(misled(client, await lie()), disk)
    expect(bytes.equals(content)).toBe(true)
    expect(reading.rung).toBe('vhd')
    expect(reading.reasons[1]).toMatch(why)
    expect(reading.reasons.join()).not.toContain('OpaqueRef')
  })

  test('another size than the pool says is refused', async () => {
    const { client, disk } = await start()
    await using _ = client
    const larger = { ...disk, size: disk.size + MIB }
    const reading = await readDisk(client.xapi, { disk: larger, signal })
    await expect(applyExtents(reading.extents(), Buffer.alloc(larger.size))).rejects.toThrow(
      /it holds 10485760 bytes of a disk of 11534336/,
    )
    expect(reading.reasons[1]).toMatch(
      /it offers 10485760 bytes of the disk "web disk 0", which has 11534336/,
    )
  })

  test('aborted in mid-read: ends with the reason of the abort, nothing left behind', async () => {
    const { client, snapshot, disk } = await start()
    await using _ = client
    const stop = new AbortController()
    const reason = new Error('the job was cancelled')
    const reading = await readDisk(client.xapi, { disk, signal: stop.signal })
    const reader = (async () => {
      for await (const _extent of reading.extents()) stop.abort(reason)
    })()
    await expect(reader).rejects.toBe(reason)
    await expectCleanAfter(client, snapshot)
  })

  test('in clear text only where the settings allow it', async () => {
    const disks = { web: [content] }
    await using refusing = await clientOnPool(disks, { nbd: 'insecure_nbd' })
    const first = await readAll(refusing.xapi, (await takeSnapshot(refusing)).disk)
    expect(first.reading.rung).toBe('vhd')
    await using allowing = await clientOnPool(
      disks,
      { nbd: 'insecure_nbd' },
      { allowInsecureNbd: true },
    )
    const second = await readAll(allowing.xapi, (await takeSnapshot(allowing)).disk)
    expect(second.reading.rung).toBe('map-nbd')
    expect(second.bytes.equals(content)).toBe(true)
  })
})

test.each(['nbd', 'none'] as const)(
  'a receiver that fails (NBD: %s) is no failure of the pool: told as it is, and no other way is tried',
  async nbd => {
    const { client, snapshot, disk } = await start({ nbd })
    await using _ = client
    const failure = new StoreUnavailableError('answer: connection refused')
    let lent = 0
    const memory: ChunkMemory = {
      buffer: async () => {
        if (++lent > 2) throw failure
        return new Uint8Array(MIB)
      },
      giveBack: () => undefined,
    }
    const reading = await readDisk(client.xapi, { disk, signal })
    const before = [...reading.reasons]
    await expect(Array.fromAsync(reading.extents(memory))).rejects.toBe(failure)
    expect(reading.reasons).toEqual(before)
    expect(lent).toBe(3)
    await expectCleanAfter(client, snapshot)
  },
)

describe('VHD stream', () => {
  const handler = 'export_raw_vdi'

  test.each([
    [
      'at its start',
      { kind: 'in-band-error', handler, error: ['VDI_IO_ERROR', 'Device I/O errors'], bytes: 0 },
    ],
    [
      'in its middle',
      {
        kind: 'in-band-error',
        handler,
        error: ['VDI_IO_ERROR', 'Device I/O errors'],
        bytes: 3 * MIB,
      },
    ],
    ['cut without a word', { kind: 'cut-stream', handler, bytes: 3 * MIB }],
  ] as const)('an error %s: read again once, and nothing is lost', async (_, fault) => {
    const { client, snapshot, disk } = await start({ nbd: 'none' })
    await using __ = client
    client.fault(fault)
    const { reading, bytes } = await readAll(client.xapi, disk)
    expect(bytes.equals(content)).toBe(true)
    expect(reading.reasons.at(-1)).toMatch(/^read again as a VHD stream, because: /)
    await expectCleanAfter(client, snapshot)
  })

  test('an error page that would fill a chunk to its end is no part of the disk', async () => {
    const full = randomBytes(4 * MIB)
    await using client = await clientOnPool({ web: [full] }, { nbd: 'none' })
    const { disk } = await takeSnapshot(client)
    const firstBlock = 2_048 + 512 + 512 // head, table, bitmap
    const error = ['VDI_IO_ERROR', 'Device I/O errors']
    client.fault({ kind: 'in-band-error', handler, error, bytes: firstBlock + MIB - 100 })
    const { reading, bytes } = await readAll(client.xapi, disk)
    expect(bytes.equals(full)).toBe(true)
    expect(reading.reasons.at(-1)).toMatch(/^read again as a VHD stream, because: /)
  })

  describe('a host that gives an export up when nobody takes it for a while', () => {
    /** More than the sockets hold on both sides. */
    const large = randomBytes(24 * MIB)

    const readSlowly = async (pauseMs: number, patienceMs: number) => {
      const client = await clientOnPool({ web: [large] }, { nbd: 'none' })
      const { snapshot, disk } = await takeSnapshot(client)
      client.fault({ kind: 'give-up', handler, milliseconds: patienceMs })
      const reading = await readDisk(client.xapi, { disk, signal })
      const bytes = Buffer.alloc(disk.size)
      let read = 0
      for await (const extent of reading.extents()) {
        if (!extent.zero) bytes.set(extent.bytes, extent.offset)
        if (++read === 2) await new Promise(resolve => setTimeout(resolve, pauseMs))
      }
      expect(bytes.equals(large)).toBe(true)
      return { client, snapshot, reading }
    }

    test('a pause that it bears is none', async () => {
      const { client, snapshot, reading } = await readSlowly(30, 10_000) // a busy machine stands still for longer than one may think
      await using _ = client
      expect(reading.reasons.join()).not.toContain('VDI_IO_ERROR')
      await expectCleanAfter(client, snapshot)
    })

    test('a longer one: read on where it stopped, and said why', async () => {
      const { client, snapshot, reading } = await readSlowly(1_000, 300)
      await using _ = client
      expect(reading.reasons.at(-1)).toMatch(/^read again as a VHD stream, because: .*VDI_IO_ERROR/)
      await expectCleanAfter(client, snapshot)
    })
  })

  test('an HTTP 500 after the 200, every time: one clear error, nothing left behind', async () => {
    const { client, snapshot, disk } = await start({ nbd: 'none' })
    await using _ = client
    client.fault({
      kind: 'in-band-error',
      handler,
      error: ['SR_BACKEND_FAILURE_46', '', 'The VDI is not available', ''],
      times: 9,
    })
    await expect(readAll(client.xapi, disk)).rejects.toMatchObject({
      code: 'SR_UNAVAILABLE',
      xapiCode: 'SR_BACKEND_FAILURE_46',
      message:
        'The storage repository or the disk is not available (The VDI is not available) (export of the disk "web disk 0": SR_BACKEND_FAILURE_46).',
    })
    await expectCleanAfter(client, snapshot)
  })

  test('aborted in mid-read: ends with the reason of the abort, nothing left behind', async () => {
    const { client, snapshot, disk } = await start({ nbd: 'none' })
    await using _ = client
    const stop = new AbortController()
    const reading = await readDisk(client.xapi, { disk, signal: stop.signal })
    const reason = new Error('the job was cancelled')
    const reader = (async () => {
      for await (const _extent of reading.extents()) stop.abort(reason)
    })()
    await expect(reader).rejects.toBe(reason)
    await expectCleanAfter(client, snapshot)
  })
})

describe('changed-block tracking', () => {
  test('lost on the host: full, and says why', async () => {
    const { client, snapshot, disk } = await start()
    await using _ = client
    await keepCbtBases(client.xapi, snapshot)
    await client.simulator(`/sim/lose-cbt?vm=${client.pool.vms.web}&device=0`)
    const next = await takeSnapshot(client, NEXT_JOB)
    const base = { vdiUuid: disk.uuid, size: disk.size }
    const reading = await readDisk(client.xapi, { disk: next.disk, base, signal })
    expect(reading.incremental).toBe(false)
    expect(reading.reasons[0]).toMatch(/^full, because /)
    const bytes = await applyExtents(reading.extents(), Buffer.alloc(disk.size))
    expect(bytes.equals(content)).toBe(true)
    await destroySnapshot(client.xapi, next.snapshot)
  })

  test('an NBD failure in an incremental read still brings only changes', async () => {
    const { client, snapshot, disk } = await start()
    await using _ = client
    await keepCbtBases(client.xapi, snapshot)
    const change = randomBytes(1000)
    await client.guestWrite(client.pool.vms.web as string, 4 * MIB + 4096, change)
    const next = await takeSnapshot(client, NEXT_JOB)
    client.fault({ kind: 'close-nbd', bytes: 1, times: 100 })
    const base = { vdiUuid: disk.uuid, size: disk.size }
    const reading = await readDisk(client.xapi, { disk: next.disk, base, signal })
    const marked = Buffer.alloc(disk.size, 7)
    const bytes = await applyExtents(reading.extents(), marked)
    expect(reading).toMatchObject({ rung: 'vhd', incremental: true, bytesTotal: MIB })
    expect(bytes.subarray(4 * MIB + 4096, 4 * MIB + 5096).equals(change)).toBe(true)
    expect(bytes.subarray(0, 4 * MIB).equals(marked.subarray(0, 4 * MIB))).toBe(true)
    expect(bytes.subarray(5 * MIB).equals(marked.subarray(5 * MIB))).toBe(true)
    await destroySnapshot(client.xapi, next.snapshot)
    expect(await removeOurs(client.xapi, await listOurs(client.xapi, OWNER))).toEqual([])
  })
})
