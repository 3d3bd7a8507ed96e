import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { openObject, sealObject } from '#repository/crypto/sealed-object.ts'
import { unlockRoot } from '#repository/crypto/slots.ts'
import { canonicalJson } from '#repository/format/canonical-json.ts'
import { TYPE } from '#repository/format/kinds.ts'
import { decodeSealed } from '#repository/format/sealed-object.ts'
import { readBootstrap } from '#repository/keys/bootstrap.ts'
import { openRepository } from '#repository/open.ts'
import {
  GOLDEN_PASSPHRASE,
  GOLDEN_VM,
  goldenImage,
  goldenStream,
  writeGolden,
  writeGoldenStreams,
} from '#test/support/repository/golden.ts'
import { readAll } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { readWhole } from '#test/support/repository/streams.ts'
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

const withStreams: Awaited<ReturnType<typeof writeGoldenStreams>> = JSON.parse(
  readFileSync('test/golden/repository-v1-streams.golden.json', 'utf8'),
)

test('streams of version 1 are read for ever', async () => {
  const repository = await opened(withStreams.objects, { passphrase: GOLDEN_PASSPHRASE })
  const content = Buffer.concat([Buffer.from('before'), goldenStream(), Buffer.from('behind')])
  const point = await repository.latestPoint(GOLDEN_VM)
  if (!point) throw new Error('no point')
  expect(point.streams).toMatchObject([
    { id: 'shop/content', size: content.length, rootHash: withStreams.roots[0] },
    { id: 'empty', size: 0, chunks: 0, rootHash: withStreams.roots[1] },
  ])
  expect((await readWhole(repository.readStream(point, 'shop/content'))).equals(content)).toBe(true)
  expect((await readWhole(repository.readStream(point, 'empty'))).length).toBe(0)
  expect((await repository.check({ level: 2 })).findings).toEqual([])
  await repository.close()
})

test.skipIf(process.versions.zstd !== withStreams.zstd)(
  `the same streams make the same bytes, cut where they always were (zstd ${withStreams.zstd})`,
  async () => {
    const { objects, roots } = await writeGoldenStreams()
    expect(roots).toEqual(withStreams.roots)
    expect(Object.keys(objects)).toEqual(Object.keys(withStreams.objects))
    for (const [key, base64] of Object.entries(objects))
      if (!key.startsWith('points/')) expect(base64 === withStreams.objects[key], key).toBe(true)
  },
)

/** The plaintext of the golden commit record, and what it takes to seal it. */
const commitOf = async (objects: Objects) => {
  const [key] = Object.keys(objects).filter(name => name.startsWith('points/')) as [string]
  const store = memoryObjectStore({ clock: frozenClock() })
  for (const [name, base64] of Object.entries(objects))
    replace(store, name, Buffer.from(base64, 'base64'))
  const { repositoryId } = (await readBootstrap(store)).bootstrap
  const root = await unlockRoot(store, repositoryId, { passphrase: GOLDEN_PASSPHRASE })
  const keys = deriveKeys(root, Buffer.from(repositoryId, 'hex'))
  const object = await store.get(key)
  const plaintext = await openObject(keys, { key, type: TYPE.commit }, object, bytes =>
    Buffer.from(bytes),
  )
  return { key, keys, object, plaintext, json: JSON.parse(plaintext.toString()) }
}

test('the golden commit record is canonical JSON that says what it always said', async () => {
  const { plaintext, json } = await commitOf(golden.objects)
  expect(canonicalJson(json)).toBe(plaintext.toString())
  const { packTable, subject, disks, ...rest } = json
  expect(disks).toEqual([{ id: 'xvda', size: 197_120, chunkSize: 65_536, root: golden.rootHash }])
  expect(subject).toEqual({ name: 'golden' })
  const [data, meta] = ['packs/', 'meta/'].map(prefix =>
    Object.keys(golden.objects).find(key => key.startsWith(prefix)),
  ) as [string, string]
  // Section 7: two packs by ascending ulid; for the only disk two entries of pack and references: three chunks; page and root.
  const table = Buffer.from(packTable.inline, 'base64')
  expect(table.readUInt32LE(0)).toBe(2)
  expect(table.length).toBe(4 + 2 * 24 + 4 + 2 * 8)
  const order = data.slice(-26) < meta.slice(-26) ? [3, 2] : [2, 3]
  expect([table.readUInt32LE(60), table.readUInt32LE(68)]).toEqual(order)
  expect(rest).toMatchInlineSnapshot(`
    {
      "created": "2026-11-22T12:00:00.000Z",
      "point": "01M81J18G05KMQNHMGB9KANYKE",
      "statistics": {
        "changedBytes": 197120,
        "chunks": 3,
        "newBytes": 196608,
        "packs": 2,
        "puts": 5,
        "storedBytes": 66817,
        "zeroBytes": 65536,
      },
      "version": 1,
      "vmUuid": "11111111-2222-3333-4444-555555555555",
    }
  `)
})

test.skipIf(process.versions.zstd !== golden.zstd)(
  `sealed again with its own salt, the golden commit record is the same bytes (zstd ${golden.zstd})`,
  async () => {
    const { key, keys, object, plaintext } = await commitOf(golden.objects)
    const { salt, epoch } = decodeSealed(object).header
    const random = { bytes: () => Uint8Array.from(salt) }
    const again = await sealObject(keys, random, { key, type: TYPE.commit, epoch }, plaintext)
    expect(again.equals(object)).toBe(true)
  },
)

test('a commit record of today says all that the golden one says, but for the figures', async () => {
  const { objects } = await writeGolden()
  const [then, now] = [(await commitOf(golden.objects)).json, (await commitOf(objects)).json]
  const { statistics: figures, ...members } = then
  expect(now).toMatchObject(members)
  // Members and figures may be added; those that were there keep their names.
  expect(Object.keys(now.statistics)).toEqual(expect.arrayContaining(Object.keys(figures)))
})
