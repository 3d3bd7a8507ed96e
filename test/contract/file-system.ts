import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FileSystem, Handle } from '#file-tree/file-system.ts'
import { rawOfText } from '#file-tree/raw-text.ts'

/** What every implementation of `FileSystem` does, on a folder of the machine's own temporary files. */
export const describeFileSystem = (name: string, make: () => Promise<FileSystem>): void => {
  describe(name, () => {
    let folder: string
    let system: FileSystem
    let root: Handle

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'xenkeep-file-system-'))
      system = await make()
      root = system.openRoot(folder)
    })

    afterAll(() => {
      system.close(root)
      rmSync(folder, { recursive: true })
    })

    const code = (wanted: string) => expect.objectContaining({ code: wanted })

    test('lists names as bytes, without the folder and the one above', () => {
      mkdirSync(join(folder, 'names'))
      writeFileSync(Buffer.from(`${folder}/names/M\xfcller`, 'latin1'), '')
      writeFileSync(join(folder, 'names', 'Müller'), '')
      const names = system.openDirectory(root, 'names')
      expect(system.list(names).sort()).toEqual([rawOfText('Müller'), 'M\xfcller'])
      expect(system.list(names)).toHaveLength(2)
      expect(system.status(names, 'M\xfcller')).toMatchObject({ type: 'file', size: 0, nlink: 1 })
      system.close(names)
    })

    test('writes, reads, and says what it wrote', () => {
      const file = system.createFile(root, 'file', 0o640)
      expect(() => system.createFile(root, 'file', 0o640)).toThrow(code('EEXIST'))
      system.write(file, Buffer.from('beginning'), 0)
      system.write(file, Buffer.from('end'), 100_000)
      const into = new Uint8Array(20)
      expect(system.read(file, into, 99_998)).toBe(5)
      expect(Buffer.from(into.subarray(0, 5)).toString()).toBe('\0\0end')
      expect(system.read(file, into, 100_003)).toBe(0)
      system.truncate(file, 9)
      system.sync(file)
      expect(system.dataFrom(file, 0, 9)).toEqual([0, 9])
      expect(system.statusOf(file)).toMatchObject({ type: 'file', size: 9 })
      system.close(file)
      expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('beginning')
    })

    test('never follows a link', () => {
      symlinkSync('file', join(folder, 'to-file'))
      mkdirSync(join(folder, 'folder'))
      symlinkSync('folder', join(folder, 'to-folder'))
      expect(system.readLink(root, 'to-file')).toBe('file')
      expect(system.status(root, 'to-file').type).toBe('symlink')
      expect(() => system.openFile(root, 'to-file')).toThrow(code('ELOOP'))
      expect(() => system.openForWriting(root, 'to-file')).toThrow(code('ELOOP'))
      expect(() => system.openDirectory(root, 'to-folder')).toThrow(/ELOOP|ENOTDIR/)
      expect(() => system.changeMode(root, 'to-file', 0o777)).toThrow()
    })

    test('makes, names and removes', () => {
      system.makeDirectory(root, 'made', 0o750)
      const made = system.openDirectory(root, 'made')
      system.makeSymlink('somewhere/else', made, 'link')
      system.close(system.createFile(made, 'one', 0o600))
      system.makeLink(made, 'one', root, 'two')
      expect(system.status(root, 'two')).toMatchObject({ nlink: 2 })
      expect(system.status(root, 'two').inode).toBe(system.status(made, 'one').inode)
      system.rename(root, 'two', 'three')
      expect(() => system.status(root, 'two')).toThrow(code('ENOENT'))
      for (const name of ['one', 'link']) system.unlink(made, name)
      expect(system.list(made)).toEqual([])
      system.close(made)
      system.removeDirectory(root, 'made')
      system.unlink(root, 'three')
      expect(() => system.openDirectory(root, 'made')).toThrow(code('ENOENT'))
    })

    test('sets permissions and times', () => {
      system.changeMode(root, 'file', 0o4711)
      const moment = 1_500_000_000_123_456_789n
      system.setTimes(root, 'file', moment)
      const { mode, mtime } = system.status(root, 'file')
      expect(mode).toBe(0o4711)
      const exact = system.lacks.has('nanoseconds') ? 1_000_000n : 1n
      expect(mtime - moment < exact && moment - mtime < exact).toBe(true)
    })

    test('sets them by a handle too, of that very file, whatever its name stands for by then', () => {
      const moment = 1_000_000_000_125_000_000n
      for (const name of ['file', '']) {
        const handle =
          name === '' ? system.openDirectory(root, 'folder') : system.openForWriting(root, name)
        const { uid, gid } = system.statusOf(handle)
        if (name !== '') {
          system.rename(root, name, 'moved')
          symlinkSync('moved', join(folder, name))
        }
        system.changeOwnerOf(handle, uid, gid)
        system.changeModeOf(handle, 0o710)
        system.setTimesOf(handle, moment)
        expect(system.statusOf(handle)).toMatchObject({ mode: 0o710, mtime: moment, uid, gid })
        system.close(handle)
      }
      system.unlink(root, 'file')
      system.rename(root, 'moved', 'file')
    })

    test('says its errors as Node does', () => {
      expect(() => system.openFile(root, 'nowhere')).toThrow(/^ENOENT: no such file or directory/)
      expect(() => system.status(root, 'x'.repeat(300))).toThrow(code('ENAMETOOLONG'))
    })
  })
}
