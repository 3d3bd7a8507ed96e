import { describe, expect, test } from 'vitest'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { unlockRoot } from '#repository/crypto/slots.ts'
import { canonicalJson } from '#repository/format/canonical-json.ts'
import { announceFeature } from '#repository/gc/announce.ts'
import { openRepository } from '#repository/open.ts'
import { keysWorld, OLD } from '#test/support/repository/keys-world.ts'
import { backUp, OTHER_VM, readAll, SMALL, VM } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { bytesOf, keysOf } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const first = Buffer.from(seededRandom(1).bytes(8 * CHUNK))
const second = Buffer.concat([first.subarray(0, 4 * CHUNK), seededRandom(2).bytes(4 * CHUNK)])

/** The epoch of the first session entry: bytes 8 to 11 of a pack. */
const epochOf = (bytes: Uint8Array) => Buffer.from(bytes).readUInt32LE(8)

type World = Awaited<ReturnType<typeof keysWorld>>
type Opened = Awaited<ReturnType<World['open']>>

const expectPoint = async (repository: Opened, vmUuid: string, image: Buffer) => {
  const point = await repository.latestPoint(vmUuid)
  const bytes = await readAll(repository.readDisk(point as never, 'a'))
  expect(bytes.equals(image)).toBe(true)
}

describe('a new epoch', () => {
  test('is for new packs; the old data is reused and read as before', async () => {
    const world = await keysWorld()
    const { store, keyring, open, jobId } = world
    await backUp(await open(OLD), { jobId: jobId(), disks: [{ diskId: 'a', image: first }] })
    const old = new Set(keysOf(store, 'packs/'))
    expect(await (await keyring(OLD)).rotate()).toBe(2)
    expect(keysOf(store, 'repo/')).toEqual(['repo/00000001', 'repo/00000002'])

    const repository = await open(OLD)
    const { statistics } = await backUp(repository, {
      jobId: jobId(),
      disks: [{ diskId: 'a', image: second }],
    })
    expect(statistics.newBytes).toBe(4 * CHUNK)
    const packs = keysOf(store, 'packs/')
    for (const key of packs) expect(epochOf(bytesOf(store, key))).toBe(old.has(key) ? 1 : 2)
    await expectPoint(repository, VM, second)
    expect((await repository.check({ level: 2 })).findings).toEqual([])

    const { epochs, unknown } = await repository.dataByEpoch()
    const metaOf = (n: number) =>
      keysOf(store, 'meta/').filter(k => epochOf(bytesOf(store, k)) === n)
    const sizeOf = (keys: string[]) => keys.reduce((sum, k) => sum + bytesOf(store, k).length, 0)
    for (const [i, epoch] of [1, 2].entries()) {
      const keys = [...packs.filter(k => epochOf(bytesOf(store, k)) === epoch), ...metaOf(epoch)]
      expect(epochs[i]).toEqual({ epoch, packs: keys.length, bytes: sizeOf(keys), points: 1 })
    }
    expect(unknown).toEqual({ packs: 0, bytes: 0 })
  })

  test('comes while an agent is at work: it ends its job in the old one, and goes on', async () => {
    const { keyring, open, jobId } = await keysWorld()
    const agent = await open(OLD)
    const writer = await agent.beginPoint({ jobId: jobId(), vmUuid: VM })
    const size = first.length
    const disk = await writer.disk({ diskId: 'a', size, chunkSize: CHUNK, keep: false })
    await disk.write(0, Buffer.from(first.subarray(0, 4 * CHUNK)))
    await (await keyring(OLD)).rotate()
    const other = await open(OLD)
    await backUp(other, {
      jobId: jobId(),
      vmUuid: OTHER_VM,
      disks: [{ diskId: 'a', image: second }],
    })
    await disk.write(4 * CHUNK, Buffer.from(first.subarray(4 * CHUNK)))
    await disk.finish()
    await writer.commit(null)
    // Each reads what the other wrote.
    for (const repository of [agent, other]) {
      await expectPoint(repository, VM, first)
      await expectPoint(repository, OTHER_VM, second)
    }
    const { epochs } = await other.dataByEpoch()
    expect(epochs.map(({ epoch, points }) => [epoch, points])).toEqual([
      [1, 1],
      [2, 1],
    ])
    await agent.close()
    expect(await (await keyring(OLD)).rotate()).toBe(3)
  })

  test('is worked in by threads as well', async () => {
    const { store, keyring, jobId } = await keysWorld()
    await (await keyring(OLD)).rotate()
    const common = { store, unlock: OLD, clock: frozenClock(), random: seededRandom(77) }
    const repository = await openRepository({ ...common, tuning: { ...SMALL, workers: 2 } })
    await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image: first }] })
    await expectPoint(repository, VM, first)
    expect((await repository.dataByEpoch()).epochs.map(({ epoch }) => epoch)).toEqual([2])
    await repository.close()
  })

  test('is begun once by two at once', async () => {
    const { store, keyring } = await keysWorld()
    const [one, two] = await Promise.all([keyring(OLD), keyring(OLD)])
    expect(await Promise.all([one.rotate(), two.rotate()])).toEqual([2, 2])
    expect(keysOf(store, 'repo/')).toHaveLength(2)
  })

  test('and a collector that announces itself at the same moment do not undo each other', async () => {
    const { store, keyring, repository } = await keysWorld()
    const root = await unlockRoot(store, repository.id, OLD)
    const keys = deriveKeys(root, Buffer.from(repository.id, 'hex'))
    const ring = await keyring(OLD)
    await Promise.all([ring.rotate(), announceFeature({ keys }, store, 'readOnlyCompatible', 'gc')])
    const newest = JSON.parse(Buffer.from(bytesOf(store, 'repo/00000003')).toString())
    expect(newest).toMatchObject({ epoch: 2, features: { readOnlyCompatible: ['gc'] } })
  })

  test.each(['instead', 'lost'] as const)('cut short (%s), is begun or not', async when => {
    const { store, keyring, refusal } = await keysWorld()
    const cut = new StoreUnavailableError('answer')
    const broken = faulty(store, [{ on: 'put', key: /^repo\//, [when]: cut }])
    const ring = await keyring(OLD, broken)
    await expect(ring.rotate()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await refusal(OLD)).toBeUndefined()
    expect(keysOf(store, 'repo/')).toHaveLength(when === 'lost' ? 2 : 1)
    expect(await ring.rotate()).toBe(when === 'lost' ? 3 : 2)
  })

  test('is not built upon a bootstrap that a stranger put there', async () => {
    const { store, keyring } = await keysWorld()
    const ring = await keyring(OLD)
    const old = JSON.parse(Buffer.from(bytesOf(store, 'repo/00000001')).toString())
    await store.put('repo/00000002', [Buffer.from(canonicalJson({ ...old, epoch: 7 }))])
    await expect(ring.rotate()).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      object: 'repo/00000002',
    })
  })
})
