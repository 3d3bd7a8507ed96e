import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compareTree } from '#file-tree/compare/compare-tree.ts'
import type { Difference } from '#file-tree/compare/comparer.ts'
import { nativeFileSystem } from '#file-tree/native.ts'
import { type TreeSource, treeSource } from '#file-tree/tree-source.ts'
import { captureWorld } from '#test/support/file-tree/capture-world.ts'
import { listing } from '#test/support/file-tree/listing.ts'
import { type Kind, mounted } from '#test/support/file-tree/mounted.ts'
import { nobodyHere, restoreHere } from '#test/support/file-tree/restore-here.ts'
import { someBytes } from '#test/support/repository/streams.ts'
import { describeWithTools } from '#test/support/tools.ts'

const MAKERS = ['mkfs.ext4', 'mkfs.xfs', 'mkfs.btrfs', 'mkntfs', 'ntfs-3g', 'mount']
const TOOLS = [...MAKERS, 'setfattr', 'setfacl', 'getfacl', 'setcap', 'chattr']

const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

/** A point of the folder, as the repository gives it back. */
const captured = async (root: string) => {
  const world = await captureWorld()
  const { point, report } = await world.capture({ root })
  return { report, source: treeSource(world.repository, point, 'tree', undefined) }
}

const differences = async (source: TreeSource, folder: string): Promise<Difference[]> => {
  const found: Difference[] = []
  const owners = { by: 'id' } as const
  const request = { folder, owners, selection: {}, people: nobodyHere, content: true }
  await compareTree(source, request, difference => found.push(difference))
  return found
}

const onDisks = async (kinds: Kind[], work: (...roots: string[]) => Promise<void>) => {
  const disks = kinds.map(kind => mounted(kind))
  try {
    await work(...disks.map(({ root }) => root))
  } finally {
    for (const disk of disks) disk.unmount()
  }
}

/**
 * Motivation: what file systems do of themselves to what is written there: access lists that are handed down, group and set-group-id of the folder above, a second
 * shape of access lists, security descriptors that permissions are a part of. Steps: capture a tree, restore it into another file system of the kind, compare. Pass: nothing
 * differs from the point, by our comparison and by the tools of others, and what cannot be had is told.
 */
describeWithTools(TOOLS, 'attributes come back to real file systems', () => {
  describe.each<Kind>(['ext4', 'xfs', 'btrfs'])('%s', kind => {
    test('access lists, capabilities and attributes, and the comparison says so', () =>
      onDisks([kind, kind], async (from, to) => {
        const at = (path: string) => join(from as string, 'tree', path)
        mkdirSync(at('folder'), { recursive: true })
        writeFileSync(at('folder/file'), someBytes(1, 300_000))
        writeFileSync(at('program'), 'x')
        run('setfacl', '-m', 'u:1000:rwx,g:2000:r', at('folder/file'))
        run('setfacl', '-d', '-m', 'u:1000:rwx', at('folder'))
        run('setfattr', '-n', 'user.mine', '-v', 'x', at('program'))
        run('setcap', 'cap_net_bind_service=+ep', at('program'))
        const { source } = await captured(at(''))
        const target = join(to as string, 'target')
        expect(await restoreHere(source, target)).toMatchObject({ failed: [], leftOut: [] })
        expect(await differences(source, target)).toEqual([])
        expect(listing(target)).toEqual(listing(at('')))
      }))

    test('a target that hands down lists, its group and set-group-id gives none of them to the tree', () =>
      onDisks([kind], async root => {
        const tree = join(root as string, 'tree')
        mkdirSync(join(tree, 'folder'), { recursive: true })
        for (const path of ['file', 'folder/file']) writeFileSync(join(tree, path), 'x')
        run('mknod', '-m', '600', join(tree, 'fifo'), 'p')
        const { source } = await captured(tree)
        const target = join(root as string, 'target')
        mkdirSync(target)
        run('chgrp', '2000', target)
        chmodSync(target, 0o2775)
        run('setfacl', '-m', 'd:u:1000:rwx,d:g:3000:rwx,d:m::rwx', target)
        for (const folder of [target, join(target, 'new')]) {
          expect(await restoreHere(source, folder)).toMatchObject({ failed: [], leftOut: [] })
          for (const path of ['file', 'folder', 'folder/file', 'fifo']) {
            const [here, there] = [join(folder, path), join(tree, path)]
            const lists = (file: string) => run('getfacl', '-c', '-n', '-p', file)
            expect(lists(here), path).toBe(lists(there))
            expect(statSync(here).gid, path).toBe(statSync(there).gid)
          }
        }
        expect(await differences(source, join(target, 'new'))).toEqual([])
        expect(run('getfacl', '-c', '-n', '-p', target)).toContain('default:user:1000:rwx')
      }))
  })

  test('what is protected by chattr stays, and is named; the rest comes', () =>
    onDisks(['ext4'], async root => {
      const [tree, target] = [join(root as string, 'tree'), join(root as string, 'target')]
      for (const folder of [tree, target]) mkdirSync(folder)
      for (const name of ['a', 'b', 'c']) writeFileSync(join(tree, name), `of the point: ${name}`)
      const { source } = await captured(tree)
      writeFileSync(join(target, 'b'), 'protected')
      run('chattr', '+i', join(target, 'b'))
      try {
        const { failed, files } = await restoreHere(source, target, { onExisting: 'replace' })
        expect(failed).toMatchObject([{ path: 'b', code: 'EPERM' }])
        expect((await captured(target)).report.notes).toEqual([
          'One entry is immutable or append-only (chattr), as b: these flags are not saved.',
        ])
        expect(files).toBe(2)
        expect(readFileSync(join(target, 'b'), 'utf8')).toBe('protected')
      } finally {
        run('chattr', '-i', join(target, 'b'))
      }
    }))

  describe('NTFS, by ntfs-3g', () => {
    /** S-1-5-21-11-22-33-1105 may read: an entry that no permissions stand for, put before those that are there. */
    const withStranger = (descriptor: Uint8Array): Buffer => {
      const old = Buffer.from(descriptor)
      const dacl = old.readUInt32LE(16)
      const size = old.readUInt16LE(dacl + 2)
      const entry = Buffer.from('000024008900120001050000000000051500000b'.slice(0, 16), 'hex')
      const sid = Buffer.alloc(28)
      sid.set([1, 5, 0, 0, 0, 0, 0, 5])
      for (const [n, part] of [21, 11, 22, 33, 1105].entries()) sid.writeUInt32LE(part, 8 + 4 * n)
      const lists = Buffer.from(old.subarray(dacl, dacl + size))
      lists.writeUInt16LE(size + 36, 2)
      lists.writeUInt16LE(lists.readUInt16LE(4) + 1, 4)
      // The list goes last, since it grew.
      const made = Buffer.concat([old, lists.subarray(0, 8), entry, sid, lists.subarray(8)])
      made.writeUInt32LE(old.length, 16)
      return made
    }

    test('descriptors that no permissions stand for, streams and flags of Windows come back', () =>
      onDisks(['ntfs', 'ntfs'], async (from, to) => {
        const system = await nativeFileSystem()
        if (!system) throw new Error('no calls of the system')
        const tree = join(from as string, 'tree')
        mkdirSync(join(tree, 'folder'), { recursive: true })
        for (const path of ['file', 'folder/other'])
          writeFileSync(join(tree, path), someBytes(2, 70_000))
        run('setfattr', '-n', 'user.Zone.Identifier', '-v', '[ZoneTransfer]', join(tree, 'file'))
        const root = system.openRoot(tree)
        for (const name of ['file', 'folder']) {
          const handle =
            name === 'file' ? system.openFile(root, name) : system.openDirectory(root, name)
          const descriptor = system.xattrOf(handle, 'system.ntfs_acl') as Uint8Array
          system.setXattr(root, name, 'system.ntfs_acl', withStranger(descriptor))
          system.close(handle)
        }
        system.close(root)
        const { source, report } = await captured(tree)
        expect(report.attributesLost.count).toBe(0)
        const entry = (await Array.fromAsync(source.entries()))
          .flat()
          .find(({ path }) => path === 'file')
        const [, value] = entry?.xattrs?.find(([name]) => name === 'system.ntfs_acl') ?? []
        expect(Buffer.from(value ?? []).toString('hex')).toContain('51040000') // 1105
        const target = join(to as string, 'target')
        expect(await restoreHere(source, target)).toMatchObject({ failed: [], leftOut: [] })
        expect(await differences(source, target)).toEqual([])
      }))

    test('a stream above 64 KiB, or one that the mount does not show, is told by its name', async () => {
      const disk = mounted('ntfs', 'permissions,streams_interface=windows')
      try {
        // The root of such a mount answers no questions for attributes.
        mkdirSync(join(disk.root, 'tree'))
        const file = join(disk.root, 'tree', 'file')
        writeFileSync(file, 'x')
        writeFileSync(`${file}:large`, someBytes(3, 100_000))
        writeFileSync(`${file}:small`, 'y')
        const hidden = (await captured(join(disk.root, 'tree'))).report.attributesLost
        expect(hidden.first.map(({ path, reason }) => [path, reason])).toEqual(
          ['large', 'small'].map(name => [
            'file',
            `its attribute user.${name} could not be read: as it is mounted it shows no alternate streams; with streams_interface=xattr it does (STREAM_NOT_SHOWN)`,
          ]),
        )
        disk.remount('permissions')
        const { report, source } = await captured(join(disk.root, 'tree'))
        expect(report.attributesLost.first).toEqual([
          {
            path: 'file',
            reason:
              'its attribute user.large could not be read: it is larger than the system hands out (64 KiB) (E2BIG)',
          },
        ])
        const entries = (await Array.fromAsync(source.entries())).flat()
        const names = entries.find(({ path }) => path === 'file')?.xattrs?.map(([name]) => name)
        expect(names).toContain('user.small')
      } finally {
        disk.unmount()
      }
    })
  })
})
