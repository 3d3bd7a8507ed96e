import { once } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pacedStore } from '#adapters/wrap/paced-object-store.ts'
import type { Repository } from '#repository/repository.ts'
import { backUp, OTHER_VM, VM } from '#test/support/repository/open.ts'
import {
  attempt,
  CHUNK,
  countWrites,
  dyingAt,
  expectSame,
  feed,
  halfDone,
  KiB,
  LOST,
  SOURCE,
  TIGHT,
  world,
} from '#test/support/repository/resumed-job.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

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
