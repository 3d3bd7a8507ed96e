import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemError } from '#file-tree/system-error.ts'
import { captureWorld } from '#test/support/file-tree/capture-world.ts'
import { spiedSystem } from '#test/support/file-tree/spied-system.ts'
import { someBytes } from '#test/support/repository/streams.ts'

let root: string
let outside: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'xenkeep-tree-'))
  outside = mkdtempSync(join(tmpdir(), 'xenkeep-outside-'))
})
afterEach(() => {
  rmSync(root, { recursive: true, force: true })
  rmSync(outside, { recursive: true, force: true })
})

const MiB = 1024 * 1024
const EIO = 5
const EACCES = 13
const at = (path: string) => join(root, path)

/** Does something to the tree at the first reads of a file. */
const whileReading = (times: number, does: () => void) =>
  spiedSystem(real => {
    let left = times
    return {
      read: (file, into, position) => {
        const length = real.read(file, into, position)
        if (left-- > 0) does()
        return length
      },
    }
  })

test('a file that changed while it was read is read once more', async () => {
  writeFileSync(at('log'), 'first')
  const { system } = await whileReading(1, () => writeFileSync(at('log'), 'second one'))
  const { report, entries, contentOf } = await (await captureWorld()).capture({ root }, { system })
  expect((await contentOf('log')).toString()).toBe('second one')
  expect(entries.get('log')?.changedWhileRead).toBeUndefined()
  expect(report.changedWhileRead.count).toBe(0)
})

test('one that changes again is marked, told, and read again by the next run', async () => {
  writeFileSync(at('log'), someBytes(1, 3 * MiB))
  const world = await captureWorld()
  const { system } = await whileReading(99, () => appendFileSync(at('log'), 'more'))
  const first = await world.capture({ root }, { system })
  expect(first.entries.get('log')?.changedWhileRead).toBe(true)
  expect(first.report.changedWhileRead).toEqual({
    count: 1,
    first: [{ path: 'log', reason: 'it changed while it was read' }],
  })
  const { size = 0 } = first.entries.get('log') ?? {}
  const there = readFileSync(at('log'))
  expect((await first.contentOf('log')).equals(there.subarray(0, size))).toBe(true)
  const second = await world.capture({ root })
  expect(second.report.read.files).toBe(1)
  expect((await second.contentOf('log')).equals(there)).toBe(true)
})

test('one that shrinks is as long as what was read', async () => {
  writeFileSync(at('log'), someBytes(1, 3 * MiB))
  let length = 3 * MiB
  const { system } = await whileReading(99, () => {
    length -= MiB / 2
    truncateSync(at('log'), Math.max(0, length))
  })
  const { entries, contentOf, report } = await (await captureWorld()).capture({ root }, { system })
  expect(report.changedWhileRead.count).toBe(1)
  const { size = -1 } = entries.get('log') ?? {}
  expect(size).toBeLessThan(3 * MiB)
  expect(await contentOf('log')).toHaveLength(size)
})

test('files that vanish or cannot be read are told, and the point is made all the same', async () => {
  for (const name of ['a-gone', 'b-denied', 'c-broken', 'd-fine', 'e-listed'])
    writeFileSync(at(name), someBytes(1, 200_000))
  mkdirSync(at('folder'))
  const { system } = await spiedSystem(real => ({
    openFile: (folder, name) => {
      if (name === 'a-gone') unlinkSync(at(name))
      if (name === 'b-denied') throw systemError(EACCES, 'openat')
      return real.openFile(folder, name)
    },
    status: (folder, name) => {
      if (name === 'e-listed') unlinkSync(at(name))
      return real.status(folder, name)
    },
    read: (file, into, position) => {
      if (position > 0 && real.statusOf(file).inode === broken) throw systemError(EIO, 'pread')
      const most = real.statusOf(file).inode === broken ? into.subarray(0, 50_000) : into
      return real.read(file, most, position)
    },
    openDirectory: (folder, name) => {
      if (name === 'folder') throw systemError(EACCES, 'openat')
      return real.openDirectory(folder, name)
    },
  }))
  const { real } = await spiedSystem()
  const folder = real.openRoot(root)
  const broken = real.status(folder, 'c-broken').inode
  real.close(folder)
  const world = await captureWorld()
  const { report, entries, contentOf } = await world.capture({ root }, { system })
  expect(entries.has('a-gone')).toBe(false)
  expect(entries.has('e-listed')).toBe(false)
  expect(report.vanished.first.map(({ path }) => path)).toEqual(['a-gone', 'e-listed'])
  const denied = 'its data could not be read: access denied (EACCES)'
  const failed =
    'its data could not be read: the disk, or the server behind it, gave an error (EIO)'
  const unlisted = 'what is in this folder could not be listed: access denied (EACCES)'
  expect(report.unreadable.first).toEqual([
    { path: 'b-denied', reason: denied },
    { path: 'c-broken', reason: failed },
    { path: 'folder', reason: unlisted },
  ])
  expect(entries.get('b-denied')).toMatchObject({ problem: denied, size: 200_000 })
  expect(entries.get('c-broken')?.data).toBeUndefined()
  expect(entries.get('folder')?.problem).toBe(unlisted)
  expect((await contentOf('d-fine')).equals(readFileSync(at('d-fine')))).toBe(true)
  const second = await world.capture({ root })
  expect(second.report.read.files).toBe(2)
  expect((await second.contentOf('c-broken')).equals(readFileSync(at('c-broken')))).toBe(true)
})

test('a folder that is exchanged for a link never leads out', async () => {
  mkdirSync(at('folder'))
  writeFileSync(at('folder/inside'), 'inside')
  writeFileSync(join(outside, 'secret'), 'secret')
  const { system } = await spiedSystem(real => ({
    openDirectory: (folder, name) => {
      renameSync(at('folder'), join(outside, 'moved'))
      symlinkSync(outside, at('folder'))
      return real.openDirectory(folder, name)
    },
  }))
  const { entries, report } = await (await captureWorld()).capture({ root }, { system })
  expect([...entries.keys()]).toEqual(['', 'folder'])
  expect(report.unreadable.first[0]?.reason).toContain('it is no folder any more (ENOTDIR)')
})

test('a file that is exchanged for a link or a fifo is not followed and not waited for', async () => {
  writeFileSync(at('file'), 'mine')
  writeFileSync(join(outside, 'secret'), 'secret')
  const { system, real } = await spiedSystem(calls => ({
    openFile: (folder, name) => {
      unlinkSync(at(name))
      if (name === 'file') symlinkSync(join(outside, 'secret'), at(name))
      else calls.makeNode(folder, name, 'fifo', 0o600, [0, 0])
      return calls.openFile(folder, name)
    },
  }))
  writeFileSync(at('other'), 'mine too')
  const { entries, report } = await (await captureWorld()).capture({ root }, { system })
  const reason = 'its data could not be read: it became something else meanwhile'
  expect(report.unreadable.first).toEqual([
    { path: 'file', reason },
    { path: 'other', reason },
  ])
  for (const path of ['file', 'other']) expect(entries.get(path)?.data).toBeUndefined()
  expect(real.lacks.size).toBe(0)
})

test('of two names of a file the second has the data when the first vanishes', async () => {
  writeFileSync(at('a'), 'shared')
  const { system, real } = await spiedSystem(calls => ({
    openFile: (folder, name) => {
      if (name === 'a') unlinkSync(at('a'))
      return calls.openFile(folder, name)
    },
  }))
  const folder = real.openRoot(root)
  for (const name of ['b', 'c']) real.makeLink(folder, 'a', folder, name)
  const { entries, contentOf } = await (await captureWorld()).capture({ root }, { system })
  expect((await contentOf('b')).toString()).toBe('shared')
  expect(entries.get('c')?.hardLinkTo).toBe('b')
})

test('chunks that the last point lost are read again, in their place', async () => {
  for (let n = 0; n < 60; n++) writeFileSync(at(`small-${n}`), someBytes(n, 9000 + n))
  writeFileSync(at('large'), someBytes(99, 3 * MiB))
  const world = await captureWorld()
  const first = await world.capture({ root })
  appendFileSync(at('small-59'), 'x')
  const refusing: typeof world.begin = async base => {
    const point = await world.begin(base)
    const stream: typeof point.stream = async request => {
      const writer = await point.stream(request)
      return Object.assign(Object.create(writer), {
        write: writer.write.bind(writer),
        cut: writer.cut.bind(writer),
        finish: writer.finish.bind(writer),
        keep: async () => false,
      })
    }
    return Object.assign(Object.create(point), { stream, commit: point.commit.bind(point) })
  }
  const second = await world.capture({ root }, {}, {}, refusing)
  expect(second.report.kept.files).toBe(0)
  expect(second.report.read.files).toBe(61)
  expect(second.report.unreadable.count).toBe(0)
  for (const path of ['small-0', 'small-59', 'large'])
    expect((await second.contentOf(path)).equals(readFileSync(at(path))), path).toBe(true)
  const third = await world.capture({ root })
  expect(third.report.kept.files).toBe(61)
  expect(third.report.bytes).toBe(first.report.bytes + 1)
})

test('a list of the last point that cannot be read costs time and no data', async () => {
  for (let n = 0; n < 60; n++) writeFileSync(at(`small-${n}`), someBytes(n, 9000 + n))
  const world = await captureWorld()
  await world.capture({ root })
  const { repository } = world
  const broken = {
    readStream: async function* (...given: Parameters<typeof repository.readStream>) {
      for await (const bytes of repository.readStream(...given)) {
        yield bytes.subarray(0, 700)
        throw new Error('a chunk is lost')
      }
    },
  }
  const second = await world.capture({ root }, {}, { repository: broken })
  expect(second.report.notes).toEqual([
    'The list of files of the last point could not be read to its end (a chunk is lost): from there on every file was read.',
  ])
  expect(second.report.kept.files + second.report.read.files).toBe(60)
  for (let n = 0; n < 60; n++)
    expect((await second.contentOf(`small-${n}`)).equals(readFileSync(at(`small-${n}`)))).toBe(true)
})

test('a root that is not there, and a file system that gives no answer, are coded errors', async () => {
  const world = await captureWorld()
  await expect(world.capture({ root: at('nowhere') })).rejects.toMatchObject({
    code: 'TREE_UNREADABLE',
    message: `The folder ${at('nowhere')} cannot be read: it is gone (ENOENT).`,
  })
  const hanging = { ...(await captureWorld()) }
  const never = () => ({
    post: () => {},
    next: () => new Promise<never>(() => {}),
    end: async () => {},
  })
  await expect(
    hanging.capture({ root }, {}, { start: never, stallSeconds: 0.02 }),
  ).rejects.toMatchObject({ code: 'TREE_STALLED' })
})

test('an end that is asked for is one', async () => {
  writeFileSync(at('file'), 'x')
  const world = await captureWorld()
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(world.capture({ root }, {}, { signal })).rejects.toThrow('enough')
})
