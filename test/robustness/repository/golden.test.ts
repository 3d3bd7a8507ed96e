import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { openRepository } from '#repository/open.ts'
import {
  GOLDEN_PASSPHRASE,
  GOLDEN_VM,
  goldenImage,
  writeGolden,
} from '#test/support/repository/golden.ts'
import { readAll } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { replace } from '#test/support/repository/tamper.ts'

const golden: Awaited<ReturnType<typeof writeGolden>> = JSON.parse(
  readFileSync('test/golden/repository-v1.golden.json', 'utf8'),
)

type Objects = typeof golden.objects
const opened = (objects: Objects, unlock: { passphrase: string } | { recoveryKey: string }) => {
  const store = memoryObjectStore({ clock: frozenClock() })
  for (const [key, base64] of Object.entries(objects))
    replace(store, key, Buffer.from(base64, 'base64'))
  return openRepository({ store, unlock, clock: frozenClock(), random: seededRandom(7) })
}

test.each([
  ['the passphrase', { passphrase: GOLDEN_PASSPHRASE }],
  ['the recovery key', { recoveryKey: golden.recoveryKey }],
])('a repository of version 1 is read for ever, with %s', async (_, unlock) => {
  const repository = await opened(golden.objects, unlock)
  const point = await repository.latestPoint(GOLDEN_VM)
  if (!point) throw new Error('no point')
  expect(point).toMatchObject({
    id: golden.jobId,
    vmUuid: GOLDEN_VM,
    subject: { name: 'golden' },
    disks: [{ id: 'xvda', size: 197_120, chunkSize: 65_536, rootHash: golden.rootHash }],
  })
  expect((await readAll(repository.readDisk(point, 'xvda'))).equals(goldenImage())).toBe(true)
  expect((await repository.check({ level: 2 })).findings).toEqual([])
})

/** The commit record carries figures for people, which may change from release to release, and since later the name of its intent. */
const withoutStatistics = async (objects: Objects) => {
  const repository = await opened(objects, { passphrase: GOLDEN_PASSPHRASE })
  const point = await repository.latestPoint(GOLDEN_VM)
  if (!point) throw new Error('no point')
  const { statistics: _, size: __, intent: ___, ...rest } = point
  return rest
}

// zstd may find another encoding in another release: only its bytes depend on it, never what they mean.
test.skipIf(process.versions.zstd !== golden.zstd)(
  `the same writing makes the same bytes (zstd ${golden.zstd})`,
  async () => {
    const { objects } = await writeGolden()
    expect(Object.keys(objects)).toEqual(Object.keys(golden.objects))
    for (const [key, base64] of Object.entries(objects))
      if (!key.startsWith('points/')) expect(base64 === golden.objects[key], key).toBe(true)
    expect(await withoutStatistics(objects)).toEqual(await withoutStatistics(golden.objects))
  },
)
