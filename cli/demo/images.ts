import { execFile } from 'node:child_process'
import { constants, existsSync } from 'node:fs'
import { copyFile, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { count, formatBytes } from '../output/units.ts'
import { type GuestFile, logLines, noise, writeTree } from './guest-files.ts'

const run = promisify(execFile)

/** Makes and changes the guests' disks. */
export interface ImageMaker {
  /** What the disks hold, for the story. */
  readonly what: string
  /** Why the file systems cannot be checked, where they cannot. */
  readonly uncheckedBecause?: string
  /** Makes a raw image of `size` bytes that holds `files`. @returns what it holds, in words */
  make: (path: string, size: number, files: readonly GuestFile[]) => Promise<string>
  /**
   * Makes `after` from `before` the way a guest would: some files written, some removed, all else as it was.
   * @returns what was done, in words
   */
  change: (
    before: string,
    after: string,
    change: { written: readonly GuestFile[]; removed: readonly string[] },
  ) => Promise<string>
  /** @returns what the file system checker says of a healthy image. @throws with its output when it finds an error */
  check?: (path: string) => Promise<string>
}

/** e2fsprogs lives in /usr/sbin, which is not on every user's PATH. */
const findTool = (name: string): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin']
    .map(folder => join(folder, name))
    .find(file => existsSync(file))

/**
 * @param scratch directory for what is needed in between
 * @param find looks a program up
 * @returns real ext4 file systems where e2fsprogs is installed, else plain disks of recognisable content
 */
export const imageMaker = (scratch: string, find = findTool): ImageMaker => {
  const [mke2fs, debugfs, e2fsck] = ['mke2fs', 'debugfs', 'e2fsck'].map(tool => find(tool))
  return mke2fs && debugfs && e2fsck
    ? ext4Images(scratch, { mke2fs, debugfs, e2fsck })
    : plainImages()
}

const sizeOf = (files: readonly GuestFile[]): number =>
  files.reduce((sum, [, content]) => sum + content.length, 0)

const ext4Images = (
  scratch: string,
  tools: { mke2fs: string; debugfs: string; e2fsck: string },
): ImageMaker => ({
  what: 'ext4 file systems with real files',
  make: async (path, size, files) => {
    const tree = join(scratch, 'tree')
    writeTree(tree, files)
    await run(tools.mke2fs, [
      '-q',
      '-F',
      '-t',
      'ext4',
      '-b',
      '4096',
      '-d',
      tree,
      path,
      `${size / 1024}k`,
    ])
    await rm(tree, { recursive: true })
    return `${count(files.length, 'file')} with ${formatBytes(sizeOf(files))}`
  },
  change: async (before, after, { written, removed }) => {
    // Holes stay holes: COPYFILE_FICLONE falls back to a copy where the file system cannot share blocks.
    await copyFile(before, after, constants.COPYFILE_FICLONE)
    const tree = join(scratch, 'tree')
    writeTree(tree, written)
    const commands = [
      ...removed.map(path => `rm /${path}`),
      ...written.map(([path]) => `write ${join(tree, path)} /${path}`),
    ]
    const script = join(scratch, 'debugfs.commands')
    await writeFile(script, `${commands.join('\n')}\n`)
    await run(tools.debugfs, ['-w', '-f', script, after])
    await rm(tree, { recursive: true })
    await rm(script)
    return `${count(written.length, 'file')} written, ${count(removed.length, 'file')} removed`
  },
  check: async path => {
    const { stdout } = await run(tools.e2fsck, ['-fn', path])
    return stdout.trim().split('\n').at(-1) ?? ''
  },
})

const PLAIN_PART = 1024 * 1024

/**
 * Without e2fsprogs: the files' bytes one after the other, each from a whole MiB on. Nothing can check that as a file
 * system, and the summary says so.
 */
const plainImages = (): ImageMaker => ({
  what: 'plain disks of recognisable content',
  uncheckedBecause: 'mke2fs, debugfs and e2fsck (package e2fsprogs) are not installed',
  make: async (path, size, files) => {
    await mkdir(join(path, '..'), { recursive: true })
    const file = await open(path, 'w')
    let at = 0
    const large = files.filter(([, content]) => content.length >= PLAIN_PART / 8)
    for (const [, content] of large) {
      await file.write(content, 0, content.length, at)
      at += Math.ceil(content.length / PLAIN_PART) * PLAIN_PART
    }
    await file.truncate(size)
    await file.close()
    return `${formatBytes(sizeOf(large))} of data`
  },
  change: async (before, after) => {
    await copyFile(before, after, constants.COPYFILE_FICLONE)
    const file = await open(after, 'r+')
    await file.write(noise('working day', PLAIN_PART), 0, PLAIN_PART, 4 * PLAIN_PART)
    await file.write(logLines('working day', 300_000), 0, 300_000, 9 * PLAIN_PART)
    await file.close()
    return '2 stretches of the disk overwritten'
  },
})
