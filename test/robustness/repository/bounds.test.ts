import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Repository } from '#repository/repository.ts'
import { randomImage } from '#test/support/repository/images.ts'
import {
  backUp,
  emptyStore,
  newRepository,
  OTHER_VM,
  readAll,
  VM,
} from '#test/support/repository/open.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

const MiB = 1024 * 1024
const CHUNK = 64 * 1024

describe('one byte budget', () => {
  test('many jobs, each with a pack open, come through with less room than one pack each', async () => {
    const tuning = { packTarget: MiB, segment: 4 * CHUNK }
    const { repository, random, jobId } = await newRepository(emptyStore(), {
      budgetBytes: MiB,
      tuning,
    })
    const jobs = Array.from({ length: 8 }, (_, i) => ({
      vmUuid: VM.replace(/.$/, String(i)),
      image: Buffer.from(random.bytes(12 * CHUNK)),
    }))
    const points = await Promise.all(
      jobs.map(({ vmUuid, image }) =>
        backUp(repository, { jobId: jobId(), vmUuid, disks: [{ diskId: 'a', image }] }),
      ),
    )
    // Two disks read in step: neither may hold all the room while it waits for the other.
    const [a, b] = points.map(({ point }) =>
      repository.readDisk(point, 'a')[Symbol.asyncIterator](),
    )
    for (let i = 0; i < 12; i++)
      for (const disk of [a, b]) expect((await disk?.next())?.done).toBe(false)
    await a?.return?.()
    await b?.return?.()
    for (const [i, { point }] of points.entries())
      expect(
        (await readAll(repository.readDisk(point, 'a'))).equals(jobs[i]?.image as Buffer),
      ).toBe(true)
  })

  test('reading ahead keeps to it', async () => {
    const store = emptyStore()
    const tuning = { segment: 2 * CHUNK, joinLimit: CHUNK }
    const { repository, random, jobId, reopen } = await newRepository(store, { tuning })
    const image = Buffer.from(random.bytes(16 * CHUNK))
    const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
    const chunksReadWith = async (budgetBytes: number) => {
      let reads = 0
      const counting = faulty(store, [
        { on: 'get', key: /^packs/, times: 1000, before: () => reads++ },
      ])
      const engine = await reopen({ store: counting, tuning, budgetBytes })
      const disk = engine.readDisk(point, 'a')[Symbol.asyncIterator]()
      await disk.next()
      await disk.return?.()
      return reads
    }
    // One segment is due, three more are read ahead where there is room.
    expect(await chunksReadWith(2 * CHUNK)).toBe(2)
    expect(await chunksReadWith(100 * CHUNK)).toBe(8)
  })

  test('a slow store slows the source down instead of filling memory', async () => {
    const store = emptyStore()
    const { repository, random, jobId, reopen } = await newRepository(store)
    await repository.close()
    let release = () => {}
    const gate = new Promise<void>(resolve => {
      release = resolve
    })
    const slow: ObjectStore = {
      ...store,
      put: async (key, parts) => {
        await gate
        return store.put(key, parts)
      },
    }
    const engine = await reopen({ store: slow, budgetBytes: 2 * MiB })
    const writer = await engine.beginPoint({ jobId: jobId(), vmUuid: VM })
    const disk = await writer.disk({ diskId: 'a', size: 8 * MiB, chunkSize: CHUNK, keep: false })
    let accepted = 0
    const source = (async () => {
      for (let at = 0; at < 8 * MiB; at += CHUNK) {
        await disk.write(at, Buffer.from(random.bytes(CHUNK)))
        accepted += CHUNK
      }
    })()
    await vi.waitFor(() => expect(accepted).toBeGreaterThan(MiB), 20_000)
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(accepted).toBeLessThanOrEqual(3 * MiB)
    release()
    await source
    await disk.finish()
    expect((await writer.commit({})).disks).toHaveLength(1)
  })
})

test('a pack that gets nothing more for a while is sent', async () => {
  const store = emptyStore()
  const tuning = { packIdle: 20 }
  const { repository, random, jobId } = await newRepository(store, { tuning })
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
  const disk = await writer.disk({ diskId: 'a', size: MiB, chunkSize: CHUNK, keep: false })
  await disk.write(0, Buffer.from(random.bytes(CHUNK)))
  await vi.waitFor(() => expect(keysOf(store, 'packs/')).toHaveLength(1), 20_000)
  await writer.abort()
})

describe('the table in a cache directory', () => {
  let cacheDir: string
  beforeEach(() => {
    cacheDir = mkdtempSync(join(tmpdir(), 'xenkeep-cache-'))
  })
  afterEach(() => rmSync(cacheDir, { recursive: true }))

  const prepared = async () => {
    const store = emptyStore()
    const made = await newRepository(store, { cacheDir })
    const image = randomImage(made.random, 2 * MiB, CHUNK)
    await backUp(made.repository, { jobId: made.jobId(), disks: [{ diskId: 'a', image }] })
    await made.repository.close()
    return { ...made, store, image }
  }

  test('survives a restart: no trailer and no segment is read again', async () => {
    const { store, reopen, jobId, image } = await prepared()
    let reads = 0
    const counting = faulty(store, [
      { on: 'get', key: /^(index|packs|meta)\//, times: 1000, before: () => reads++ },
    ])
    const engine = await reopen({ store: counting, cacheDir })
    const disks = [{ diskId: 'a', image }]
    const { statistics } = await backUp(engine, { jobId: jobId(), vmUuid: OTHER_VM, disks })
    expect(statistics.newBytes).toBe(0)
    expect(reads).toBe(0)
    await engine.close()
  })

  test('is built again when its file is damaged', async () => {
    const { reopen, jobId, image } = await prepared()
    for (const name of readdirSync(cacheDir)) writeFileSync(join(cacheDir, name), 'no database')
    const engine = await reopen({ cacheDir })
    const disks = [{ diskId: 'a', image }]
    const { point, statistics } = await backUp(engine, { jobId: jobId(), vmUuid: OTHER_VM, disks })
    expect(statistics.newBytes).toBe(0)
    expect((await readAll(engine.readDisk(point, 'a'))).equals(image)).toBe(true)
    await engine.close()
  })

  test('is shared by processes that write at the same time', async () => {
    const { reopen, random, jobId } = await prepared()
    const agents = await Promise.all([reopen({ cacheDir }), reopen({ cacheDir })])
    const images = agents.map(() => Buffer.from(random.bytes(MiB)))
    const written = await Promise.all(
      agents.map((agent, i) =>
        backUp(agent, {
          jobId: jobId(),
          vmUuid: i ? VM : OTHER_VM,
          disks: [{ diskId: 'a', image: images[i] as Buffer }],
        }),
      ),
    )
    for (const [i, { point }] of written.entries())
      expect(
        (await readAll((agents[1 - i] as Repository).readDisk(point, 'a'))).equals(
          images[i] as Buffer,
        ),
      ).toBe(true)
    for (const agent of agents) await agent.close()
  })

  test('of another version is built again', async () => {
    const { reopen, jobId, image } = await prepared()
    const [name] = readdirSync(cacheDir).filter(file => file.endsWith('.sqlite'))
    const db = new DatabaseSync(join(cacheDir, name as string))
    db.exec('DROP TABLE records; PRAGMA user_version = 99')
    db.close()
    const engine = await reopen({ cacheDir })
    const disks = [{ diskId: 'a', image }]
    const { statistics } = await backUp(engine, { jobId: jobId(), vmUuid: OTHER_VM, disks })
    expect(statistics.newBytes).toBe(0)
    await engine.close()
  })

  test('knows what another agent has written since', async () => {
    const { reopen, random, jobId } = await prepared()
    const mine = await reopen({ cacheDir })
    const fresh = Buffer.from(random.bytes(MiB))
    const disks = [{ diskId: 'b', image: fresh }]
    await backUp(await reopen(), { jobId: jobId(), vmUuid: OTHER_VM, disks })
    const { statistics } = await backUp(mine, { jobId: jobId(), disks })
    expect(statistics.newBytes).toBe(0)
    await mine.close()
  })
})

test('a damaged index segment costs GETs, nothing else', async () => {
  const store = emptyStore()
  const { repository, random, jobId, reopen } = await newRepository(store)
  const image = randomImage(random, 2 * MiB, CHUNK)
  const { point } = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
  const [segment] = keysOf(store, 'index/')
  store.objects.set(segment as string, { bytes: Buffer.from('rubbish'), modified: 0 })
  const again = await reopen()
  expect((await readAll(again.readDisk(point, 'a'))).equals(image)).toBe(true)
  const next = await again.beginPoint({ jobId: jobId(), vmUuid: VM, base: point })
  const disk = await next.disk({ diskId: 'a', size: image.length, keep: true })
  expect(await disk.finish()).toEqual({ rootHash: point.disks[0]?.rootHash })
  await next.commit({})
})

test('behind a slow store chunks are compressed harder, and the statistics say so', async () => {
  const level3Chunks = async (delay: number, compressionLevel: 1 | 3 | 'auto') => {
    const store = emptyStore()
    const { repository, random, jobId, reopen } = await newRepository(store)
    await repository.close()
    const slow: ObjectStore = {
      ...store,
      put: async (key, parts) => {
        await new Promise(resolve => setTimeout(resolve, delay))
        return store.put(key, parts)
      },
    }
    const tuning = { packTarget: 2 * CHUNK, packBlock: CHUNK, packsAhead: 1, compressionLevel }
    const engine = await reopen({ store: slow, tuning })
    const image = Buffer.from(random.bytes(300 * CHUNK))
    const { point } = await backUp(engine, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
    await engine.close()
    return point.statistics.level3Chunks
  }
  expect(await level3Chunks(5, 'auto')).toBeGreaterThan(50)
  expect(await level3Chunks(5, 1)).toBe(0)
  expect(await level3Chunks(0, 3)).toBe(300)
})
