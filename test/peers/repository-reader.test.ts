import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'
import { newUlid } from '#repository/format/ulid.ts'
import { createRepository, openKeyring, openRepository } from '#repository/index.ts'
import {
  GOLDEN_PASSPHRASE,
  GOLDEN_VM,
  goldenImage,
  goldenStream,
} from '#test/support/repository/golden.ts'
import { backUp } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { describeWithTools } from '#test/support/tools.ts'

const run = promisify(execFile)
const golden = JSON.parse(readFileSync('test/golden/repository-v1.golden.json', 'utf8')) as {
  rootHash: string
  objects: Record<string, string>
}

const goldenStreams = JSON.parse(
  readFileSync('test/golden/repository-v1-streams.golden.json', 'utf8'),
) as { objects: Record<string, string> }

const has = (code: string) =>
  run('python3', ['-c', code]).then(
    () => true,
    () => false,
  )
// Modules, not programs; a group is skipped, or fails in CI, under the names of their Debian packages.
const hasCryptography = await has('import cryptography')
const hasArgon2 =
  (await has('import argon2.low_level')) ||
  (await has('import cryptography.hazmat.primitives.kdf.argon2'))
const tools = ['python3', 'zstd', ...(hasCryptography ? [] : ['python3-cryptography'])]

const read = async (directory: string, passphrase: string, ...files: string[]) => {
  const env = { ...process.env, XENKEEP_PASSPHRASE: passphrase }
  const script = 'test/peers/repository/read_point.py'
  const { stdout } = await run('python3', [script, directory, ...files], { env, timeout: 30_000 })
  return JSON.parse(stdout)
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const emptyFolder = () => {
  const directory = mkdtempSync(join(tmpdir(), 'xenkeep-reader-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

/** The document is complete and true: somebody who knows only it, and none of our code, reads the backup. */
describeWithTools(tools, 'a reader in Python written from docs/repository-format.md', () => {
  test('restores the golden repository', async () => {
    const directory = emptyFolder()
    for (const [key, base64] of Object.entries(golden.objects)) {
      mkdirSync(join(directory, dirname(key)), { recursive: true })
      writeFileSync(join(directory, key), Buffer.from(base64, 'base64'))
    }
    const { commit, disks } = await read(directory, GOLDEN_PASSPHRASE)
    expect(commit).toMatchObject({ vmUuid: GOLDEN_VM, subject: { name: 'golden' } })
    expect(commit.disks).toMatchObject([{ id: 'xvda', root: golden.rootHash }])
    expect(disks).toEqual({ xvda: sha256(goldenImage()) })
  })

  test('restores streams of the golden repository, and cuts where the product cut', async () => {
    const directory = emptyFolder()
    for (const [key, base64] of Object.entries(goldenStreams.objects)) {
      mkdirSync(join(directory, dirname(key)), { recursive: true })
      writeFileSync(join(directory, key), Buffer.from(base64, 'base64'))
    }
    const content = goldenStream()
    const file = join(directory, 'content')
    writeFileSync(file, content)
    const { commit, streams, cuts } = await read(directory, GOLDEN_PASSPHRASE, file)
    const kept = Buffer.concat([Buffer.from('before'), content, Buffer.from('behind')])
    expect(streams).toEqual({ 'shop/content': sha256(kept), empty: sha256(new Uint8Array(0)) })
    expect(commit.streams).toMatchObject([{ size: kept.length, chunks: cuts.length + 2 }, {}])
    const repository = await openRepository({
      store: await openDirectoryStore(directory),
      unlock: { passphrase: GOLDEN_PASSPHRASE },
      clock: frozenClock(),
      random: seededRandom(1),
    })
    const [first] = await Array.fromAsync(repository.points(GOLDEN_VM))
    if (!first) throw new Error('no point')
    const point = await repository.readPoint(first)
    const lengths: number[] = []
    for await (const piece of repository.readStream(point, 'shop/content'))
      lengths.push(piece.length)
    expect(lengths).toEqual(cuts)
    await repository.close()
  })

  test('follows the records of packs that were rewritten', async () => {
    const directory = emptyFolder()
    const store = await openDirectoryStore(directory)
    const common = { store, clock: frozenClock(), random: seededRandom(9), tuning: { workers: 0 } }
    const passphrase = 'of the reader'
    const { repository } = await createRepository({ ...common, passphrase, scryptLogN: 10 })
    const image = Buffer.from(seededRandom(10).bytes(8 * 65_536))
    const jobs = [1000, 2000].map(ms => newUlid({ now: () => ms }, common.random)) as [
      string,
      string,
    ]
    const first = await backUp(repository, { jobId: jobs[0], disks: [{ diskId: 'a', image }] })
    image.fill('new', 0, 5 * 65_536)
    const second = await backUp(repository, { jobId: jobs[1], disks: [{ diskId: 'a', image }] })
    await repository.removePoint(first.point, store)
    const tuning = { wait: 0, packAge: -86_400_000 }
    const runs = []
    for (let i = 0; i < 4; i++) runs.push(await repository.collectGarbage({ store, tuning }))
    expect(runs.reduce((sum, { rewritten }) => sum + rewritten.packs, 0)).toBe(1)
    const there = (await Array.fromAsync(store.list('packs/'))).map(({ key }) => key.slice(-26))
    const old = [...second.point.packs.keys()].filter(ulid => first.point.packs.has(ulid))
    expect(old.filter(ulid => there.includes(ulid))).toEqual([])
    await repository.close()

    expect((await read(directory, passphrase)).disks).toEqual({ a: sha256(image) })
  })
})

const argon2Tools = [...tools, ...(hasArgon2 ? [] : ['python3-argon2'])]
describeWithTools(argon2Tools, 'the same reader, after the keys were changed', () => {
  test('opens by Argon2id and by a changed passphrase, and reads a point of two epochs', async () => {
    const directory = emptyFolder()
    const store = await openDirectoryStore(directory)
    const common = { store, clock: frozenClock(), random: seededRandom(7), tuning: { workers: 0 } }
    const unlock = { passphrase: 'Gr\u00fc\u00dfe an alle' }
    // The second recommended option of RFC 9106.
    const argon2 = { memoryKiB: 65_536, passes: 3, lanes: 4 }
    const made = await createRepository({ ...common, ...unlock, slot: 'argon2id', argon2 })
    const first = Buffer.from(seededRandom(8).bytes(6 * 65_536))
    const jobs = [1000, 2000].map(ms => newUlid({ now: () => ms }, common.random)) as [
      string,
      string,
    ]
    await backUp(made.repository, { jobId: jobs[0], disks: [{ diskId: 'a', image: first }] })
    await made.repository.close()
    const keyring = await openKeyring({ ...common, unlock })
    await keyring.rotate()
    const changed = { passphrase: 'changed since then', scryptLogN: 10 }
    await keyring.add(changed)
    const repository = await openRepository({ ...common, unlock })
    const second = Buffer.concat([first.subarray(0, 3 * 65_536), Buffer.alloc(3 * 65_536, 'new')])
    await backUp(repository, { jobId: jobs[1], disks: [{ diskId: 'a', image: second }] })
    expect((await repository.dataByEpoch()).epochs.map(({ epoch }) => epoch)).toEqual([1, 2])
    await repository.close()

    expect((await read(directory, 'Gru\u0308\u00dfe an alle')).disks).toEqual({ a: sha256(second) })
    await keyring.retire('00000001.argon2id', store)
    expect((await read(directory, changed.passphrase)).disks).toEqual({ a: sha256(second) })
  })
})
