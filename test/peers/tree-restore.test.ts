import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listing, sums } from '#test/support/file-tree/listing.ts'
import { restoreHere } from '#test/support/file-tree/restore-here.ts'
import { treeOfFolder } from '#test/support/file-tree/tree-of-folder.ts'
import { describeWithTools } from '#test/support/tools.ts'

const SCRIPT = join(import.meta.dirname, '..', 'support', 'processes', 'restore-tree.ts')
const NOBODY = 65_534

const MiB = 1024 * 1024

describeWithTools(['mke2fs', 'mount', 'umount'], 'restores on real file systems', () => {
  let work: string
  let source: string
  const mounts: string[] = []

  /** An ext4 of 12 MiB, mounted. */
  const smallDisk = (name: string, options = 'loop') => {
    const [image, folder] = [join(work, `${name}.img`), join(work, name)]
    writeFileSync(image, '')
    truncateSync(image, 12 * MiB)
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', image])
    mkdirSync(folder)
    execFileSync('mount', ['-o', options, image, folder])
    mounts.push(folder)
    return folder
  }

  const start = (target: string, as: { uid?: number; gid?: number } = {}): ChildProcess =>
    spawn(process.execPath, [SCRIPT, source, target], {
      stdio: ['ignore', 'pipe', 'inherit'],
      ...as,
    })

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'xenkeep-real-'))
    chmodSync(work, 0o755)
    source = join(work, 'source')
    for (let folder = 0; folder < 20; folder++) {
      mkdirSync(join(source, `d${folder}`), { recursive: true })
      for (let file = 0; file < 100; file++)
        writeFileSync(join(source, `d${folder}`, `f${file}`), Buffer.alloc(4000, file))
    }
    writeFileSync(join(source, 'suid'), 'program')
    chownSync(join(source, 'suid'), 1234, 2345)
    chmodSync(join(source, 'suid'), 0o4755)
    execFileSync('mknod', ['-m', '644', join(source, 'null'), 'c', '1', '3'])
    chmodSync(source, 0o755)
  })

  afterAll(() => {
    for (const folder of mounts) execFileSync('umount', [folder])
    rmSync(work, { recursive: true })
  })

  test('a full disk stops it with a sentence; with room the same command goes on', async () => {
    const disk = smallDisk('full')
    const tree = await treeOfFolder(source)
    writeFileSync(join(disk, 'filler'), Buffer.alloc(6 * MiB))
    const target = join(disk, 'target')
    await expect(restoreHere(tree, target)).rejects.toMatchObject({ code: 'TREE_TARGET_FULL' })
    rmSync(join(disk, 'filler'))
    const again = await restoreHere(tree, target)
    expect(again).toMatchObject({ failed: [], leftOut: [] })
    expect(again.whole).toBeGreaterThan(0)
    expect(listing(target)).toEqual(listing(source))
    expect(sums(target)).toEqual(sums(source))
  })

  test('a file system that can only be read is told', async () => {
    const disk = smallDisk('read-only', 'loop,ro')
    const tree = await treeOfFolder(source)
    for (const target of [disk, join(disk, 'target')])
      await expect(restoreHere(tree, target)).rejects.toMatchObject({
        code: 'TREE_TARGET_READ_ONLY',
      })
  })

  test('without attributes of users: told once, with a count; everything else is there', async () => {
    const disk = join(work, 'plain')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'ramfs', 'ramfs', disk])
    mounts.push(disk)
    const tree = await treeOfFolder(source)
    for (const entry of tree.list.slice(1, 4)) entry.xattrs = [['user.note', Buffer.from('x')]]
    const target = join(disk, 'target')
    const { failed, leftOut } = await restoreHere(tree, target)
    expect(failed).toEqual([])
    expect(leftOut).toEqual([
      expect.objectContaining({
        what: 'extended attributes',
        why: 'the file system of the target cannot keep it',
        count: 3,
      }),
    ])
    expect(sums(target)).toEqual(sums(source))
  })

  test('by somebody who is not root: what only root may is left out and told, no set-user-id for another owner', async () => {
    const folder = join(work, 'nobody')
    mkdirSync(folder)
    chownSync(folder, NOBODY, NOBODY)
    const child = start(join(folder, 'target'), { uid: NOBODY, gid: NOBODY })
    const printed = await text(child.stdout as NonNullable<typeof child.stdout>)
    const { failed, leftOut, files } = JSON.parse(printed.trim().split('\n').at(-1) ?? '')
    expect(failed).toEqual([])
    expect(files).toBe(2001)
    const told = leftOut.map(({ what, count }: { what: string; count: number }) => [what, count])
    expect(told.sort()).toEqual([
      ['device or pipe', 1],
      ['owner', 2022],
      ['set-user-id and set-group-id bits', 1],
    ])
    expect(sums(join(folder, 'target'))).toEqual(sums(source))
    expect(listing(join(folder, 'target')).find(line => line.startsWith('suid'))).toMatch(
      /^suid\|f\|755\|65534\|/,
    )
  })

  test('killed at any moment: run again it is complete, and nothing of ours is left over', async () => {
    const target = join(work, 'killed')
    for (const wait of [30, 80, 160]) {
      const child = start(target)
      await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
      await pause(wait)
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const tree = await treeOfFolder(source)
    expect(await restoreHere(tree, target)).toMatchObject({ failed: [], leftOut: [] })
    expect(listing(target)).toEqual(listing(source))
    expect(sums(target)).toEqual(sums(source))
    expect(readdirSync(target).some(name => name.startsWith('.xenkeep'))).toBe(false)
  })
})
