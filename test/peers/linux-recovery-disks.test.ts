import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { listing, sums } from '#test/support/file-tree/listing.ts'
import { jobsOf } from '#test/support/recipes/job.ts'
import { recipeRoom } from '#test/support/recipes/room.ts'
import { fixtureDisk } from '#test/support/recovery/loop-part.ts'
import { newRepository, PASSPHRASE } from '#test/support/repository/open.ts'
import { describeWithTools } from '#test/support/tools.ts'
import { xenkeep } from '#test/support/xenkeep.ts'

/*
 * A machine on two disks that starts from neither: ext3, ext2 and an unused xfs in partitions with gaps in their numbers, and btrfs on a whole disk. Passes when
 * each comes back on the disk that was named for it, with its files, identities and features, and without --no-boot-loader nothing is written.
 */
const MIB = 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'xenkeep-recovery-disks-'))
const root = join(folder, 'root')
const address = `file:${join(folder, 'repository')}`
const run = (...argv: string[]): string =>
  execFileSync(argv[0] as string, argv.slice(1), {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  })

const image = (name: string, mib: number): string => {
  const path = join(folder, name)
  writeFileSync(path, '')
  truncateSync(path, mib * MIB)
  return path
}

const TABLE = `label: gpt
disk1 : start=2048, size=64M, type=L, name="spare \\x22one\\x22"
disk4 : start=800000, size=48M, type=L
disk9 : start=200000, size=200M, type=L
`

const NUMBERS = [1, 4, 9]
/** Mounts two disks at the root, in its order. @returns what ends it */
const mounted = (first: string, second: string): (() => void) => {
  const part = fixtureDisk(first)
  const parts = NUMBERS.map((_, index) => part(index + 1))
  run('mount', parts[2]?.device ?? '', root)
  for (const [name, device] of [
    ['srv', parts[1]?.device ?? ''],
    ['data', second],
  ] as const) {
    mkdirSync(join(root, name), { recursive: true })
    run('mount', ...(name === 'data' ? ['-o', 'loop'] : []), device, join(root, name))
  }
  return () => {
    run('umount', '--recursive', root)
    for (const each of parts) each.close()
  }
}

const files = () => ({
  listing: listing(root).filter(line => !/^(.*lost\+found)?\|/.test(line)),
  sums: sums(root),
})

/** What blkid and dumpe2fs say of the parts of a disk. */
const identities = (first: string, second: string) => {
  const part = fixtureDisk(first)
  const parts = NUMBERS.map((_, index) => part(index + 1))
  const told = parts.map(({ device, close }, index) => {
    const tags = run(
      'blkid',
      '--probe',
      '-o',
      'value',
      '-s',
      'UUID',
      '-s',
      'LABEL',
      '-s',
      'TYPE',
      device,
    )
    const features =
      index === 0
        ? []
        : run('dumpe2fs', '-h', device).match(/^(Filesystem features|Inode size|Block size):.*$/gm)
    close()
    return [tags, features]
  })
  return [
    ...told,
    run('blkid', '--probe', '-o', 'value', '-s', 'UUID', '-s', 'LABEL', '-s', 'TYPE', second),
  ]
}

describeWithTools(
  ['sfdisk', 'mkfs.xfs', 'mkfs.btrfs', 'mke2fs', 'dumpe2fs'],
  'a machine of several disks',
  () => {
    const first = image('first.img', 512)
    const second = image('second.img', 128)
    let was: { files: ReturnType<typeof files>; identities: ReturnType<typeof identities> }
    let pointId: string

    beforeAll(async () => {
      mkdirSync(root)
      execFileSync('sfdisk', ['--quiet', first], { input: TABLE })
      const part = fixtureDisk(first)
      const [spare, srv, system] = [part(1), part(2), part(3)]
      run('mke2fs', '-q', '-t', 'ext4', '-L', 'spare', spare?.device ?? '')
      run('mke2fs', '-q', '-t', 'ext2', '-I', '128', '-L', 'srv', srv?.device ?? '')
      run('mke2fs', '-q', '-t', 'ext3', '-O', '^dir_index', '-L', 'root', system?.device ?? '')
      for (const each of [spare, srv, system]) each.close()
      run('mkfs.btrfs', '-q', '-L', 'da ta', second)
      const unmount = mounted(first, second)
      try {
        // Without /tmp, which every system needs.
        for (const name of ['etc', 'dev', 'proc', 'run', 'sys']) mkdirSync(join(root, name))
        writeFileSync(join(root, 'etc/hostname'), 'two-disks\n')
        for (const name of ['etc', 'srv', 'data'])
          writeFileSync(join(root, name, 'file'), randomBytes(MIB))
        run('sync')
        was = { files: files(), identities: [] }
        const made = await newRepository(await openObjectStore(address))
        const room = await recipeRoom({ allowed: { 'linux-system': { parameters: { root } } } })
        const { capture } = jobsOf({ ...room, ...made }, 'linux-system')
        pointId = (await capture()).point.pointId
        await made.repository.close()
        await room.close()
      } finally {
        unmount()
      }
      was.identities = identities(first, second)
    }, 60_000)
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    test('comes back on disks of other sizes, each part where it was', async () => {
      const disks = [image('new-first.img', 700), image('new-second.img', 256)] as const
      const recover = (...args: string[]) =>
        xenkeep(['tree', 'recover', pointId, ...disks, '--repository', address, ...args], {
          ...{ XENKEEP_PASSPHRASE: PASSPHRASE, TMPDIR: folder },
        })
      const refused = await recover()
      expect(refused.stderr).toContain('MACHINE_NOT_RECOVERABLE')
      expect(refused.stderr).toContain('No disk of its system has a boot loader.')
      expect(refused.exitCode).toBe(2)

      const done = await recover('--no-boot-loader')
      expect(done.stderr).toBe('')
      expect(done.stdout).toContain(
        `partition 1 of ${first} (ext4) was not mounted when the machine was saved`,
      )
      expect(done.stdout).toContain('partition 4 grows to the end of the disk: 308 MiB')
      expect(done.exitCode).toBe(0)
      expect(identities(...disks)).toEqual(was.identities)
      const unmount = mounted(...disks)
      try {
        expect(statSync(join(root, 'tmp')).mode & 0o7777).toBe(0o1777)
        rmdirSync(join(root, 'tmp'))
        expect(files()).toEqual(was.files)
        expect(run('df', '--output=size', '-k', join(root, 'data'))).toContain('262144')
      } finally {
        unmount()
      }
      const tables = [first, disks[0]].map(disk => {
        const { id, partitions } = JSON.parse(run('sfdisk', '--json', disk)).partitiontable
        return [
          id,
          partitions.map(({ node, size, ...rest }: Record<string, unknown>) => [
            rest,
            `${node}`.replace(disk, ''),
          ]),
        ]
      })
      expect(tables[1]).toEqual(tables[0])
    }, 60_000)
  },
)
