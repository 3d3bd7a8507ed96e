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
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Status } from '#file-tree/file-system.ts'
import { captureWorld } from '#test/support/file-tree/capture-world.ts'
import { spiedSystem } from '#test/support/file-tree/spied-system.ts'
import { someBytes } from '#test/support/repository/streams.ts'

/**
 * Motivation: a tree moves while it is walked. Steps: names go, files change their names and inodes their files at the worst moment, by calls of the system that do it first.
 * Pass: no entry has the bytes of another file, what is left out is told, and nothing outside of the tree is in the point.
 */
let root: string
let outside: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'xenkeep-moving-'))
  outside = mkdtempSync(join(tmpdir(), 'xenkeep-outside-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
  rmSync(outside, { recursive: true, force: true })
})
const at = (path: string) => join(root, path)

/** Does it once, before this name is asked for. */
const doingBefore = (
  method: 'status' | 'openFile' | 'openDirectory' | 'readLink',
  name: string,
  does: () => void,
) =>
  spiedSystem(real => {
    let done = false
    return {
      [method]: (folder: number, asked: string) => {
        if (asked === name && !done) {
          done = true
          does()
        }
        return real[method](folder, asked)
      },
    }
  })

describe('several names of a file', () => {
  test('an inode that is given anew is another file', async () => {
    writeFileSync(at('a'), 'of the first')
    // Its other name is outside of the tree, and was not seen before both were gone.
    linkSync(at('a'), join(outside, 'b'))
    writeFileSync(at('c'), 'of the second file')
    linkSync(at('c'), at('d'))
    const [old, anew] = ['a', 'c'].map(name => statSync(at(name), { bigint: true }).ino)
    // As if c had got the number of a.
    const given = (status: Status): Status =>
      status.inode === anew ? { ...status, inode: old as bigint } : status
    const { system } = await spiedSystem(real => ({
      status: (folder, name) => given(real.status(folder, name)),
      statusOf: handle => given(real.statusOf(handle)),
    }))
    const { entries, contentOf } = await (await captureWorld()).capture({ root }, { system })
    expect(entries.get('c')?.hardLinkTo).toBeUndefined()
    expect((await contentOf('c')).toString()).toBe('of the second file')
    expect(entries.get('d')?.hardLinkTo).toBe('c')
  })

  test('another file under the first of them has no names of the old one', async () => {
    writeFileSync(at('a'), 'of three names')
    for (const name of ['b', 'c']) linkSync(at('a'), at(name))
    const { system } = await doingBefore('openFile', 'a', () => {
      writeFileSync(join(outside, 'new'), 'moved into its place')
      renameSync(join(outside, 'new'), at('a'))
    })
    const { entries, contentOf } = await (await captureWorld()).capture({ root }, { system })
    expect((await contentOf('a')).toString()).toBe('moved into its place')
    expect((await contentOf('b')).toString()).toBe('of three names')
    expect(entries.get('c')?.hardLinkTo).toBe('b')
  })

  test.each(['gone', 'replaced'])(
    'the first of them is %s when it has to be read after all: the next has the data',
    async how => {
      writeFileSync(at('a'), 'of three names')
      for (const name of ['b', 'c', 'z']) linkSync(at('a'), at(name))
      writeFileSync(at('d'), 'shares its chunk')
      const world = await captureWorld()
      await world.capture({ root })
      appendFileSync(at('d'), ', and changed')
      const { system } = await doingBefore('status', 'd', () => {
        unlinkSync(at('a'))
        if (how === 'replaced') writeFileSync(at('a'), 'another')
      })
      const { entries, report, contentOf } = await world.capture({ root }, { system })
      expect(entries.has('a')).toBe(how === 'replaced')
      if (how === 'replaced') expect((await contentOf('a')).toString()).toBe('another')
      else expect(report.vanished.first.map(({ path }) => path)).toEqual(['a'])
      expect(entries.get('b')?.hardLinkTo).toBeUndefined()
      expect((await contentOf('b')).toString()).toBe('of three names')
      for (const name of ['c', 'z']) expect(entries.get(name)?.hardLinkTo, name).toBe('b')
      expect(report).toMatchObject({ files: entries.has('a') ? 3 : 2, hardLinks: 2 })
      expect(report.unreadable.count).toBe(0)
    },
  )

  test('a chunk that was lost is not filled with another file of the name', async () => {
    writeFileSync(at('a'), someBytes(1, 200_000))
    const world = await captureWorld()
    await world.capture({ root })
    const refusing: typeof world.begin = async base => {
      const point = await world.begin(base)
      const stream: typeof point.stream = async request => {
        const writer = await point.stream(request)
        const keep = async () => {
          writeFileSync(join(outside, 'new'), someBytes(2, 300_000))
          if (request.keep) renameSync(join(outside, 'new'), at('a'))
          return false
        }
        const [write, cut, finish] = [writer.write, writer.cut, writer.finish]
        return Object.assign(Object.create(writer), {
          keep,
          write: write.bind(writer),
          cut: cut.bind(writer),
          finish: finish.bind(writer),
        })
      }
      return Object.assign(Object.create(point), { stream, commit: point.commit.bind(point) })
    }
    const { entries, report } = await world.capture({ root }, {}, {}, refusing)
    const problem = 'its data could not be read: another file has its name by now'
    expect(entries.get('a')).toMatchObject({ problem })
    expect(entries.get('a')?.data).toBeUndefined()
    expect(report.unreadable.first).toEqual([{ path: 'a', reason: problem }])
    const next = await world.capture({ root })
    expect((await next.contentOf('a')).equals(someBytes(2, 300_000))).toBe(true)
  })
})

describe('what goes while it is looked at is no entry, and told', () => {
  test('a folder', async () => {
    mkdirSync(at('folder/inner'), { recursive: true })
    const { system } = await doingBefore('openDirectory', 'folder', () =>
      rmSync(at('folder'), { recursive: true }),
    )
    const { entries, report } = await (await captureWorld()).capture({ root }, { system })
    expect([...entries.keys()]).toEqual([''])
    expect(report).toMatchObject({ folders: 1, unreadable: { count: 0 } })
    expect(report.vanished.first).toEqual([
      { path: 'folder', reason: 'it was gone before it could be listed' },
    ])
  })

  test('a link', async () => {
    symlinkSync('nowhere', at('link'))
    const { system } = await doingBefore('readLink', 'link', () => unlinkSync(at('link')))
    const { entries, report } = await (await captureWorld()).capture({ root }, { system })
    expect(entries.has('link')).toBe(false)
    expect(report).toMatchObject({ symlinks: 0, vanished: { count: 1 }, unreadable: { count: 0 } })
  })
})

test('names of a deep folder that is moved away are told, not passed over', async () => {
  const names = Array.from({ length: 80 }, (_, n) => `d${n}`)
  mkdirSync(at(names.join('/')), { recursive: true })
  for (const name of ['y', 'z']) writeFileSync(at(`d0/d1/${name}`), name)
  const { system } = await doingBefore('openDirectory', 'd79', () => {
    renameSync(at('d0/d1/d2'), join(outside, 'd2'))
    renameSync(at('d0/d1'), join(outside, 'd1'))
  })
  const { entries, report } = await (await captureWorld()).capture({ root }, { system })
  expect(entries.has('d0/d1/z')).toBe(false)
  expect(report.unreadable.first).toEqual([
    {
      path: 'd0/d1',
      reason:
        'it was moved or replaced while what is in it was read: 2 of its names are left out, from y on',
    },
  ])
})

test('what is mounted on a folder in the moment before it is opened is not entered', async () => {
  mkdirSync(at('folder'))
  writeFileSync(at('folder/file'), 'of another file system')
  const { ino, dev } = statSync(at('folder'), { bigint: true })
  const { system } = await spiedSystem(real => ({
    statusOf: handle => {
      const status = real.statusOf(handle)
      return status.inode === ino ? { ...status, device: dev + 1n } : status
    },
  }))
  const { entries, report } = await (await captureWorld()).capture(
    { root, oneFileSystem: true },
    { system },
  )
  expect([...entries.keys()]).toEqual(['', 'folder'])
  expect(report.otherFileSystems.first[0]?.reason).toContain('another file system')
})

test('with a clock that was set back, files of the future are read until it has passed them', async () => {
  writeFileSync(at('file'), 'one')
  const world = await captureWorld()
  const now = () => Date.now() - 3_600_000
  for (const content of ['one', 'two', 'two']) {
    writeFileSync(at('file'), content)
    const { report, contentOf } = await world.capture({ root }, { now })
    expect(report.read.files).toBe(1)
    expect((await contentOf('file')).toString()).toBe(readFileSync(at('file'), 'utf8'))
  }
  await world.capture({ root })
  expect((await world.capture({ root })).report.kept.files).toBe(1)
})

test('names of users that were not to be had come with the next run, and are not lost with them', async () => {
  writeFileSync(at('file'), 'x')
  const world = await captureWorld()
  const named = (user: string | undefined) => ({
    accounts: { user: () => user, group: () => undefined, notes: () => [] },
  })
  for (const [given, expected] of [
    [undefined, undefined],
    ['alice', 'alice'],
    [undefined, 'alice'],
    ['alicia', 'alicia'],
  ] as const) {
    const { entries } = await world.capture({ root }, named(given))
    for (const path of ['', 'file']) expect(entries.get(path)?.user).toBe(expected)
  }
})
