import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FileSystem, Handle } from '#file-tree/file-system.ts'
import { nativeFileSystem } from '#file-tree/native.ts'
import { portableFileSystem } from '#file-tree/portable.ts'
import { describeFileSystem } from './file-system.ts'

const native = async (): Promise<FileSystem> => {
  const system = await nativeFileSystem()
  if (!system) throw new Error('the calls of this system cannot be made: did koffi load?')
  return system
}

describeFileSystem('file system, by the calls of Linux', native)

describe('what only the calls of Linux give', () => {
  let folder: string
  let system: FileSystem
  let root: Handle

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'xenkeep-native-'))
    system = await native()
    root = system.openRoot(folder)
  })

  afterAll(() => {
    system.close(root)
    rmSync(folder, { recursive: true })
  })

  test('attributes come back byte for byte, with and without a handle', () => {
    const file = system.createFile(root, 'attributed', 0o600)
    const value = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    system.setXattr(root, 'attributed', 'user.all', value)
    system.setXattrOf(file, 'user.none', new Uint8Array())
    const kept = [
      ['user.all', value],
      ['user.none', new Uint8Array()],
    ]
    expect(system.xattrsOf(file)).toEqual({ kept: expect.arrayContaining(kept), lost: [] })
    expect(system.xattrs(root, 'attributed').kept).toHaveLength(2)
    expect(system.xattrOf(file, 'user.all')).toEqual(value)
    expect(system.xattrOf(file, 'user.nothing')).toBeUndefined()
    system.removeXattr(root, 'attributed', 'user.all')
    expect(system.xattrsOf(file).kept).toEqual([['user.none', new Uint8Array()]])
    system.close(file)
  })

  test('times before 1970 are set to the nanosecond', () => {
    const before = -1_500_000_000_123_456_789n
    system.setTimes(root, 'attributed', before)
    expect(system.status(root, 'attributed').mtime).toBe(before)
  })

  test('holes are seen, their ends to the byte', () => {
    const path = join(folder, 'sparse')
    writeFileSync(path, '')
    truncateSync(path, 10 * 1024 * 1024)
    const file = system.openForWriting(root, 'sparse')
    expect(system.dataFrom(file, 0, 10 * 1024 * 1024)).toBeUndefined()
    system.write(file, new Uint8Array(4096).fill(1), 5 * 1024 * 1024)
    expect(system.dataFrom(file, 0, 10 * 1024 * 1024)).toEqual([5 * 1024 * 1024, 4096])
    expect(system.statusOf(file).allocated).toBeLessThan(1024 * 1024)
    system.close(file)
  })

  test.runIf(process.getuid?.() === 0)('fifos, sockets and devices are made and told apart', () => {
    for (const type of ['fifo', 'socket', 'char', 'block'] as const) {
      const rdev = type === 'char' || type === 'block' ? ([8, 300] as const) : ([0, 0] as const)
      system.makeNode(root, type, type, 0o640, rdev)
      expect(system.status(root, type)).toMatchObject({ type, rdev })
      expect(portableFileSystem().lacks).toContain('devices')
    }
  })

  test('both implementations say the same of a file', () => {
    const portable = portableFileSystem()
    const folderThere = portable.openRoot(folder)
    for (const name of system.list(root))
      expect(portable.status(folderThere, name)).toEqual(system.status(root, name))
    expect(portable.statusOf(folderThere)).toEqual(system.statusOf(root))
    portable.close(folderThere)
  })
})
