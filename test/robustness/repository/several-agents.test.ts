import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newUlid } from '#repository/format/ulid.ts'
import { openRepository } from '#repository/open.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import {
  emptyStore,
  newRepository,
  PASSPHRASE,
  readAll,
  VM,
} from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const CHUNKS = 12
const DAY = 24 * 60 * 60 * 1000 // ms

/** One attempt: what differs from the base, or everything. */
const backUp = async (
  repository: Repository,
  {
    jobId,
    image,
    base,
    old,
    midway,
  }: {
    jobId: string
    image: Buffer
    base?: Point | undefined
    old?: Buffer | undefined
    midway?: () => void
  },
): Promise<Point> => {
  const writer = await repository.beginPoint({ jobId, vmUuid: VM, base })
  try {
    const keep = base !== undefined
    const disk = await writer.disk({ diskId: 'a', size: image.length, chunkSize: CHUNK, keep })
    for (let at = 0; at < image.length; at += CHUNK) {
      const chunk = image.subarray(at, at + CHUNK)
      if (at === image.length / 2) midway?.()
      if (!old || !chunk.equals(old.subarray(at, at + CHUNK)))
        await disk.write(at, Buffer.from(chunk))
    }
    await disk.finish()
    return await writer.commit({})
  } finally {
    await writer.abort()
  }
}

/**
 * Motivation: a VM that two gateways believe to be theirs, a clock that nobody set. Steps: two agents, one with its clock a day ahead and one a day behind,
 * write one VM at the same time and in turns, each on the point that it finds to be the newest. Pass: wasteful at most; each point is the image that
 * its job read, and the check is content.
 */
test('two agents write one VM at once, with clocks two days apart', async () => {
  const store = emptyStore()
  const { repository, clock, random } = await newRepository(store)
  await repository.close()
  const agent = async (ahead: number, seed: number) => {
    const own = { now: () => clock.now() + ahead }
    const seeded = seededRandom(seed)
    const unlock = { passphrase: PASSPHRASE }
    const opened = await openRepository({
      store,
      unlock,
      clock: own,
      random: seeded,
      tuning: { workers: 0, packTarget: 4 * CHUNK },
    })
    return { opened, jobId: () => newUlid(own, seeded) }
  }
  const agents = [await agent(DAY, 21), await agent(-DAY, 22)] as const
  const images = new Map<string, Buffer>()
  const disk = Buffer.from(random.bytes(CHUNKS * CHUNK))
  const round = async ({ opened, jobId }: (typeof agents)[number]) => {
    const image = Buffer.from(disk)
    const base = await opened.latestPoint(VM)
    const old = base && images.get(base.id)
    const point = await backUp(opened, { jobId: jobId(), image, base, old })
    images.set(point.id, image)
  }
  for (let i = 0; i < 4; i++) {
    await Promise.all(agents.map(round))
    disk.set(random.bytes(2 * CHUNK), 2 * i * CHUNK)
    clock.time += DAY / 4
    for (const one of agents) await round(one)
    disk.set(random.bytes(CHUNK), (11 - i) * CHUNK)
    clock.time += DAY / 4
  }
  const judge = (await agent(0, 23)).opened
  const points = await Array.fromAsync(judge.points(VM))
  expect(points.map(({ id }) => id)).toEqual([...images.keys()].sort())
  for (const ref of points) {
    const point = await judge.readPoint(ref)
    expect((await readAll(judge.readDisk(point, 'a'))).equals(images.get(ref.id) as Buffer)).toBe(
      true,
    )
  }
  expect((await judge.check({ level: 2 })).findings).toEqual([])
  for (const { opened } of [...agents, { opened: judge }]) await opened.close()
})

describe('the local table, while a job is at work', () => {
  let cacheDir: string
  beforeEach(() => {
    cacheDir = mkdtempSync(join(tmpdir(), 'xenkeep-cache-'))
  })
  afterEach(() => rmSync(cacheDir, { recursive: true, force: true }))

  /** In place: SQLite maps one of the files, and a process that looks behind its end is killed. */
  const overwrite = () => {
    for (const name of readdirSync(cacheDir)) {
      const path = join(cacheDir, name)
      writeFileSync(path, Buffer.alloc(statSync(path).size, 'rubbish '), { flag: 'r+' })
    }
  }
  const remove = () => rmSync(cacheDir, { recursive: true })

  test.each([
    ['is deleted', remove, undefined],
    ['is overwritten', overwrite, 'LOCAL_TABLE_FAILED'],
  ])(
    '%s: told as what it is; opened again, the same job makes its point',
    async (_, midway, code) => {
      const store = emptyStore()
      const tuning = { packTarget: 3 * CHUNK, packBlock: CHUNK, segment: 2 * CHUNK }
      const { repository, reopen, random, jobId } = await newRepository(store, { cacheDir, tuning })
      await backUp(repository, { jobId: jobId(), image: Buffer.from(random.bytes(2 * CHUNK)) })
      const image = Buffer.from(random.bytes(CHUNKS * CHUNK))
      const job = jobId()
      const attempt = backUp(repository, { jobId: job, image, midway })
      if (code === undefined) await attempt
      else await expect(attempt).rejects.toMatchObject({ code, retryable: true })
      expect(repository.isBroken).toBe(code !== undefined)
      // Not even a check takes what the table does not know any more for damage.
      if (code) await expect(repository.check({ level: 2 })).rejects.toMatchObject({ code })
      expect(keysOf(store, 'lost/')).toEqual([])

      const again = await reopen({ cacheDir, tuning })
      const point = await backUp(again, { jobId: job, image })
      await repository.close()
      expect((await readAll(again.readDisk(point, 'a'))).equals(image)).toBe(true)
      expect((await again.check({ level: 2 })).findings).toEqual([])
      expect(keysOf(store, 'points/')).toHaveLength(2)
      await again.close()
    },
  )
})
