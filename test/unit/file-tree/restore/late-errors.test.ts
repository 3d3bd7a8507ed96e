import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Entry } from '#file-tree/entry.ts'
import type { Item, Way } from '#file-tree/restore/item.ts'
import { TargetFolder } from '#file-tree/restore/target-folder.ts'
import { TreeWriter } from '#file-tree/restore/tree-writer.ts'
import { systemError } from '#file-tree/system-error.ts'
import { spiedSystem } from '#test/support/file-tree/spied-system.ts'

/**
 * Motivation: network file systems, and those in user space, take what is written and tell later that there is no room for it: when the file is closed, or when its times
 * are set. Steps: a writer on calls that fail there. Pass: a file whose data was refused never counts as restored and never has its name, and a full disk ends the restore.
 */
const EIO = 5
const ENOSPC = 28

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'xenkeep-late-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const entry: Entry = {
  path: 'file',
  type: 'file',
  mode: 0o644,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  size: 4,
  mtime: 0n,
  ctime: 0n,
  inode: 1n,
  device: 1n,
  nlink: 1,
  data: { offset: 0, length: 4 },
}

const itemOf = (way: Way): Item => ({
  entry,
  way,
  stale: false,
  ownerKnown: true,
  foreignLists: false,
})

const writerWith = async (errno: number, when: 'closeWritten' | 'setTimesOf') => {
  const { system } = await spiedSystem(real => ({
    [when]: (...given: [number, bigint]) => {
      if (when === 'closeWritten') real.close(given[0])
      throw systemError(errno, 'close')
    },
  }))
  const target = new TargetFolder(system, folder)
  const user = { uid: entry.uid, gid: entry.gid }
  return { writer: new TreeWriter({ system, target, user }), target }
}

const DATA = Buffer.from('data')

test.each<Way>(['direct', 'add', 'replace'])(
  'an error at the end of a file (%s) fails it by name',
  async way => {
    const { writer, target } = await writerWith(EIO, 'closeWritten')
    writer.make(itemOf(way), DATA)
    writer.begin(1, itemOf(way))
    writer.append(1, 0, DATA)
    writer.end(1)
    const outcome = writer.takeOutcome()
    const failure = { path: 'file', code: 'EIO', why: 'the disk of the target reports an error' }
    expect(outcome).toMatchObject({ files: 0, bytes: 0, failed: [failure, failure] })
    expect(readdirSync(folder)).toEqual([])
    writer.close()
    target.close()
  },
)

test.each(['closeWritten', 'setTimesOf'] as const)(
  'no room, told by %s, ends the restore',
  async when => {
    const { writer, target } = await writerWith(ENOSPC, when)
    expect(() => writer.make(itemOf('direct'), DATA)).toThrow(
      expect.objectContaining({ code: 'ENOSPC' }),
    )
    expect(existsSync(join(folder, 'file'))).toBe(false)
    writer.close()
    target.close()
  },
)
