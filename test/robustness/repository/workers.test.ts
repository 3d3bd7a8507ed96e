import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import type { Repository } from '#repository/repository.ts'
import { ThreadCrew } from '#repository/workers/thread-crew.ts'
import { BufferPool } from '#repository/write/buffer-pool.ts'
import { randomImage } from '#test/support/repository/images.ts'
import { backUp, emptyStore, newRepository, readAll, VM } from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const MiB = 1024 * 1024
const SMALL_PACKS = { packTarget: 8 * CHUNK, packBlock: CHUNK, segment: 4 * CHUNK }

const opened: Repository[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map(repository => repository.close()))
})

const withWorkers = async (workers: number, seed = 7, tuning = {}) => {
  const store = emptyStore()
  const made = await newRepository(store, { seed, tuning: { ...SMALL_PACKS, workers, ...tuning } })
  opened.push(made.repository)
  return { store, ...made }
}

const contents = (store: ReturnType<typeof emptyStore>) =>
  [...store.objects].map(([key, { bytes }]) => [key, Buffer.from(bytes).toString('base64')])

test('threads write byte for byte what the calling thread writes', async () => {
  const image = randomImage(seededRandom(3), 40 * CHUNK, CHUNK)
  const written = async (workers: number) => {
    // One chunk at a time: with several the order of arrival is anybody's.
    const { store, repository, jobId } = await withWorkers(workers, 7, { chunksAtWork: 1 })
    await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
    return contents(store)
  }
  expect(await written(2)).toEqual(await written(0))
})

test('any disk comes back through threads, and its root hash is that of one thread', async () => {
  const { repository, jobId } = await withWorkers(2)
  const inline = await withWorkers(0)
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 30 }),
      fc.integer({ min: 1, max: 30 * CHUNK }),
      fc.boolean(),
      async (seed, size, lent) => {
        const image = randomImage(seededRandom(seed), size, CHUNK)
        const point = await (lent ? backUpLent : backUpOwn)(repository, jobId(), image)
        expect((await readAll(repository.readDisk(point, 'a'))).equals(image)).toBe(true)
        const other = await backUpOwn(inline.repository, inline.jobId(), image)
        // Other keys, other hashes: what must be equal is how many chunks were new, known and zero.
        const { chunks, zeroBytes, newBytes, changedBytes } = point.statistics
        expect(other.statistics).toMatchObject({ chunks, zeroBytes, newBytes, changedBytes })
      },
    ),
    { numRuns: 25 },
  )
  expect((await repository.check({ level: 2 })).findings).toEqual([])
})

const backUpOwn = async (repository: Repository, jobId: string, image: Buffer) =>
  (await backUp(repository, { jobId, disks: [{ diskId: 'a', image }] })).point

const backUpLent = async (repository: Repository, jobId: string, image: Buffer) => {
  const writer = await repository.beginPoint({ jobId, vmUuid: VM })
  const disk = await writer.disk({
    diskId: 'a',
    size: image.length,
    chunkSize: CHUNK,
    keep: false,
  })
  for (let at = 0; at < image.length; at += CHUNK) {
    const buffer = await disk.buffer()
    expect(buffer.length).toBe(CHUNK)
    const part = image.subarray(at, at + CHUNK)
    buffer.fill(0xee)
    buffer.set(part)
    await disk.write(at, buffer.subarray(0, part.length))
  }
  disk.giveBack(await disk.buffer())
  await disk.finish()
  return writer.commit({})
}

test('what is known already is neither compressed nor encrypted again', async () => {
  const { repository, jobId } = await withWorkers(2)
  const image = Buffer.from(seededRandom(5).bytes(12 * CHUNK))
  const ops: string[] = []
  const run = vi.spyOn(ThreadCrew.prototype, 'run')
  run.mockImplementation(function (this: ThreadCrew, task) {
    ops.push(task.op)
    return original.call(this, task)
  } as typeof original)
  try {
    await backUpOwn(repository, jobId(), image)
    expect(ops.filter(op => op !== 'identify' && op !== 'open')).toHaveLength(12)
    ops.length = 0
    await backUpOwn(repository, jobId(), image)
    expect([...new Set(ops)]).toEqual(['identify'])
  } finally {
    run.mockRestore()
  }
})

test('a disk of new chunks that comes to known ones and to new ones again is stored once and read back', async () => {
  const { repository, jobId } = await withWorkers(2)
  const known = Buffer.from(seededRandom(7).bytes(30 * CHUNK))
  await backUpOwn(repository, jobId(), known)
  const ops: string[] = []
  const run = vi.spyOn(ThreadCrew.prototype, 'run')
  run.mockImplementation(function (this: ThreadCrew, task) {
    ops.push(task.op)
    return original.call(this, task)
  } as typeof original)
  const fresh = Buffer.from(seededRandom(8).bytes(60 * CHUNK))
  // The last ten are the first ten again: sealed for nothing, and found out.
  const image = Buffer.concat([fresh, known, fresh.subarray(0, 10 * CHUNK)])
  try {
    const point = await backUpOwn(repository, jobId(), image)
    expect(ops).toContain('identify-and-seal')
    expect(ops).toContain('identify')
    expect(point.statistics.newBytes).toBe(60 * CHUNK)
    expect((await readAll(repository.readDisk(point, 'a'))).equals(image)).toBe(true)
  } finally {
    run.mockRestore()
  }
})
const original = ThreadCrew.prototype.run

describe('a thread that dies', () => {
  const dyingAfter = (tasks: number) =>
    new URL(
      `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from 'node:worker_threads'
      let left = ${tasks}
      parentPort.on('message', tasks => parentPort.postMessage(tasks.map(() => { if (left-- === 0) process.exit(3); return { result: { id: new Uint8Array(32) } } })))
    `)}`,
    )
  const task = { op: 'identify' as const, idKey: new Uint8Array(32), plaintext: new Uint8Array(8) }

  test('fails what it had with a code, and another takes its place', async () => {
    const crew = new ThreadCrew(1, { entry: dyingAfter(5) })
    const results = await Promise.allSettled(Array.from({ length: 30 }, () => crew.run(task)))
    const failed = results.filter(result => result.status === 'rejected')
    expect(failed.length).toBeGreaterThan(0)
    for (const { reason } of failed)
      expect(reason).toMatchObject({
        code: 'CHUNK_WORKER_FAILED',
        message: 'The work on a chunk was broken off, because its thread failed or was ended.',
      })
    expect(results.length - failed.length).toBeGreaterThan(2)
    await crew.close()
  })

  test('that cannot even start is no endless loop', async () => {
    const crew = new ThreadCrew(2, { entry: new URL('data:text/javascript,throw new Error("no")') })
    const results = await Promise.allSettled(Array.from({ length: 9 }, () => crew.run(task)))
    for (const result of results) expect(result.status).toBe('rejected')
    await crew.close()
  })

  test('leaves no point', async () => {
    const { store, repository, jobId } = await withWorkers(2)
    const run = vi.spyOn(ThreadCrew.prototype, 'run')
    let seals = 0
    run.mockImplementation(function (this: ThreadCrew, task) {
      // A record that cannot be sealed: the thread throws.
      const seal = task.op === 'seal' || task.op === 'identify-and-seal'
      if (seal && ++seals === 5) return original.call(this, { ...task, key: new Uint8Array(3) })
      return original.call(this, task)
    } as typeof original)
    try {
      const image = Buffer.from(seededRandom(6).bytes(20 * CHUNK))
      const failed = backUpOwn(repository, jobId(), image)
      await expect(failed).rejects.toMatchObject({ code: 'CHUNK_WORKER_FAILED' })
    } finally {
      run.mockRestore()
    }
    expect(keysOf(store, 'points/')).toEqual([])
    const image = Buffer.from(seededRandom(6).bytes(20 * CHUNK))
    const point = await backUpOwn(repository, jobId(), image)
    expect((await readAll(repository.readDisk(point, 'a'))).equals(image)).toBe(true)
  })
})

describe('given up in mid-flight', () => {
  test('a job leaves nothing running and no room taken', async () => {
    const { store, repository, jobId, random } = await withWorkers(2, 11, { budget: 4 * MiB })
    for (let round = 0; round < 3; round++) {
      const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
      const disk = await writer.disk({
        diskId: 'a',
        size: 64 * CHUNK,
        chunkSize: CHUNK,
        keep: false,
      })
      const lent = await disk.buffer()
      for (let at = 0; at < 20 * CHUNK; at += CHUNK)
        await disk.write(at, Buffer.from(random.bytes(CHUNK)))
      await writer.abort()
      await expect(disk.write(40 * CHUNK, lent)).rejects.toMatchObject({ code: 'INVALID_WRITE' })
    }
    expect(keysOf(store, 'points/')).toEqual([])
    // With room lost in the rounds before, this would wait for ever.
    const image = Buffer.from(random.bytes(60 * CHUNK))
    await backUpOwn(repository, jobId(), image)
  })

  test('a repository that is closed ends its threads; who waits gets a code', async () => {
    const { repository, jobId, random } = await withWorkers(2)
    const image = Buffer.from(random.bytes(32 * CHUNK))
    const point = await backUpOwn(repository, jobId(), image)
    const reading = readAll(repository.readDisk(point, 'a'))
    const threads = () => process.getActiveResourcesInfo().filter(name => name === 'MessagePort')
    const before = threads().length
    const failed = expect(reading).rejects.toMatchObject({ code: 'CHUNK_WORKER_FAILED' })
    await repository.close()
    await failed
    expect(threads().length).toBeLessThanOrEqual(before)
    await repository.close()
  })
})

test('more is never in packs and buffers than the budget allows', async () => {
  const store = emptyStore()
  const budget = 3 * MiB
  const { repository, jobId, random } = await newRepository(
    faulty(store, [{ on: 'put', key: /^packs/, times: 1000, before: async () => sleepTurn() }]),
    { tuning: { ...SMALL_PACKS, workers: 2 }, budgetBytes: budget },
  )
  opened.push(repository)
  let most = 0
  const take = BufferPool.prototype.take
  const watched = vi.spyOn(BufferPool.prototype, 'take')
  watched.mockImplementation(function (this: BufferPool, size) {
    const taken = take.call(this, size)
    most = Math.max(most, this.lent)
    return taken
  } as typeof take)
  try {
    await Promise.all(
      Array.from({ length: 4 }, (_, i) =>
        backUp(repository, {
          jobId: jobId(),
          vmUuid: VM.replace(/.$/, String(i)),
          disks: [{ diskId: 'a', image: Buffer.from(random.bytes(40 * CHUNK)) }],
        }),
      ),
    )
  } finally {
    watched.mockRestore()
  }
  // Beside it: blocks of the open packs rounded up (4 jobs, 2 kinds), and records that are being read back (2 threads, 5 of
  // 128 KiB). A buffer is a page larger than its chunk.
  expect(most).toBeLessThanOrEqual(
    budget + 8 * CHUNK + 5 * 2 * CHUNK + CHUNK + (budget / CHUNK) * 4096,
  )
  expect(most).toBeGreaterThan(budget / 2)
})

const sleepTurn = () => new Promise<void>(resolve => setImmediate(resolve))
