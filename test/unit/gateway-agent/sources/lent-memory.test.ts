import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { ChunkMemory } from '#gateway-agent/sources/api.ts'
import { readDisk } from '#gateway-agent/sources/read-disk.ts'
import { snapshotVm } from '#gateway-agent/xapi/snapshot/snapshot.ts'
import { clientOnPool } from '#test/support/pool-client.ts'
import { newRepository, readAll } from '#test/support/repository/open.ts'

const MIB = 1024 * 1024
const OWNER = '0123456789ab'
const JOB = '01JDA0000000000000000000A1'
const signal = new AbortController().signal

/** A receiver with so many buffers, in memory that threads share, each used again and again. */
const receiver = (buffers: number) => {
  const all = Array.from(
    { length: buffers },
    (_, i) => new Uint8Array(new SharedArrayBuffer((buffers + 1) * MIB), i * MIB, MIB),
  )
  const free = [...all]
  const waiting: ((buffer: Uint8Array) => void)[] = []
  const memory: ChunkMemory = {
    buffer: () => {
      const buffer = free.pop()
      return buffer
        ? Promise.resolve(buffer)
        : new Promise(resolve => {
            waiting.push(resolve)
          })
    },
    giveBack: bytes => {
      const buffer = all.find(
        one => one.buffer === bytes.buffer && one.byteOffset === bytes.byteOffset,
      )
      if (!buffer || free.includes(buffer)) throw new Error('no such buffer is lent')
      const next = waiting.shift()
      if (next) next(buffer)
      else free.push(buffer)
    },
  }
  return { memory, all, free }
}

const world = async (nbd: 'nbd' | 'insecure_nbd' | 'none', size = 12 * MIB + 4096) => {
  const content = randomBytes(size)
  content.fill(0, 4 * MIB, 6 * MIB)
  const client = await clientOnPool(
    { web: [content] },
    { nbd },
    { allowInsecureNbd: nbd === 'insecure_nbd' },
  )
  const vmUuid = client.pool.vms.web as string
  const snapshot = await snapshotVm(client.xapi, { vmUuid, jobId: JOB, owner: OWNER, signal })
  const [disk] = snapshot.disks
  if (!disk) throw new Error('no disk')
  const read = () => readDisk(client.xapi, { disk, signal })
  return { client, content, read }
}

const WAYS = [
  ['NBD over TLS', 'nbd'],
  ['NBD in clear text, straight from the socket', 'insecure_nbd'],
  ['a VHD stream', 'none'],
] as const

describe.each(WAYS)('%s into lent memory', (_, nbd) => {
  test.each([1, 2, 3, 20])(
    'with %i buffers: every byte, in the memory of the receiver, all of it back',
    async buffers => {
      const { client, content, read } = await world(nbd)
      await using _client = client
      const { memory, all, free } = receiver(buffers)
      const back = Buffer.alloc(content.length)
      for await (const extent of (await read()).extents(memory)) {
        if (extent.zero) continue
        const { offset, bytes } = extent
        expect(all.some(buffer => buffer.buffer === bytes.buffer)).toBe(true)
        back.set(bytes, offset)
        memory.giveBack(bytes)
      }
      expect(back.equals(content)).toBe(true)
      expect(free).toHaveLength(buffers)
    },
  )

  test('what is on its way when nobody wants more comes back, and nothing is written to it any more', async () => {
    const { client, read } = await world(nbd)
    await using _client = client
    const { memory, all, free } = receiver(6)
    for await (const extent of (await read()).extents(memory)) {
      if (!extent.zero) memory.giveBack(extent.bytes)
      break
    }
    await expect.poll(() => free.length).toBe(6)
    const before = Buffer.concat(all)
    await new Promise(resolve => setTimeout(resolve, 50)) // nothing to wait for: nothing may come
    expect(Buffer.concat(all).equals(before)).toBe(true)
  })
})

test('connections that break in the middle of a chunk are made good in the same memory', async () => {
  const { client, content, read } = await world('insecure_nbd')
  await using _client = client
  client.fault({ kind: 'close-nbd', bytes: 2 * MIB + 1000, times: 2 })
  const { memory, free } = receiver(4)
  const back = Buffer.alloc(content.length)
  const reading = await read()
  for await (const extent of reading.extents(memory)) {
    if (extent.zero) continue
    back.set(extent.bytes, extent.offset)
    memory.giveBack(extent.bytes)
  }
  expect(back.equals(content)).toBe(true)
  expect(reading.rung).toBe('map-nbd')
  await expect.poll(() => free.length).toBe(4)
})

test('a source that fails gives its memory to the next one', async () => {
  const { client, content, read } = await world('insecure_nbd')
  await using _client = client
  client.fault({ kind: 'close-nbd', bytes: 1000, times: 500 })
  const { memory, free } = receiver(3)
  const back = Buffer.alloc(content.length)
  const reading = await read()
  for await (const extent of reading.extents(memory)) {
    if (extent.zero) back.fill(0, extent.offset, extent.offset + extent.length)
    else {
      back.set(extent.bytes, extent.offset)
      memory.giveBack(extent.bytes)
    }
  }
  expect(back.equals(content)).toBe(true)
  expect(reading.rung).toBe('vhd')
  await expect.poll(() => free.length).toBe(3)
})

test.each(['nbd', 'insecure_nbd', 'none'] as const)(
  'three disks at once in a budget of two chunks: %s',
  async nbd => {
    const contents = [5, 9, 7].map(size => randomBytes(size * MIB + 512))
    await using client = await clientOnPool(
      { web: contents },
      { nbd },
      { allowInsecureNbd: nbd === 'insecure_nbd' },
    )
    const { repository, jobId } = await newRepository(memoryObjectStore(), {
      budgetBytes: 2 * MIB,
      tuning: {},
    })
    const vmUuid = client.pool.vms.web as string
    const snapshot = await snapshotVm(client.xapi, { vmUuid, jobId: JOB, owner: OWNER, signal })
    const writer = await repository.beginPoint({ jobId: jobId(), vmUuid })
    await Promise.all(
      snapshot.disks.map(async disk => {
        const target = await writer.disk({ diskId: disk.liveUuid, size: disk.size, keep: false })
        for await (const extent of (await readDisk(client.xapi, { disk, signal })).extents(target))
          if (extent.zero) await target.zero(extent.offset, extent.length)
          else await target.write(extent.offset, extent.bytes)
        await target.finish()
      }),
    )
    const point = await writer.commit({})
    for (const [i, disk] of snapshot.disks.entries()) {
      const bytes = await readAll(repository.readDisk(point, disk.liveUuid))
      expect(bytes.subarray(0, contents[i]?.length).equals(contents[i] as Buffer)).toBe(true)
    }
    await repository.close()
  },
)
