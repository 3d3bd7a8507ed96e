import { once } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty, type StoreFault } from '#adapters/wrap/faulty-object-store.ts'
import { pacedStore } from '#adapters/wrap/paced-object-store.ts'
import { StoreDeniedError, StoreUnavailableError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Tuning } from '#repository/engine.ts'
import { packName } from '#repository/format/names.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import type { DiskWriter, PointWriter } from '#repository/write/api.ts'
import { backUp, newRepository, OTHER_VM, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'

const KiB = 1024
const DAY = 24 * 60 * 60 * 1000
const CHUNK = 64 * KiB
/** Packs of four chunks, a checkpoint for eight. */
const TUNING = {
  packTarget: 4 * CHUNK,
  packBlock: CHUNK,
  checkpointBytes: 8 * CHUNK,
  segment: CHUNK,
}
/** So tight that a death costs little: what the next checkpoint would have told, four checkpoints and two packs on their way, chunks at work. */
const TIGHT = {
  ...TUNING,
  packTarget: 2 * CHUNK,
  checkpointBytes: 2 * CHUNK,
  packsAhead: 1,
  chunksAtWork: 2,
}
const LOST = 2 + 4 * 2 + 2 * 2 + 2
const SOURCE = 'snapshot-1'
const cut = () => new StoreUnavailableError('answer: the connection was cut')

const world = async (
  options: Parameters<typeof memoryObjectStore>[0] = {},
  tuning: Partial<Tuning> = TUNING,
) => {
  const time = frozenClock()
  const store = memoryObjectStore({ clock: time, ...options })
  const made = await newRepository(store, { tuning })
  const open = (on: ObjectStore = store) => made.reopen({ store: on, tuning })
  return { ...made, store, time, open }
}

/** Gives the disk what it still needs, as a job does. @returns chunks given */
const feed = async (disk: DiskWriter, image: Buffer, chunks?: readonly number[]) => {
  const isDone = (offset: number) =>
    disk.done.some(({ offset: from, length }) => from <= offset && offset < from + length)
  let given = 0
  for (const chunk of chunks ?? Array(Math.ceil(image.length / CHUNK)).keys()) {
    const offset = chunk * CHUNK
    if (isDone(offset)) continue
    given++
    await disk.write(offset, Buffer.from(image.subarray(offset, offset + CHUNK)))
  }
  return given
}

interface Attempt {
  job: string
  disks: Record<string, Buffer>
  base?: Point | undefined
  source?: string
  lock?: { mode: 'governance'; days: number }
  /** chunks to give; the others are the base's */
  changed?: readonly number[]
  vmUuid?: string
}

const attempt = async (
  repository: Repository,
  { job, disks, base, source = SOURCE, lock, changed, vmUuid = VM }: Attempt,
) => {
  const writer = await repository.beginPoint({ jobId: job, vmUuid, base, lock })
  const given = await Promise.all(
    Object.entries(disks).map(async ([diskId, image]) => {
      const keep = changed !== undefined
      const disk = await writer.disk({
        diskId,
        size: image.length,
        chunkSize: CHUNK,
        keep,
        source: `${source}/${diskId}`,
      })
      const count = await feed(disk, image, changed)
      await disk.finish()
      return count
    }),
  )
  const point = await writer.commit({})
  return { point, writer, given: given.reduce((a, b) => a + b, 0) }
}

/** The process dies at the PUT of this number: that one and all later ones do not come through. */
const dyingAt = (store: ReturnType<typeof memoryObjectStore>, put: number, lost: boolean) => {
  let puts = 0
  const all = Number.POSITIVE_INFINITY
  const death: StoreFault = {
    on: 'put',
    times: all,
    before: () => {
      puts++
      if (puts > put + (lost ? 1 : 0)) throw cut()
    },
    after: () => {
      if (puts > put) throw cut()
    },
  }
  return faulty(store, [death])
}

const expectSame = async (repository: Repository, point: Point, disks: Record<string, Buffer>) => {
  for (const [diskId, image] of Object.entries(disks))
    expect((await readAll(repository.readDisk(point, diskId))).equals(image)).toBe(true)
  expect((await repository.check({ level: 2 })).findings).toEqual([])
}

/** Runs a job until 24 chunks of its 48 are given, then loses the process; the memory of what was sent is lost too. */
const halfDone = async (options: Parameters<typeof memoryObjectStore>[0] = {}, source = SOURCE) => {
  const made = await world(options)
  const image = Buffer.from(made.random.bytes(48 * CHUNK))
  image.fill(0, 10 * CHUNK, 13 * CHUNK)
  const job = made.jobId()
  const repository = await made.open()
  const writer = await repository.beginPoint({ jobId: job, vmUuid: VM })
  const disk = await writer.disk({
    diskId: 'a',
    size: image.length,
    chunkSize: CHUNK,
    keep: false,
    source: `${source}/a`,
  })
  await feed(disk, image, [...Array(24).keys()])
  // A stop in good order leaves a last checkpoint: of all that was sent, not of the pack that was open.
  await writer.abort()
  await repository.close()
  const disks = { a: image }
  const again = async (changes: Partial<Attempt> = {}, on: ObjectStore = made.store) => {
    const next = await made.open(on)
    return { ...(await attempt(next, { job, disks, ...changes })), repository: next }
  }
  return { ...made, image, disks, job, again }
}

describe('a job that is run again goes on', () => {
  test('after a stop in good order only the open pack is given again', async () => {
    const { again, disks, store } = await halfDone()
    expect(keysOf(store, 'parts/').length).toBeGreaterThan(1)
    const { point, given, writer, repository } = await again()
    expect(given).toBeLessThanOrEqual(24 + 4)
    expect(given).toBeGreaterThanOrEqual(24)
    expect(point.statistics.resumedBytes).toBe((48 - given) * CHUNK)
    expect(writer.notes).toEqual([])
    await expectSame(repository, point, disks)
  })

  test('after it was called off while packs waited for bandwidth: it ends at once, and nothing that was sent is given again', async () => {
    const { random, jobId, store, open } = await world()
    const image = Buffer.from(random.bytes(48 * CHUNK))
    const stop = new AbortController()
    // Eight packs' worth, then the line is taken for good; checkpoints are small.
    let left = 33 * CHUNK
    const blocked = Promise.withResolvers<void>()
    const bucket = {
      take: async (bytes: number, signal?: AbortSignal) => {
        signal?.throwIfAborted()
        if (bytes < CHUNK) return
        left -= bytes
        if (left >= 0) return
        blocked.resolve()
        const aborted = signal ? once(signal, 'abort') : new Promise(() => undefined)
        await aborted
        throw signal?.reason
      },
    }
    const repository = await open(pacedStore(store, bucket))
    const job = jobId()
    const writer = await repository.beginPoint({ jobId: job, vmUuid: VM, signal: stop.signal })
    const request = { diskId: 'a', size: image.length, chunkSize: CHUNK, keep: false }
    const disk = await writer.disk({ ...request, source: `${SOURCE}/a` })
    const feeding = feed(disk, image).then(() => disk.finish())
    feeding.catch(() => undefined)
    await blocked.promise
    stop.abort(new Error('the job was called off'))
    await expect(feeding.then(() => writer.commit({}))).rejects.toThrow('the job was called off')
    await writer.abort()
    await repository.close()
    const again = await open()
    const { given, point } = await attempt(again, { job, disks: { a: image } })
    expect(given).toBeLessThanOrEqual(48 - 28)
    await expectSame(again, point, { a: image })
  })

  test('the root hash is that of a point made in one go', async () => {
    const { again, image, jobId } = await halfDone()
    const { point, repository } = await again()
    const whole = await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
    expect(point.disks[0]?.rootHash).toBe(whole.point.disks[0]?.rootHash)
  })

  test('another source is another disk: everything is given again', async () => {
    const { again, disks } = await halfDone()
    const { point, given, repository } = await again({ source: 'snapshot-2' })
    expect(given).toBe(48)
    expect(point.statistics.resumedBytes).toBeUndefined()
    await expectSame(repository, point, disks)
  })

  test('without a source there are no checkpoints', async () => {
    const { repository, jobId, random, store } = await world()
    const image = Buffer.from(random.bytes(40 * CHUNK))
    await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image }] })
    expect(keysOf(store, 'parts/')).toEqual([])
  })

  test('checkpoints of another job, or of another VM, are not looked at', async () => {
    const { again, jobId } = await halfDone()
    expect((await again({ job: jobId() })).given).toBe(48)
    expect((await again({ vmUuid: OTHER_VM })).given).toBe(48)
  })

  test('a time limit makes checkpoints of a slow source', async () => {
    const { repository, random, jobId, clock, store } = await world()
    const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
    const image = Buffer.from(random.bytes(6 * CHUNK))
    const request = { diskId: 'a', size: image.length, chunkSize: CHUNK, keep: false }
    const disk = await writer.disk({ ...request, source: SOURCE })
    await disk.write(0, Buffer.from(image.subarray(0, 5 * CHUNK)))
    expect(keysOf(store, 'parts/')).toEqual([])
    clock.time += 60_000
    await disk.write(5 * CHUNK, Buffer.from(image.subarray(5 * CHUNK)))
    await disk.finish()
    await writer.commit({})
    expect(keysOf(store, 'parts/')).toHaveLength(1)
  })
})

/**
 * Motivation: an agent is killed at any moment, more than once, and its local table is lost with it.
 * Steps: a job dies at a random PUT, before or after it took effect, up to four times; then it runs to its end. Full or incremental.
 * Pass: the point has the bytes, and the root hash, of one that was made in one go; what was given in all is bounded by the disk
 * and by what each death may cost; the check finds nothing.
 */
test('interrupted at random moments, the point is that of an uninterrupted job', async () => {
  const deaths = fc.array(fc.record({ put: fc.nat(60), lost: fc.boolean() }), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(deaths, fc.boolean(), async (plan, incremental) => {
      const { repository, random, jobId, store, open } = await world({}, TIGHT)
      const old = Buffer.from(random.bytes(59 * CHUNK + 4 * KiB))
      const base = await attempt(repository, { job: jobId(), disks: { a: old }, source: 'before' })
      await repository.close()
      const changed = [...Array(60).keys()].filter(chunk => !incremental || chunk % 3 > 0)
      const image = Buffer.from(random.bytes(old.length))
      for (let chunk = 0; incremental && chunk < 60; chunk += 3)
        old.copy(image, chunk * CHUNK, chunk * CHUNK, (chunk + 1) * CHUNK)
      const work = (on: Repository, job: string) =>
        attempt(on, {
          job,
          disks: { a: image },
          ...(incremental && { base: base.point, changed }),
        })
      const job = jobId()
      let given = 0
      for (const { put, lost } of plan) {
        const agent = await open(dyingAt(store, put, lost))
        const counting = countWrites(agent)
        // A job that is over before its death is found as it is by the next attempt.
        await work(counting.repository, job).catch(error =>
          expect(error.code).toBe('STORE_UNAVAILABLE'),
        )
        given += counting.chunks()
        await agent.close()
      }
      const last = await open()
      const counting = countWrites(last)
      const { point } = await work(counting.repository, job)
      given += counting.chunks()
      expect(given).toBeLessThanOrEqual(changed.length + plan.length * LOST)
      await expectSame(last, point, { a: image })
      const inOneGo = await work(last, jobId())
      expect(point.disks[0]?.rootHash).toBe(inOneGo.point.disks[0]?.rootHash)
      await last.close()
    }),
    { numRuns: 20, seed: 7 },
  )
})

/** The same without chance: a death at each PUT of a small job, before and after it took effect. */
test.each([false, true])('a death at each PUT, and the reply lost: %s', async lost => {
  const kinds = new Set<string>()
  for (let put = 0, died = true; died; put++) {
    const { random, jobId, store, open } = await world({}, TIGHT)
    const disks = { a: Buffer.from(random.bytes(10 * CHUNK)) }
    const job = jobId()
    const before = store.objects.size
    const agent = await open(dyingAt(store, put, lost))
    died = await attempt(agent, { job, disks }).then(
      () => false,
      () => true,
    )
    await agent.close()
    expect(store.objects.size - before).toBeLessThanOrEqual(put + (lost ? 1 : 0))
    for (const key of store.objects.keys()) kinds.add(key.split('/')[0] as string)
    const last = await open()
    const { point } = await attempt(last, { job, disks })
    await expectSame(last, point, disks)
    expect(await Array.fromAsync(last.points(VM))).toHaveLength(1)
    await last.close()
  }
  expect([...kinds].sort()).toEqual([
    'index',
    'intents',
    'keys',
    'meta',
    'packs',
    'parts',
    'points',
    'repo',
  ])
})

/** Counts the chunks that are given to a repository, also in attempts that fail. */
const countWrites = (repository: Repository) => {
  let chunks = 0
  const counted = (disk: DiskWriter): DiskWriter =>
    new Proxy(disk, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          if (name === 'write') chunks++
          return member.apply(target, args)
        }
      },
    })
  const proxied = <T extends object>(target: T, replace: Partial<T>): T =>
    new Proxy(target, {
      get: (of, name) => {
        const member = Reflect.get(replace, name) ?? Reflect.get(of, name, of)
        return typeof member === 'function' ? member.bind(of) : member
      },
    })
  return {
    chunks: () => chunks,
    repository: proxied(repository, {
      beginPoint: async request => {
        const writer: PointWriter = await repository.beginPoint(request)
        return proxied(writer, { disk: async asked => counted(await writer.disk(asked)) })
      },
    }),
  }
}

describe('what cannot be relied on is read again', () => {
  test('a damaged checkpoint is passed over, with a note', async () => {
    const { again, store, disks } = await halfDone()
    const [key] = keysOf(store, 'parts/') as [string]
    flipBit(store, key, 200)
    const { point, given, writer, repository } = await again()
    expect(given).toBeGreaterThan(28)
    expect(given).toBeLessThan(48)
    expect(writer.notes).toEqual([
      expect.stringMatching(/^A checkpoint is of no use and passed over: .*parts\//),
    ])
    await expectSame(repository, point, disks)
  })

  test('one that was copied to the name of another job is forged', async () => {
    const { again, store, jobId } = await halfDone()
    const job = jobId()
    for (const key of keysOf(store, 'parts/')) {
      const name = key.split('/').at(-1)
      await store.put(`parts/${job}/${name}`, [await store.get(key)])
    }
    const { given, writer } = await again({ job })
    expect(given).toBe(48)
    expect(writer.notes).toEqual([
      expect.stringMatching(/sealed for another name or another repository, or it was forged/),
    ])
  })

  test('one that is too large to be one is not even read', async () => {
    const { again, store, job } = await halfDone()
    await store.put(`parts/${job}/00000900`, [Buffer.alloc(8 * 1024 * KiB + 1)])
    const reads: string[] = []
    const watching = faulty(store, [
      { on: 'get', key: /00000900$/, times: 9, before: () => reads.push('read') },
    ])
    const { given, writer } = await again({}, watching)
    expect(given).toBeLessThanOrEqual(28)
    expect(reads).toEqual([])
    expect(writer.notes).toEqual([expect.stringContaining('more than a checkpoint can have')])
  })

  test('chunks of a pack that is gone', async () => {
    const { again, store, disks } = await halfDone()
    const [gone] = keysOf(store, 'packs/') as [string]
    store.objects.delete(gone)
    const { point, given, repository } = await again()
    expect(given).toBeGreaterThan(28)
    await expectSame(repository, point, disks)
  })

  test('packs that the collector has condemned since', async () => {
    const { again, store, time, repository, disks } = await halfDone()
    time.time += 4 * DAY
    const report = await repository.collectGarbage({ store })
    expect(report.condemned.packs).toBeGreaterThan(0)
    const { point, given, repository: later } = await again()
    expect(given).toBe(48 - 3) // the zeros are true for ever
    for (let i = 0; i < 3; i++) {
      time.time += 4 * DAY
      await later.collectGarbage({ store })
    }
    await expectSame(later, point, disks)
  })
})

test('checkpoints are not locked; the packs that they lead to are', async () => {
  const { again, store } = await halfDone()
  const lock = { mode: 'governance' as const, days: 3 }
  const { point, repository } = await again({ lock })
  const { until } = await repository.lockedUntil(point)
  expect(until).toBeGreaterThan(0)
  for (const { kind, ulid } of point.packs.values())
    expect(await store.retention(packName(kind, ulid))).toMatchObject({ mode: 'governance' })
  for (const key of keysOf(store, 'parts/')) expect(await store.retention(key)).toBeUndefined()
})

test('unfinished jobs are found until they are finished', async () => {
  const { again, job, repository } = await halfDone()
  expect(await repository.unfinishedJobs(OTHER_VM)).toEqual([])
  expect(await repository.unfinishedJobs(VM)).toEqual([
    {
      jobId: job,
      disks: [{ diskId: 'a', source: `${SOURCE}/a`, size: 48 * CHUNK, chunkSize: CHUNK }],
    },
  ])
  await again()
  expect(await repository.unfinishedJobs(VM)).toEqual([])
})

test('the collector clears checkpoints away when nobody goes on for a week', async () => {
  const { repository, store, time } = await halfDone()
  const collect = () => repository.collectGarbage({ store })
  const checkpoints = keysOf(store, 'parts/').length
  time.time += 6 * DAY
  expect((await collect()).checkpointsRemoved).toBe(0)
  time.time += DAY
  const { checkpointsRemoved, text } = await collect()
  expect(checkpointsRemoved).toBe(checkpoints)
  expect(text).toContain(`Cleared away ${checkpoints} checkpoints of jobs that are over.`)
  expect(keysOf(store, 'parts/')).toEqual([])
})

test('a store that takes no checkpoints gets its point all the same', async () => {
  const { random, jobId, store, open } = await world()
  const denied = new StoreDeniedError('memory:', 'put')
  const refusing = faulty(store, [
    { on: 'put', key: /^parts\//, times: Number.POSITIVE_INFINITY, instead: denied },
  ])
  const disks = { a: Buffer.from(random.bytes(40 * CHUNK)) }
  const repository = await open(refusing)
  const { point, writer } = await attempt(repository, { job: jobId(), disks })
  expect(writer.notes).toEqual([expect.stringMatching(/^No checkpoints can be left: .*anew\.$/)])
  await expectSame(repository, point, disks)
})

test('a store that was away for one checkpoint gets the next', async () => {
  const { random, jobId, store, open } = await world()
  const away = faulty(store, [{ on: 'put', key: /^parts\//, instead: cut() }])
  const disks = { a: Buffer.from(random.bytes(40 * CHUNK)) }
  const { writer } = await attempt(await open(away), { job: jobId(), disks })
  expect(writer.notes).toEqual([])
  expect(keysOf(store, 'parts/').length).toBeGreaterThan(1)
})

test('two attempts at once leave checkpoints side by side', async () => {
  const { random, jobId, store, open } = await world()
  const disks = { a: Buffer.from(random.bytes(40 * CHUNK)) }
  const job = jobId()
  const [one, two] = await Promise.all(
    [await open(), await open()].map(repository => attempt(repository, { job, disks })),
  )
  expect(one?.point).toEqual(two?.point)
  expect(keysOf(store, 'parts/').length).toBeGreaterThan(4)
})
