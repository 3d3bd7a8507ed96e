import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ObjectDamagedError } from '#core/errors/repository.ts'
import { openFileSystem } from '#file-tree/open-file-system.ts'
import { rawOfText } from '#file-tree/raw-text.ts'
import { listing, sums } from '#test/support/file-tree/listing.ts'
import { restoreHere } from '#test/support/file-tree/restore-here.ts'
import {
  type MemoryTree,
  memoryTree,
  treeOfFolder,
} from '#test/support/file-tree/tree-of-folder.ts'

const isRoot = process.getuid?.() === 0

let source: string
let tree: MemoryTree
let work: string
let target: string

/** Names in no encoding, names for links in all places, holes at both ends, a file larger than a pack, an empty one. */
const writeSource = (folder: string) => {
  const at = (...parts: string[]) => join(folder, ...parts)
  for (const path of ['etc/ssh', 'empty', 'var/log']) mkdirSync(at(path), { recursive: true })
  writeFileSync(at('etc', 'hosts'), '127.0.0.1 localhost\n')
  writeFileSync(at('etc', 'ssh', 'sshd_config'), 'Port 22\n')
  writeFileSync(at('etc', 'ssh', 'nothing'), '')
  writeFileSync(Buffer.from(`${folder}/M\xfcller`, 'latin1'), 'not UTF-8')
  writeFileSync(at('var', 'large'), randomBytes(3_333_333))
  writeFileSync(at('var', 'log', 'sparse'), 'x'.repeat(70_000))
  truncateSync(at('var', 'log', 'sparse'), 5_000_000)
  truncateSync(at('var', 'log', 'sparse'), 9_000_000)
  writeFileSync(at('var', 'log', 'hole'), '')
  truncateSync(at('var', 'log', 'hole'), 200_000)
  for (let n = 0; n < 700; n++) writeFileSync(at('var', 'log', `f${n}`), `file ${n}`)
  linkSync(at('etc', 'hosts'), at('var', 'hosts'))
  linkSync(at('etc', 'hosts'), at('zz'))
  symlinkSync('/nowhere/at all', at('etc', 'dangling'))
  symlinkSync('../etc', at('var', 'to-etc'))
  chmodSync(at('etc', 'hosts'), 0o444)
  chmodSync(at('empty'), 0o1750)
  execFileSync('touch', [
    '-d',
    '2011-12-13 14:15:16.123456789',
    at('etc', 'hosts'),
    at('var', 'log'),
  ])
  execFileSync('touch', ['-h', '-d', '1999-12-31 23:59:59.987654321', at('etc', 'dangling')])
  execFileSync('touch', ['-d', '2001-02-03 04:05:06.000000007', at('etc'), at('empty'), folder])
}

beforeAll(async () => {
  source = mkdtempSync(join(tmpdir(), 'xenkeep-tree-'))
  writeSource(source)
  tree = await treeOfFolder(source)
  return () => rmSync(source, { recursive: true })
})

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'xenkeep-restored-'))
  target = join(work, 'target')
  tree.reads.length = 0
})
afterEach(() => rmSync(work, { recursive: true }))

/** Without the folder itself. */
const inside = (lines: string[]) => lines.filter(line => !line.startsWith('|'))

const NOTHING = { failed: [], leftOut: [] }

describe('a tree of files comes back', () => {
  test('with every attribute, to the nanosecond, links and holes as they were', async () => {
    const outcome = await restoreHere(tree, target)
    expect(outcome).toMatchObject({ ...NOTHING, files: 707, hardLinks: 2, links: 2, folders: 6 })
    expect(listing(target)).toEqual(listing(source))
    expect(sums(target)).toEqual(sums(source))
    for (const sparse of ['hole', 'sparse'])
      expect(statSync(join(target, 'var', 'log', sparse)).blocks).toBeLessThan(200)
    expect(tree.reads).toEqual([{ offset: 0, length: undefined }])
  })

  test('into an empty folder that is there, whose own attributes stay', async () => {
    mkdirSync(target, { mode: 0o711 })
    await restoreHere(tree, target)
    expect(inside(listing(target))).toEqual(inside(listing(source)))
    expect(statSync(target).mode & 0o7777).toBe(0o711)
  })

  test.runIf(isRoot)(
    'with owners, set-user-id, capabilities, access lists, devices and pipes',
    async () => {
      const special = join(work, 'special')
      mkdirSync(join(special, 'folder'), { recursive: true })
      const file = (name: string) => join(special, name)
      for (const name of ['suid', 'capable', 'listed']) writeFileSync(file(name), name)
      execFileSync('chown', ['1234:2345', file('suid'), file('folder')])
      chmodSync(file('suid'), 0o6755)
      const system = await openFileSystem()
      // cap_net_raw+ep, as setcap(8) writes it.
      const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
      const folder = system.openRoot(special)
      system.setXattr(folder, 'capable', 'security.capability', capability)
      system.close(folder)
      execFileSync('mknod', [file('null'), 'c', '1', '3'])
      execFileSync('mknod', [file('pipe'), 'p'])
      symlinkSync('suid', file('link'))
      execFileSync('chown', ['-h', '1234:2345', file('link')])
      const before = await treeOfFolder(special)
      // An access list as setfacl writes it: u::rw- u:4321:r-- g::r-- m::rw- o::---
      const acl =
        '020000000100060fffffffff020004 00e1100000040004 00ffffffff100006 00ffffffff200000 00ffffffff'
      const value = Buffer.from(acl.replaceAll(' ', '').replace('0100060f', '01000600'), 'hex')
      const listed = before.list.find(({ path }) => path === 'listed')
      if (listed)
        Object.assign(listed, {
          mode: 0o660,
          xattrs: [['system.posix_acl_access', Uint8Array.from(value)]],
        })
      const outcome = await restoreHere(before, target)
      expect(outcome).toMatchObject({ ...NOTHING, devices: 2 })
      const without = (lines: string[]) => lines.filter(line => !line.startsWith('listed'))
      expect(without(listing(target))).toEqual(without(listing(special)))
      const after = await treeOfFolder(target)
      expect(after.list.map(({ path, xattrs }) => [path, xattrs])).toEqual(
        before.list.map(({ path, xattrs }) => [path, xattrs]),
      )
      expect(statSync(join(target, 'listed')).mode & 0o777).toBe(0o660)
    },
  )

  test('a second time without reading anything of the content again', async () => {
    await restoreHere(tree, target)
    tree.reads.length = 0
    const again = await restoreHere(tree, target)
    expect(again).toMatchObject({ ...NOTHING, files: 0, bytes: 0, whole: 711 })
    expect(tree.reads).toEqual([])
    expect(listing(target)).toEqual(listing(source))
  })
})

describe('parts of a tree', () => {
  test('by path: with the folders above, and nothing else', async () => {
    const outcome = await restoreHere(tree, target, { selection: { paths: ['/etc/ssh/'] } })
    expect(outcome).toMatchObject({ ...NOTHING, files: 2, folders: 3 })
    expect(listing(target)).toEqual(
      listing(source).filter(line => /^(\||etc\||etc\/ssh)/.test(line)),
    )
  })

  test('by pattern, and only their content is read', async () => {
    await restoreHere(tree, target, { selection: { patterns: ['f69?', '**/sshd_*'] } })
    expect(readdirSync(join(target, 'var', 'log')).sort()).toEqual(
      Array.from({ length: 10 }, (_, n) => `f69${n}`),
    )
    expect(readdirSync(join(target, 'etc', 'ssh'))).toEqual(['sshd_config'])
    expect(tree.reads.every(({ length = 0 }) => length > 0 && length < 1_000_000)).toBe(true)
  })

  test('a second name whose first is not asked for holds what the first holds', async () => {
    await restoreHere(tree, target, { selection: { paths: ['var/hosts', 'zz'] } })
    expect(readFileSync(join(target, 'zz'), 'utf8')).toBe('127.0.0.1 localhost\n')
    expect(statSync(join(target, 'zz')).ino).toBe(statSync(join(target, 'var', 'hosts')).ino)
    expect(existsSync(join(target, 'etc'))).toBe(false)
  })
})

describe('what is in the target already', () => {
  beforeEach(() => {
    mkdirSync(join(target, 'etc'), { recursive: true })
    writeFileSync(join(target, 'etc', 'hosts'), 'mine')
    writeFileSync(join(target, 'other'), 'mine')
    writeFileSync(join(target, 'var'), 'a file where a folder belongs')
  })

  test('is told before anything is changed', async () => {
    const before = listing(target)
    await expect(restoreHere(tree, target)).rejects.toMatchObject({
      code: 'TREE_TARGET_TAKEN',
      message: expect.stringContaining('etc/hosts, var.'),
    })
    expect(listing(target)).toEqual(before)
  })

  test('keep: stays, the rest comes', async () => {
    const outcome = await restoreHere(tree, target, { onExisting: 'keep' })
    expect(outcome).toMatchObject({ failed: [], kept: 708 })
    expect(readFileSync(join(target, 'etc', 'hosts'), 'utf8')).toBe('mine')
    expect(readFileSync(join(target, 'var'), 'utf8')).toContain('belongs')
    // Not a second name of what was there before.
    expect(readFileSync(join(target, 'zz'), 'utf8')).toBe('127.0.0.1 localhost\n')
    expect(existsSync(join(target, 'etc', 'ssh', 'sshd_config'))).toBe(true)
  })

  test('replace: gives way, and what the point does not know stays', async () => {
    const outcome = await restoreHere(tree, target, { onExisting: 'replace' })
    expect(outcome).toMatchObject({ ...NOTHING, replaced: 2 })
    rmSync(join(target, 'other'))
    expect(inside(listing(target))).toEqual(inside(listing(source)))
    expect(sums(target)).toEqual(sums(source))
  })

  test('replace: a folder with files is never removed for a file', async () => {
    mkdirSync(join(target, 'zz'))
    writeFileSync(join(target, 'zz', 'precious'), '')
    const outcome = await restoreHere(tree, target, { onExisting: 'replace' })
    expect(outcome.failed).toEqual([
      { path: 'zz', code: 'ENOTEMPTY', why: 'a folder that is not empty stands in its place' },
    ])
    expect(existsSync(join(target, 'zz', 'precious'))).toBe(true)
  })

  test('a link that leads out is not followed, whatever is said of existing files', async () => {
    const outside = join(work, 'outside')
    mkdirSync(outside)
    rmSync(join(target, 'etc'), { recursive: true })
    for (const onExisting of ['keep', 'replace'] as const) {
      symlinkSync(outside, join(target, 'etc'))
      await restoreHere(tree, target, { onExisting })
      expect(readdirSync(outside)).toEqual([])
      rmSync(join(target, 'etc'), { recursive: true })
    }
  })
})

describe('what goes wrong on the way', () => {
  test('a path that leads out of the target is refused by name', async () => {
    const [root, file] = [tree.list[0], tree.list.find(({ path }) => path === 'etc/hosts')]
    if (!root || !file) throw new Error('no such entries')
    const paths = ['../escaped', '..', 'a/../../escaped']
    const evil = memoryTree([root, ...paths.map(path => ({ ...file, nlink: 1, path }))], tree.bytes)
    const outcome = await restoreHere(evil, target)
    expect(outcome.failed.map(({ path }) => path)).toEqual(paths)
    expect(readdirSync(work)).toEqual(['target'])
  })

  test('a folder that somebody exchanges for a link while files are written leads nowhere', async () => {
    const outside = join(work, 'outside')
    mkdirSync(outside)
    const before = memoryTree(tree.list, tree.bytes)
    let exchanged = false
    const content = before.content.bind(before)
    before.content = async function* (...range) {
      for await (const bytes of content(...range)) {
        if (!exchanged && existsSync(join(target, 'var', 'log'))) {
          renameSync(join(target, 'var', 'log'), join(work, 'moved'))
          symlinkSync(outside, join(target, 'var', 'log'))
          exchanged = true
        }
        yield bytes
      }
    }
    const outcome = await restoreHere(before, target)
    expect(exchanged).toBe(true)
    expect(readdirSync(outside)).toEqual([])
    expect(outcome.failed.length).toBeGreaterThan(0)
    expect(new Set(outcome.failed.map(({ code }) => code))).toEqual(new Set(['ENOTDIR']))
    expect(readFileSync(join(target, 'zz'), 'utf8')).toBe('127.0.0.1 localhost\n')
  })

  test('a damaged chunk fails the files in it by name, and no others', async () => {
    const { data } = tree.list.find(({ path }) => path === rawOfText('var/large')) ?? {}
    const bad = (data?.offset ?? 0) + 2_000_000
    const damaged = memoryTree(tree.list, tree.bytes)
    const content = damaged.content.bind(damaged)
    damaged.content = async function* (offset, length) {
      const end = offset + (length ?? tree.size - offset)
      if (bad < offset || bad >= end) return yield* content(offset, length)
      yield* content(offset, Math.max(0, bad - 1000 - offset))
      throw new ObjectDamagedError('data/pack', 'a record is not what it was')
    }
    const outcome = await restoreHere(damaged, target)
    expect(outcome.failed).toEqual([
      {
        path: 'var/large',
        code: 'OBJECT_DAMAGED',
        why: 'a record is not what it was',
        damaged: true,
      },
    ])
    expect(existsSync(join(target, 'var', 'large'))).toBe(false)
    const others = (lines: string[]) => lines.filter(line => !line.includes('var/large'))
    expect(others(sums(target))).toEqual(others(sums(source)))
    // The folder is complete but for that: it has its own time.
    expect(others(listing(target))).toEqual(others(listing(source)))
  })

  test('what the backup could not read is told, not made up', async () => {
    const list = tree.list.map(entry =>
      entry.path === 'etc/ssh/sshd_config'
        ? { ...entry, data: undefined, problem: 'The file could not be read (EIO).' }
        : entry,
    )
    const outcome = await restoreHere(memoryTree(list, tree.bytes), target)
    expect(outcome.failed).toEqual([
      {
        path: 'etc/ssh/sshd_config',
        code: 'NOT_IN_POINT',
        why: 'The file could not be read (EIO).',
      },
    ])
    expect(existsSync(join(target, 'etc', 'ssh', 'sshd_config'))).toBe(false)
  })

  test('a target that is a file', async () => {
    writeFileSync(target, '')
    await expect(restoreHere(tree, target)).rejects.toMatchObject({ code: 'TREE_TARGET_UNUSABLE' })
  })
})

describe('files with several names', () => {
  const two = async () => {
    const folder = join(work, 'two')
    mkdirSync(folder)
    writeFileSync(join(folder, 'a'), 'as it was')
    linkSync(join(folder, 'a'), join(folder, 'b'))
    return { folder, tree: await treeOfFolder(folder) }
  }

  test('that were written to since are replaced under every name', async () => {
    const { folder, tree } = await two()
    writeFileSync(join(folder, 'a'), 'written to since')
    const outcome = await restoreHere(tree, folder, { onExisting: 'replace' })
    expect(outcome).toMatchObject({ ...NOTHING, files: 1, hardLinks: 1, replaced: 2 })
    for (const name of ['a', 'b'])
      expect(readFileSync(join(folder, name), 'utf8')).toBe('as it was')
    expect(statSync(join(folder, 'b')).nlink).toBe(2)
  })

  test('restored by the second alone belong to whom the rule says, without the bits of others', async () => {
    const { tree } = await two()
    const list = tree.list.map(entry => ({ ...entry, uid: 4711, gid: 4711, mode: 0o4755 }))
    const part = { selection: { paths: ['b'] }, owners: { by: 'none' } } as const
    await restoreHere(memoryTree(list, tree.bytes), target, part)
    expect(await restoreHere(memoryTree(list, tree.bytes), target, part)).toMatchObject({
      whole: 1,
    })
    const { uid, mode } = statSync(join(target, 'b'))
    expect({ uid, mode: mode & 0o7777 }).toEqual({ uid: process.getuid?.(), mode: 0o755 })
  })
})

describe('a list of files that says what cannot be', () => {
  const forged = (more: object) => {
    const list = tree.list.filter(({ path }) => ['', 'etc', 'etc/hosts', 'zz'].includes(path))
    const lies = list.map(entry => (entry.path === 'etc/hosts' ? { ...entry, ...more } : entry))
    return memoryTree(lies, tree.bytes)
  }

  test.each([
    ['data outside of the content', { data: { offset: 2 ** 45, length: 20 } }],
    ['data that no number of bytes reaches', { data: { offset: 2 ** 53 - 9, length: 20 } }],
    ['more than there is', { size: 2 ** 44, data: { offset: 0, length: 2 ** 44 } }],
    ['a size without data', { size: 1000, data: undefined }],
    ['less data than its size', { size: 1000 }],
    ['more data than its size', { size: 3 }],
    ['holes beyond its end', { holes: [[20, 2 ** 50]] }],
  ])('%s: fails by name, the rest comes back', async (_, more) => {
    const { failed, files } = await restoreHere(forged(more), target)
    expect(failed[0]).toMatchObject({ path: 'etc/hosts', damaged: true })
    expect(files).toBe(0)
    expect(existsSync(join(target, 'etc', 'hosts'))).toBe(false)
    expect(existsSync(join(target, 'etc'))).toBe(true)
  })
})
