import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StoreUnavailableError } from '#core/errors/store.ts'
import { listing, sums } from '#test/support/file-tree/listing.ts'
import { restoreHere } from '#test/support/file-tree/restore-here.ts'
import { memoryTree, treeOfFolder } from '#test/support/file-tree/tree-of-folder.ts'

/**
 * Motivation: by its permissions a folder says that a restore was cut off in it, and what is in it may be written anew. Steps: folders whose own permissions are like those,
 * in the point and in the target; targets that change the permissions of what is made in them; restores that end early. Pass: nothing of a user's own gives way without
 * leave, and after the next run nothing differs from the tree.
 */
let work: string
let source: string
let target: string

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'xenkeep-unfinished-'))
  source = join(work, 'source')
  target = join(work, 'target')
  for (const folder of ['a', 'b/c', 'd']) mkdirSync(join(source, folder), { recursive: true })
  for (const path of ['a/one', 'b/c/two', 'd/three']) writeFileSync(join(source, path), path)
})
afterEach(() => rmSync(work, { recursive: true }))

/** Ends with an error of the store once `path` is to be written. */
const cutOffAt = async (path: string) => {
  const tree = await treeOfFolder(source)
  const { data } = tree.list.find(each => each.path === path) ?? {}
  const cut = memoryTree(tree.list, tree.bytes)
  cut.content = async function* (offset) {
    const end = data?.offset ?? 0
    if (end > offset) yield Uint8Array.from(tree.bytes.subarray(offset, end))
    throw new StoreUnavailableError('the store', new Error('it is gone'))
  }
  return { tree, cut }
}

describe.each(['1700', '5700', '7700'])('a folder of the point whose permissions are %s', octal => {
  const mode = Number.parseInt(octal, 8)

  test('is finished when it is: what a user writes in it stays', async () => {
    chmodSync(join(source, 'a'), mode)
    const tree = await treeOfFolder(source)
    await restoreHere(tree, target)
    expect(statSync(join(target, 'a')).mode & 0o7777).toBe(mode)
    writeFileSync(join(target, 'a/one'), 'written by its user since')
    await expect(restoreHere(tree, target)).rejects.toMatchObject({ code: 'TREE_TARGET_TAKEN' })
    expect(await restoreHere(tree, target, { onExisting: 'keep' })).toMatchObject({ kept: 1 })
    expect(readFileSync(join(target, 'a/one'), 'utf8')).toBe('written by its user since')
  })

  test('is gone on with when it was cut off', async () => {
    for (const folder of ['a', 'b', 'b/c']) chmodSync(join(source, folder), mode)
    const { tree, cut } = await cutOffAt('b/c/two')
    await expect(restoreHere(cut, target)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await restoreHere(tree, target)).toMatchObject({ failed: [], leftOut: [] })
    expect(listing(target)).toEqual(listing(source))
  })
})

test('a folder of the target with the permissions 1700 and files is not taken for one of ours', async () => {
  const tree = await treeOfFolder(source)
  mkdirSync(join(target, 'a'), { recursive: true })
  writeFileSync(join(target, 'a/one'), 'mine')
  chmodSync(join(target, 'a'), 0o1700)
  await expect(restoreHere(tree, target)).rejects.toMatchObject({ code: 'TREE_TARGET_TAKEN' })
  await restoreHere(tree, target, { onExisting: 'keep' })
  expect(readFileSync(join(target, 'a/one'), 'utf8')).toBe('mine')
  expect(statSync(join(target, 'a')).mode & 0o7777).toBe(0o1700)
})

test('in a target that gives its group to all that is made in it, the next run knows its own folders', async () => {
  const { tree, cut } = await cutOffAt('b/c/two')
  mkdirSync(target)
  execFileSync('chgrp', [String(process.getegid?.() ?? 0), target])
  chmodSync(target, 0o2775)
  await expect(restoreHere(cut, target)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  // A file that is not whole, as a kill leaves it.
  writeFileSync(join(target, 'b/c/two'), 'b/')
  expect(await restoreHere(tree, target)).toMatchObject({ failed: [], leftOut: [] })
  const inside = (lines: string[]) => lines.filter(line => !line.startsWith('|'))
  expect(inside(listing(target))).toEqual(inside(listing(source)))
  expect(sums(target)).toEqual(sums(source))
})

test('killed between the making of a folder and its mark: it is empty, and gone on with', async () => {
  const tree = await treeOfFolder(source)
  mkdirSync(join(target, 'd'), { recursive: true })
  for (const folder of [join(target, 'd'), target]) chmodSync(folder, 0o1700)
  mkdirSync(join(target, 'a'))
  chmodSync(join(target, 'a'), 0o5700)
  chmodSync(target, 0o5700)
  expect(await restoreHere(tree, target)).toMatchObject({ failed: [], leftOut: [] })
  expect(listing(target)).toEqual(listing(source))
})
