import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rawOfText } from '#file-tree/raw-text.ts'
import { captureWorld } from '#test/support/file-tree/capture-world.ts'
import { spiedSystem } from '#test/support/file-tree/spied-system.ts'
import { someBytes } from '#test/support/repository/streams.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'xenkeep-tree-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const KiB = 1024
const write = (path: string, content: Uint8Array | string) =>
  writeFileSync(join(root, path), content)

const SMALL = 120
const FILES = SMALL + 9

/** Small, large, empty and odd ones. */
const furnish = () => {
  for (const folder of ['a', 'a/deep', 'b']) mkdirSync(join(root, folder))
  for (let n = 0; n < SMALL; n++) write(`a/small-${n}`, someBytes(n, 5 * KiB + n))
  for (let n = 0; n < 5; n++) write(`a/deep/${n}`, someBytes(100 + n, 100 + n))
  write('b/large', someBytes(7, 700 * KiB))
  write('b/empty', '')
  write('b/Müller', 'name')
  writeFileSync(Buffer.from(`${root}/b/M\xfcller`, 'latin1'), 'no UTF-8')
  symlinkSync('../nowhere', join(root, 'b/link'))
  linkSync(join(root, 'b/large'), join(root, 'b/same'))
}

test('all of a tree is in the point, in order', async () => {
  furnish()
  const world = await captureWorld()
  const { entries, contentOf, report } = await world.capture({ root })
  expect([...entries.keys()].slice(0, 4)).toEqual(['', 'a', 'a/deep', 'a/deep/0'])
  expect(report).toMatchObject({ files: FILES, folders: 4, symlinks: 1, hardLinks: 1, specials: 0 })
  expect(report.read.files).toBe(FILES)
  expect(entries.get('b/link')).toMatchObject({ type: 'symlink', target: '../nowhere' })
  expect(entries.get('b/same')).toMatchObject({ hardLinkTo: 'b/large', nlink: 2 })
  expect(entries.get('b/same')?.data).toBeUndefined()
  for (const path of ['a/small-0', 'a/small-39', 'a/deep/3', 'b/large', 'b/empty'])
    expect((await contentOf(path)).equals(readFileSync(join(root, path)))).toBe(true)
  expect((await contentOf('b/M\xfcller')).toString()).toBe('no UTF-8')
  expect((await contentOf(rawOfText('b/Müller'))).toString()).toBe('name')
  const { uid, mtimeNs, ino } = statSync(join(root, 'b/large'), { bigint: true })
  expect(entries.get('b/large')).toMatchObject({ uid: Number(uid), mtime: mtimeNs, inode: ino })
})

test('an unchanged tree is taken over without opening any file', async () => {
  furnish()
  const world = await captureWorld()
  const first = await world.capture({ root })
  const { system, counts } = await spiedSystem()
  const second = await world.capture({ root }, { system })
  expect(counts.openFile).toBeUndefined()
  expect(counts.read).toBeUndefined()
  expect(counts.xattrs).toBeUndefined()
  expect(second.report.kept.files).toBe(FILES)
  expect(second.report.read).toEqual({ files: 0, bytes: 0 })
  expect(second.report.bytes).toBe(first.report.bytes)
  expect(second.entries).toEqual(first.entries)
  for (const path of ['a/small-17', 'b/large'])
    expect((await second.contentOf(path)).equals(readFileSync(join(root, path)))).toBe(true)
  const third = await world.capture({ root }, { system })
  expect(third.entries).toEqual(first.entries)
  expect(counts.openFile).toBeUndefined()
})

test('what changed is read, with what shares its chunks, and nothing else', async () => {
  furnish()
  const world = await captureWorld()
  await world.capture({ root })
  appendFileSync(join(root, 'a/small-20'), 'more')
  const { system, counts } = await spiedSystem()
  const { report, contentOf } = await world.capture({ root }, { system })
  expect(counts.openFile).toBeGreaterThan(0)
  expect(counts.openFile).toBeLessThan(100)
  expect(report.kept.files + report.read.files).toBe(FILES)
  expect(report.bytes).toBe(report.kept.bytes + report.read.bytes)
  for (let n = 0; n < SMALL; n++)
    expect((await contentOf(`a/small-${n}`)).equals(readFileSync(join(root, `a/small-${n}`)))).toBe(
      true,
    )
})

test('files that come, go, move and turn are followed', async () => {
  furnish()
  const world = await captureWorld()
  await world.capture({ root })
  unlinkSync(join(root, 'a/small-3'))
  write('a/another', someBytes(900, 3000))
  renameSync(join(root, 'a/small-30'), join(root, 'b/renamed'))
  rmSync(join(root, 'a/deep'), { recursive: true })
  write('a/deep', 'a file by now')
  unlinkSync(join(root, 'b/link'))
  mkdirSync(join(root, 'b/link'))
  unlinkSync(join(root, 'b/large'))
  const { entries, contentOf } = await world.capture({ root })
  expect(entries.has('a/small-3')).toBe(false)
  expect(entries.get('b/link')?.type).toBe('dir')
  expect(entries.get('b/same')?.hardLinkTo).toBeUndefined()
  for (const [path, { type }] of entries)
    if (type === 'file') {
      const there = readFileSync(Buffer.from(`${root}/${path}`, 'latin1'))
      expect((await contentOf(path)).equals(there), path).toBe(true)
    }
})

test('a change that was hidden behind an old time is found', async () => {
  furnish()
  const world = await captureWorld()
  await world.capture({ root })
  const path = join(root, 'b/large')
  const { atime, mtime } = statSync(path)
  const changed = readFileSync(path)
  changed[1000] = (changed[1000] ?? 0) ^ 1
  writeFileSync(path, changed)
  utimesSync(path, atime, mtime)
  const { contentOf } = await world.capture({ root })
  expect((await contentOf('b/large')).equals(changed)).toBe(true)
})

test('a file that replaces another of the same size and time is read', async () => {
  write('f', 'one')
  utimesSync(join(root, 'f'), 1000, 1000)
  const world = await captureWorld()
  await world.capture({ root })
  unlinkSync(join(root, 'f'))
  write('f', 'two')
  utimesSync(join(root, 'f'), 1000, 1000)
  expect((await (await world.capture({ root })).contentOf('f')).toString()).toBe('two')
})

test('what changed in the moment before it was read is read again by the next run', async () => {
  write('f', 'one')
  const world = await captureWorld()
  const moment = Number(statSync(join(root, 'f'), { bigint: true }).ctimeNs / 1_000_000n) + 50
  const now = () => moment
  expect((await world.capture({ root }, { now })).entries.get('f')?.recent).toBe(true)
  const { system, counts } = await spiedSystem()
  const second = await world.capture({ root }, { system })
  expect(counts.openFile).toBe(1)
  expect(second.entries.get('f')?.recent).toBeUndefined()
  await world.capture({ root }, { system })
  expect(counts.openFile).toBe(1)
})

test('with reread every file is read, and what is the same costs nothing', async () => {
  furnish()
  const world = await captureWorld()
  await world.capture({ root })
  const { report, statistics } = await world.capture({ root, reread: true })
  expect(report.read.files).toBe(FILES)
  expect(statistics.storedBytes).toBeLessThan(20 * KiB)
})

test('holes are left out', async () => {
  write('sparse', 'start')
  truncateSync(join(root, 'sparse'), 3 * 1024 * KiB)
  appendFileSync(join(root, 'sparse'), 'end')
  const { entries, contentOf } = await (await captureWorld()).capture({ root })
  const entry = entries.get('sparse')
  expect(entry?.holes).toHaveLength(1)
  expect(entry?.data?.length).toBeLessThan(16 * KiB)
  expect((await contentOf('sparse')).equals(readFileSync(join(root, 'sparse')))).toBe(true)
})
