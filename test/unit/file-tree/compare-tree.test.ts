import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CompareRequestOfTree, compareTree } from '#file-tree/compare/compare-tree.ts'
import type { Difference } from '#file-tree/compare/comparer.ts'
import type { Extent } from '#file-tree/entry.ts'
import { sameTime } from '#file-tree/restore/whole.ts'
import { nobodyHere, restoreHere } from '#test/support/file-tree/restore-here.ts'
import {
  type MemoryTree,
  memoryTree,
  treeOfFolder,
} from '#test/support/file-tree/tree-of-folder.ts'

const SECOND = 1_000_000_000n // ns

let folder: string
let tree: MemoryTree

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'xenkeep-compare-'))
  for (const path of ['a/deep', 'b']) mkdirSync(join(folder, path), { recursive: true })
  for (const path of ['a/one', 'a/two', 'a/deep/three', 'b/four', 'b/five'])
    writeFileSync(join(folder, path), `this is ${path}`)
  writeFileSync(join(folder, 'holes'), 'begins')
  truncateSync(join(folder, 'holes'), 3_000_000)
  symlinkSync('one', join(folder, 'a', 'link'))
  linkSync(join(folder, 'b', 'five'), join(folder, 'six'))
  tree = await treeOfFolder(folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

const compare = async (more: Partial<CompareRequestOfTree> = {}) => {
  const found: Difference[] = []
  const report = await compareTree(
    tree,
    { folder, selection: {}, owners: { by: 'id' }, people: nobodyHere, content: true, ...more },
    difference => found.push(difference),
  )
  const text = (each: Difference) =>
    `${each.what} ${each.path}${each.what === 'differs' ? `: ${each.members.join(', ')}` : ''}`
  return { report, lines: found.map(text) }
}

describe('a point and a folder', () => {
  test('that are the same', async () => {
    const { report, lines } = await compare()
    expect(lines).toEqual([])
    expect(report).toEqual({ compared: tree.list.length, different: 0, damaged: [] })
  })

  test('that differ: by name, in everything, content of equal size and time only where it is read', async () => {
    const at = (...parts: string[]) => join(folder, ...parts)
    const { mtimeNs } = statSync(at('a', 'one'), { bigint: true })
    writeFileSync(at('a', 'one'), 'THIS is a/one')
    const moment = `@${mtimeNs / SECOND}.${String(mtimeNs % SECOND).padStart(9, '0')}`
    execFileSync('touch', ['-d', moment, at('a', 'one')])
    chmodSync(at('a', 'two'), 0o600)
    rmSync(at('a', 'deep'), { recursive: true })
    rmSync(at('a', 'link'))
    symlinkSync('two', at('a', 'link'))
    rmSync(at('b', 'four'))
    mkdirSync(at('b', 'four'))
    writeFileSync(at('b', 'five'), 'longer than it was before')
    rmSync(at('six'))
    writeFileSync(at('six'), 'this is six')
    writeFileSync(at('zzz'), '')
    const expected = [
      'a: modified',
      'a/link: link target, modified',
      'a/one: content',
      'a/two: permissions',
      'b: modified',
      'b/five: size, modified',
      'b/four: type',
      'missing a/deep',
      'missing a/deep/three',
      'six: size, modified, hard link',
      'extra zzz',
      ': modified',
    ].sort()
    const { lines, report } = await compare()
    expect(lines.map(line => line.replace(/^differs /, '')).sort()).toEqual(expected)
    expect(report).toEqual({ compared: 12, different: 12, damaged: [] })
    expect((await compare({ content: false })).lines).not.toContain('differs a/one: content')
    const part = await compare({ selection: { paths: ['a/deep'] } })
    expect(part.lines).toEqual(['missing a/deep', 'missing a/deep/three'])
  })

  test('that is not there', async () => {
    await expect(compare({ folder: join(folder, 'none') })).rejects.toMatchObject({
      code: 'TREE_TARGET_UNUSABLE',
    })
  })
})

test('a list of files that says what cannot be: files count as damaged, and it ends', async () => {
  const holes: Extent[] = [[20, 2 ** 50]]
  const list = tree.list.map(entry => (entry.data ? { ...entry, holes } : entry))
  const { damaged } = await compareTree(
    memoryTree(list, tree.bytes),
    { folder, selection: {}, owners: { by: 'id' }, people: nobodyHere, content: true },
    () => undefined,
  )
  expect(damaged).not.toEqual([])
})

test('the second name of a file, restored alone, is the same as in the point', async () => {
  const target = join(folder, 'part')
  const selection = { paths: ['six'] }
  await restoreHere(tree, target, { selection })
  const found: Difference[] = []
  await compareTree(
    tree,
    { folder: target, selection, owners: { by: 'id' }, people: nobodyHere, content: true },
    difference => found.push(difference),
  )
  expect(found).toEqual([])
})

test.each([
  ['as it is', 1_234_567_891n, true],
  ['NTFS keeps 100 ns', 1_234_567_800n, true],
  ['exFAT keeps 10 ms', 1_230_000_000n, true],
  ['ext with small inodes keeps seconds', 1_000_000_000n, true],
  ['FAT keeps two seconds', 0n, true],
  ['another moment', 1_234_567_890n, false],
  ['a moment later', 1_234_567_900n, false],
])('times of file systems that keep less: %s', (_, here, same) => {
  const there = { mtime: 1_234_567_891n }
  expect(sameTime({ lacks: new Set() }, { mtime: here }, there)).toBe(same)
})
