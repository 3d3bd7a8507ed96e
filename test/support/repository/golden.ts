import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { createRepository } from '#repository/create.ts'
import { newUlid } from '#repository/format/ulid.ts'
import { frozenClock, seededRandom } from './seeded.ts'

export const GOLDEN_PASSPHRASE = 'golden passphrase'
export const GOLDEN_VM = '11111111-2222-3333-4444-555555555555'
const CHUNK = 64 * 1024

/** Text, zeros, random bytes, and a short end. */
export const goldenImage = (): Buffer => {
  const image = Buffer.alloc(3 * CHUNK + 512)
  image.fill('The quick brown fox jumps over the lazy dog. ', 0, CHUNK)
  image.set(seededRandom(2026).bytes(CHUNK), 2 * CHUNK)
  image.fill(0xff, 3 * CHUNK)
  return image
}

/** What the stream of the golden repository holds: cut by content, at the largest length, and at its end. */
export const goldenStream = (): Buffer => {
  const digits = Buffer.from(seededRandom(2027).bytes(250_000)).toString('hex')
  return Buffer.concat([Buffer.from(digits), Buffer.alloc(1_200_000, 'zero ')])
}

/**
 * Writes the golden repository with a stream, kept in part by a second point: how `test/golden/repository-v1-streams.golden.json` came
 * about.
 */
export const writeGoldenStreams = async () => {
  const store = memoryObjectStore({ clock: frozenClock() })
  const clock = frozenClock()
  const random = seededRandom(2)
  const { repository } = await createRepository({
    store,
    passphrase: GOLDEN_PASSPHRASE,
    clock,
    random,
    scryptLogN: 10,
    tuning: { chunksAtWork: 1, workers: 0 },
  })
  const content = goldenStream()
  const writer = await repository.beginPoint({ jobId: newUlid(clock, random), vmUuid: GOLDEN_VM })
  const stream = await writer.stream({ streamId: 'shop/content' })
  await stream.write(content)
  await stream.finish()
  const base = await writer.commit({ name: 'golden' })
  clock.time += 1000
  const next = await repository.beginPoint({
    jobId: newUlid(clock, random),
    vmUuid: GOLDEN_VM,
    base,
  })
  const again = await next.stream({ streamId: 'shop/content', keep: 'shop/content' })
  await again.write(Buffer.from('before'))
  if (!(await again.keep(0, content.length))) throw new Error('nothing was kept')
  await again.cut()
  await again.write(Buffer.from('behind'))
  await again.finish()
  await (await next.stream({ streamId: 'empty' })).finish()
  const { streams } = await next.commit({ name: 'golden' })
  await repository.close()
  const objects = Object.fromEntries(
    [...store.objects].map(([key, { bytes }]) => [key, Buffer.from(bytes).toString('base64')]),
  )
  const roots = streams.map(({ rootHash }) => rootHash)
  return { zstd: process.versions.zstd, roots, objects }
}

/**
 * Writes the golden repository: seeded, so always the same. How `test/golden/repository-v1.golden.json` came about; that file is never
 * written again, only a new one for a new version of the format.
 */
export const writeGolden = async () => {
  const store = memoryObjectStore({ clock: frozenClock() })
  const clock = frozenClock()
  const random = seededRandom(1)
  const { repository, recoveryKit } = await createRepository({
    store,
    passphrase: GOLDEN_PASSPHRASE,
    clock,
    random,
    scryptLogN: 10,
    tuning: { chunksAtWork: 1, workers: 0 },
  })
  const image = goldenImage()
  const jobId = newUlid(clock, random)
  const writer = await repository.beginPoint({ jobId, vmUuid: GOLDEN_VM })
  const disk = await writer.disk({
    diskId: 'xvda',
    size: image.length,
    chunkSize: CHUNK,
    keep: false,
  })
  for (let at = 0; at < image.length; at += CHUNK)
    await disk.write(at, Buffer.from(image.subarray(at, at + CHUNK)))
  const { rootHash } = await disk.finish()
  await writer.commit({ name: 'golden' })
  await repository.close()
  const objects = Object.fromEntries(
    [...store.objects].map(([key, { bytes }]) => [key, Buffer.from(bytes).toString('base64')]),
  )
  return { zstd: process.versions.zstd, recoveryKey: recoveryKit.key, jobId, rootHash, objects }
}
