import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { SnapshotDisk } from '#gateway-agent/sources/api.ts'
import { readDisk } from '#gateway-agent/sources/read-disk.ts'
import { vmExport } from '#gateway-agent/sources/xva/export.ts'
import { RefText, recordsOf, TaskRecord, VdiRecord, VmRecord } from '#gateway-agent/xapi/records.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { destroySnapshot } from '#gateway-agent/xapi/snapshot/snapshot-removal.ts'
import { type ClientOnPool, clientOnPool } from '#test/support/pool-client.ts'
import { applyExtents } from '#test/support/read-extents.ts'

const MIB = 1024 * 1024
const contents = [randomBytes(3 * MIB), randomBytes(2 * MIB), randomBytes(4 * MIB)]

const start = async () => {
  const client = await clientOnPool({ web: contents })
  const stop = new AbortController()
  const { signal } = stop
  const snapshot = await snapshotVm(client.xapi, {
    vmUuid: client.pool.vms.web as string,
    jobId: '01JDA0000000000000000000A1',
    owner: '0123456789ab',
    signal,
  })
  const whole = vmExport(client.xapi, { ref: snapshot.ref, name: 'web' })
  const readings = await Promise.all(
    snapshot.disks.map(disk =>
      readDisk(client.xapi, { disk, signal, export: whole, wire: 'gzip' as const }),
    ),
  )
  return { client, snapshot, readings, stop }
}

const tasksOf = async ({ xapi }: ClientOnPool) => {
  const tasks = await xapi.call('task.get_all_records', [], recordsOf(TaskRecord))
  return Object.values(tasks).map(({ name_label }) => name_label)
}

describe('one stream for several disks', () => {
  test('begins without those of which nothing is needed any more', async () => {
    const { client, snapshot, readings } = await start()
    await using _ = client
    expect(new Set(readings.map(({ together }) => together)).size).toBe(1)
    const [first, ...others] = readings
    expect(first?.skip([{ offset: 0, length: 3 * MIB }])).toBe(3 * MIB)
    const read = await Promise.all(
      [first, ...others].map((reading, index) =>
        applyExtents(
          reading?.extents() ?? (async function* () {})(),
          Buffer.alloc(contents[index]?.length ?? 0),
        ),
      ),
    )
    expect(read[0]?.equals(Buffer.alloc(3 * MIB))).toBe(true)
    expect(
      read.slice(1).map((bytes, index) => bytes.equals(contents[index + 1] as Buffer)),
    ).toEqual([true, true])
    expect(await tasksOf(client)).toEqual([])
    expect(await destroySnapshot(client.xapi, snapshot)).toEqual([])
  })

  test('ends for all when one is not read on, and leaves no task behind', async () => {
    const { client, snapshot, readings, stop } = await start()
    await using _ = client
    const reason = new Error('the job was cancelled')
    const all = await Promise.allSettled(
      readings.map(async reading => {
        for await (const _extent of reading.extents()) stop.abort(reason)
      }),
    )
    expect(all.map(result => result.status === 'rejected' && result.reason)).toEqual([
      reason,
      reason,
      reason,
    ])
    await expect.poll(() => tasksOf(client)).toEqual([])
    expect(await destroySnapshot(client.xapi, snapshot)).toEqual([])
  })

  test('what made one of them fail is told before what became of the others', async () => {
    const { client, readings } = await start()
    await using _ = client
    const told: unknown[] = []
    const full = new Error('the store is full')
    await Promise.all(
      readings.map(async (reading, index) => {
        try {
          for await (const _extent of reading.extents()) if (index === 1) throw full
        } catch (error) {
          told.push(error)
        }
      }),
    )
    expect(told[0]).toBe(full)
  })

  test('one that waits for others can be cancelled', async () => {
    const { client, readings, stop } = await start()
    await using _ = client
    const [first] = readings
    const waiting = first?.extents()[Symbol.asyncIterator]().next()
    const reason = new Error('the job was cancelled')
    setImmediate(() => stop.abort(reason))
    await expect(waiting).rejects.toBe(reason)
  })
})

test('the memory image of a checkpoint is in the stream', async () => {
  await using client = await clientOnPool({ web: [randomBytes(2 * MIB)] })
  const { xapi, pool } = client
  const vm = await xapi.call('VM.get_by_uuid', [pool.vms.web as string], RefText)
  const checkpoint = await xapi.run('VM.checkpoint', [vm, 'checkpoint'], RefText)
  const { suspend_VDI: ref } = await xapi.call('VM.get_record', [checkpoint], VmRecord)
  const { uuid, virtual_size: size, type } = await xapi.call('VDI.get_record', [ref], VdiRecord)
  expect(type).toBe('suspend')
  const disk: SnapshotDisk = {
    ...{ ref, uuid, size, liveUuid: uuid, userdevice: '', name: 'memory', cbt: false },
  }
  const { signal } = new AbortController()
  const whole = vmExport(xapi, { ref: checkpoint, name: 'web' })
  const reading = await readDisk(xapi, { disk, signal, export: whole, wire: 'zstd' })
  // It has the size of the machine's memory, too much to hold twice.
  let covered = 0
  let equal = true
  for await (const extent of reading.extents()) {
    const length = extent.zero ? extent.length : extent.bytes.length
    covered += length
    if (extent.zero) continue
    equal &&= (await pool.state.disks.read(uuid, extent.offset, length)).equals(extent.bytes)
  }
  expect(equal).toBe(true)
  expect(covered).toBe(size)
  expect(reading.rung).toBe('xva')
})
