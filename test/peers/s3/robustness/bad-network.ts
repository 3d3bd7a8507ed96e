import { expect, test } from 'vitest'
import { openRepository } from '#repository/open.ts'
import type { S3Call, Trouble } from '#test/support/cutting-proxy.ts'
import { chooser } from '#test/support/repository/interleaver.ts'
import { newRepository, PASSPHRASE, readAll, VM } from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { brokenStore } from './lost-replies.ts'
import { LOCKED, PLAIN, type S3Host } from './s3-host.ts'

const CHUNK = 64 * 1024
const DAY = 24 * 60 * 60 * 1000 // ms
const TROUBLES: Trouble[] = ['before', 'after', 'middle', 500, 503]

/**
 * Motivation: every request may fail in every way, and the one that repairs it may fail, too.
 *
 * Steps: through a proxy that breaks one request in four, by a seeded draw: a repository is made, a full point and an increment are written (locked
 * where the bucket can), both are read, all is verified; where there are no locks, the first is deleted and its packs are collected.
 *
 * Pass: everything succeeds; seen without the proxy there is one version of every object and no delete marker, no pack that no point
 * names, and both points are whole.
 */
export const testBadNetwork = (host: () => S3Host) =>
  test.each([
    [1, PLAIN],
    [2, PLAIN],
    [3, LOCKED],
  ])('seed %i: one request in four fails, in the bucket "%s"', async (seed, bucket) => {
    const choose = chooser(seededRandom(seed))
    const decide = (_: S3Call) => (choose.chance(25) ? choose.pick(TROUBLES) : undefined)
    const place = { bucket, prefix: `bad-network-${seed}` }
    const { store, direct, proxy } = await brokenStore(host(), place, decide)
    const tuning = { packTarget: 6 * CHUNK, segment: 4 * CHUNK }
    const { repository, random, jobId, clock } = await newRepository(store, { seed, tuning })
    clock.time = Date.now() // locks count from the store's

    const image = Buffer.from(random.bytes(16 * CHUNK))
    const images: Buffer[] = []
    const points = []
    for (const base of [undefined, 'latest']) {
      const keep = base !== undefined
      const lock = bucket === LOCKED ? { mode: 'governance' as const, days: 1 } : undefined
      const before = keep ? await repository.latestPoint(VM) : undefined
      const request = { jobId: jobId(), vmUuid: VM, base: before, lock }
      const writer = await repository.beginPoint(request)
      const disk = await writer.disk({ diskId: 'a', size: image.length, chunkSize: CHUNK, keep })
      if (keep) image.set(random.bytes(4 * CHUNK), 8 * CHUNK)
      const [from, to] = keep ? [8, 12] : [0, 16]
      await disk.write(from * CHUNK, Buffer.from(image.subarray(from * CHUNK, to * CHUNK)))
      await disk.finish()
      points.push(await writer.commit({}))
      images.push(Buffer.from(image))
    }
    for (const [i, point] of points.entries())
      expect((await readAll(repository.readDisk(point, 'a'))).equals(images[i] as Buffer)).toBe(
        true,
      )
    expect((await repository.check({ level: 2 })).findings).toEqual([])

    const [full, increment] = points as [(typeof points)[0], (typeof points)[0]]
    if (bucket === PLAIN) {
      await repository.removePoint(full, store)
      // At once; the stamps are the machine's, in whole seconds: it is now.
      const collecting = { store, tuning: { wait: -DAY, packAge: -DAY } }
      // As often as it takes to rewrite what is half dead and to remove what that leaves.
      const reports = []
      for (let run = 0; run < 6; run++) reports.push(await repository.collectGarbage(collecting))
      expect(Math.max(...reports.map(({ removed }) => removed.packs))).toBeGreaterThan(0)
    }
    await repository.close()

    const troubled = new Set(proxy.calls.map(({ trouble }) => trouble))
    expect([...TROUBLES, undefined].filter(trouble => !troubled.has(trouble))).toEqual([])
    const versions = await Array.fromAsync(direct.versions(''))
    expect(versions.filter(({ latest, deleteMarker }) => !latest || deleteMarker)).toEqual([])
    const unlock = { passphrase: PASSPHRASE }
    const calm = await openRepository({
      store: direct,
      unlock,
      clock,
      random,
      tuning: { workers: 0 },
    })
    expect(await calm.check({ level: 2 })).toMatchObject({ findings: [], orphans: 0 })
    const last = await calm.latestPoint(VM)
    expect(last?.id).toBe(increment.id)
    expect((await readAll(calm.readDisk(increment, 'a'))).equals(image)).toBe(true)
    await calm.close()
  })
