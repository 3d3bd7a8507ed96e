import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readInThread } from '#file-tree/capture/reader-link.ts'
import type { Entry } from '#file-tree/entry.ts'
import { captureWorld } from '#test/support/file-tree/capture-world.ts'
import { type Kind, mounted } from '#test/support/file-tree/mounted.ts'
import { until } from '#test/support/patience.ts'
import { someBytes } from '#test/support/repository/streams.ts'
import { describeWithTools } from '#test/support/tools.ts'

const MiB = 1024 * 1024
const MAKERS = ['mkfs.ext4', 'mkfs.xfs', 'mkfs.btrfs', 'mkntfs', 'ntfs-3g']
const TOOLS = [...MAKERS, 'setfattr', 'getfattr', 'setfacl', 'setcap', 'getcap', 'mknod', 'mount']

const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** What getfattr, of others, says of a file: base64 by name. */
const attributesOf = (path: string): Record<string, string> => {
  const lines = run('getfattr', '-h', '-d', '-m', '-', '-e', 'base64', '--absolute-names', path)
  const pairs = lines
    .split('\n')
    .filter(line => line.includes('=0s') && !line.startsWith('trusted.SGI_ACL_'))
  return Object.fromEntries(
    pairs.map(line => [line.slice(0, line.indexOf('=0s')), line.slice(line.indexOf('=0s') + 3)]),
  )
}

const inEntry = (entry: Entry | undefined): Record<string, string> =>
  Object.fromEntries(
    (entry?.xattrs ?? []).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  )

/** A file that changed a moment ago is read again at the next point, whatever its times say. */
const isOld = (path: string) =>
  until(`${path} rests`, () => statSync(path).ctimeMs < Date.now() - 200)

/* As root, on file systems of their own: what a machine has. The reader runs in its thread, as it does in the agent. */
describeWithTools(TOOLS, 'trees of real file systems', () => {
  describe.each<Kind>(['ext4', 'xfs', 'btrfs'])('%s', kind => {
    let disk: ReturnType<typeof mounted>
    let at: (path: string) => string
    const socket = createServer()

    beforeAll(async () => {
      disk = mounted(kind)
      at = path => join(disk.root, path)
      mkdirSync(at('folder'))
      writeFileSync(at('folder/file'), someBytes(1, 300_000))
      chownSync(at('folder/file'), 1234, 2345)
      chmodSync(at('folder/file'), 0o4750)
      for (const name of ['user.mine', 'trusted.ours', 'security.other'])
        run('setfattr', '-n', name, '-v', `value of ${name}`, at('folder/file'))
      run('setfacl', '-m', 'u:1000:rwx,g:2000:r', at('folder/file'))
      run('setfacl', '-d', '-m', 'u:1000:rwx', at('folder'))
      writeFileSync(at('program'), 'x'.repeat(5000))
      run('setcap', 'cap_net_bind_service=+ep', at('program'))
      symlinkSync('folder/file', at('link'))
      run('setfattr', '-h', '-n', 'trusted.link', '-v', 'of the link', at('link'))
      linkSync(at('folder/file'), at('second-name'))
      run('mknod', at('null'), 'c', '1', '3')
      run('mknod', at('disk'), 'b', '259', '70000')
      run('mknod', at('fifo'), 'p')
      await new Promise<void>(resolve => socket.listen(at('socket'), resolve))
      const sparse = openSync(at('sparse'), 'w')
      writeSync(sparse, someBytes(2, MiB), 0, MiB, 3 * MiB)
      ftruncateSync(sparse, 10 * MiB)
      closeSync(sparse)
      writeFileSync(Buffer.from(`${disk.root}/\xff\xfe \n`, 'latin1'), 'odd')
      run('sync', '-f', disk.root)
    })

    afterAll(async () => {
      await new Promise(resolve => socket.close(resolve))
      disk.unmount()
    })

    test('everything that a file system keeps is in the point', async () => {
      const world = await captureWorld()
      const { root } = disk
      const { entries, report, contentOf } = await world.capture(
        { root },
        {},
        { start: readInThread },
      )
      const file = entries.get('folder/file')
      // The list of rights widens the bits of the group to its mask (acl(5)).
      expect(file).toMatchObject({ type: 'file', mode: 0o4770, uid: 1234, gid: 2345, nlink: 2 })
      for (const path of ['folder', 'folder/file', 'program', 'link'])
        expect(inEntry(entries.get(path)), path).toEqual(attributesOf(at(path)))
      expect(Object.keys(inEntry(file)).sort()).toEqual([
        'security.other',
        'system.posix_acl_access',
        'trusted.ours',
        'user.mine',
      ])
      expect(inEntry(entries.get('program'))).toHaveProperty(['security.capability'])
      expect(inEntry(entries.get('folder'))).toHaveProperty(['system.posix_acl_default'])
      expect(entries.get('second-name')?.hardLinkTo).toBe('folder/file')
      expect(entries.get('null')).toMatchObject({ type: 'char', rdev: [1, 3] })
      expect(entries.get('disk')).toMatchObject({ type: 'block', rdev: [259, 70000] })
      expect(entries.get('fifo')?.type).toBe('fifo')
      expect(entries.get('socket')?.type).toBe('socket')
      expect((await contentOf('\xff\xfe \n')).toString()).toBe('odd')
      expect(entries.get('sparse')).toMatchObject({
        size: 10 * MiB,
        holes: [
          [0, 3 * MiB],
          [4 * MiB, 6 * MiB],
        ],
        data: { length: MiB },
      })
      for (const path of ['sparse', 'folder/file'])
        expect((await contentOf(path)).equals(readFileSync(at(path))), path).toBe(true)
      expect(report).toMatchObject({ specials: 4, hardLinks: 1, lacking: [] })
      expect(report.unreadable.count + report.attributesLost.count).toBe(0)
    })

    test('a change of attributes alone is found', async () => {
      const world = await captureWorld()
      await isOld(at('program'))
      await world.capture({ root: disk.root })
      run('setfattr', '-n', 'user.later', '-v', 'new', at('program'))
      run('setfacl', '-m', 'u:77:r', at('folder'))
      const { entries, report } = await world.capture({ root: disk.root })
      for (const path of ['folder', 'program'])
        expect(inEntry(entries.get(path)), path).toEqual(attributesOf(at(path)))
      expect(report.read.files).toBeLessThan(report.files)
    })
  })

  describe('NTFS, by ntfs-3g', () => {
    let disk: ReturnType<typeof mounted>
    beforeAll(() => {
      disk = mounted('ntfs')
    })
    afterAll(() => disk.unmount())

    test('alternate streams, security descriptors and attributes of Windows are in the point', async () => {
      const path = join(disk.root, 'Document.docx')
      writeFileSync(path, someBytes(3, 100_000))
      mkdirSync(join(disk.root, 'Ordner'))
      run('setfattr', '-n', 'user.Zone.Identifier', '-v', '[ZoneTransfer]', path)
      const world = await captureWorld()
      await isOld(path)
      const first = await world.capture({ root: disk.root }, {}, { start: readInThread })
      const found = inEntry(first.entries.get('Document.docx'))
      expect(Buffer.from(found['user.Zone.Identifier'] ?? '', 'base64').toString()).toBe(
        '[ZoneTransfer]',
      )
      for (const name of ['system.ntfs_acl', 'system.ntfs_attrib_be', 'system.ntfs_crtime_be']) {
        const said = run(
          'getfattr',
          '--only-values',
          '-n',
          name,
          '-e',
          'base64',
          '--absolute-names',
          path,
        )
        expect(found[name], name).toBeDefined()
        expect(said.length, name).toBeGreaterThan(0)
      }
      expect(inEntry(first.entries.get('Ordner'))).toHaveProperty(['system.ntfs_acl'])
      const second = await world.capture({ root: disk.root })
      expect(second.report.kept.files).toBe(first.report.files)
      run('setfattr', '-n', 'user.Zone.Identifier', '-v', 'other', path)
      const third = await world.capture({ root: disk.root })
      const now = inEntry(third.entries.get('Document.docx'))['user.Zone.Identifier'] ?? ''
      expect(Buffer.from(now, 'base64').toString()).toBe('other')
    })
  })

  test('what is mounted below is entered, or left an empty folder, as asked; what the kernel makes up never is', async () => {
    const outer = mounted('ext4')
    const inner = mounted('ext4')
    try {
      const place = join(outer.root, 'inner')
      mkdirSync(place)
      mkdirSync(join(outer.root, 'proc'))
      writeFileSync(join(outer.root, 'own'), 'own')
      writeFileSync(join(inner.root, 'file'), 'inside')
      run('mount', '--bind', inner.root, place)
      run('mount', '-t', 'proc', 'proc', join(outer.root, 'proc'))
      try {
        const { root } = outer
        const all = await (await captureWorld()).capture({ root })
        expect((await all.contentOf('inner/file')).toString()).toBe('inside')
        expect([...all.entries.keys()].filter(path => path.startsWith('proc'))).toEqual(['proc'])
        const [told] = all.report.otherFileSystems.first
        expect(told).toEqual({
          path: 'proc',
          reason: 'the kernel makes it up (proc), it was not entered',
        })
        const one = await (await captureWorld()).capture({ root, oneFileSystem: true })
        expect([...one.entries.keys()]).toEqual(['', 'inner', 'lost+found', 'own', 'proc'])
        expect(one.report.otherFileSystems.count).toBe(2)
      } finally {
        run('umount', join(outer.root, 'proc'))
        run('umount', place)
      }
    } finally {
      inner.unmount()
      outer.unmount()
    }
  })
})
