import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeTree } from './tree.ts'

const UUID = '2f0d7c1e-5a53-4f0e-9d0f-7d5a3a2b9c11'
const TIME = '1767225600' // 2026-01-01T00:00:00Z
const FULL = 0.72 // of the image is content

/** Tools in /sbin, and a clock that stands still (libext2fs knows this variable). */
const env = {
  ...process.env,
  PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
  E2FSPROGS_FAKE_TIME: TIME,
}

/**
 * Makes an ext4 image with a generated tree in it (mke2fs of Debian's e2fsprogs).
 * @param size bytes
 * @returns how many files it holds
 */
export const makeExt4 = (image: string, size: number): number => {
  const tree = join(image, '..', 'tree')
  rmSync(tree, { recursive: true, force: true })
  mkdirSync(tree)
  try {
    const files = writeTree(tree, size * FULL)
    const extended = `hash_seed=${UUID},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0`
    execFileSync(
      'mke2fs',
      [
        ...['-q', '-F', '-t', 'ext4', '-b', '4096', '-m', '0', '-L', 'bench', '-U', UUID],
        ...['-E', extended, '-d', tree, image, `${size / 1024}k`],
      ],
      { env, stdio: ['ignore', 'ignore', 'inherit'] },
    )
    stampChangeTimes(image, files)
    return files
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

/** ctime cannot be set on a file, so mke2fs copies the moment at which the tree was written. */
const stampChangeTimes = (image: string, files: number): void => {
  const FIRST_INODE = 11
  const last = FIRST_INODE + 1 + files + Math.ceil(files / 100)
  const commands = ['set_inode_field <2> ctime 20260101']
  for (let inode = FIRST_INODE; inode <= last; inode++)
    commands.push(`set_inode_field <${inode}> ctime 20260101`)
  execFileSync('debugfs', ['-w', '-f', '-', image], {
    env,
    input: `${commands.join('\n')}\n`,
    stdio: ['pipe', 'ignore', 'ignore'],
    maxBuffer: 1024 ** 3,
  })
}
