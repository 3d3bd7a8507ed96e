import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Machine } from '#core/recovery/machine.ts'
import { type RecoveryRequest, recoveryPlan } from '#core/recovery/plan.ts'
import { tableFor, tableScript } from '#core/recovery/table-script.ts'
import { aDisk, aMachine, aRoot } from '#test/support/recovery/a-machine.ts'

const MIB = 1024 * 1024
const target = (mib: number, path = '/dev/vda') => ({ path, bytes: mib * MIB, sectorBytes: 512 })
const request = (changes: Partial<RecoveryRequest> = {}): RecoveryRequest => ({
  ...{ targets: [target(1024)], architecture: 'x86_64', bootLoader: true },
  ...changes,
})
const refusal = (machine: Machine, changes: Partial<RecoveryRequest> = {}) => {
  try {
    recoveryPlan(machine, request(changes))
  } catch (error) {
    return error as Error & { code: string; advice: string }
  }
  throw new Error('It was not refused.')
}

describe('the plan of a recovery', () => {
  test('names every disk and file system, those first that others are mounted in', () => {
    const plan = recoveryPlan(
      aMachine({ fileSystems: [aRoot({ partition: 2, mountPoint: '/boot' }), aRoot()] }),
      request(),
    )
    expect(plan.fileSystems.map(({ system }) => system.mountPoint)).toEqual(['/', '/boot'])
    expect(plan.fileSystems[0]).toMatchObject({
      ...{ target: '/dev/vda', offset: 69632 * 512, program: 'mke2fs', debian: 'e2fsprogs' },
      args: ['-q', '-F', '-t', 'ext4', '-U', 'R', '-L', 'root', '-O', 'none,extent'],
    })
    expect(plan.disks[0]?.bootAreas).toHaveLength(2)
    expect(plan.notes).toEqual([])
  })

  test('writes what sfdisk reads; a name cannot become a line of its own', () => {
    const odd = { number: 4, start: 1, sectors: 1, type: 'L', name: 'x"\nlabel: dos\\' }
    expect(tableScript({ label: 'gpt', id: 'D', firstSector: 34, partitions: [odd] })).toBe(
      'label: gpt\nlabel-id: D\nunit: sectors\nfirst-lba: 34\n\ndisk4 : start=1, size=1, type=L, name="x\\x22\\x0alabel: dos\\x5c"\n',
    )
  })

  test('on any disk that is large enough all is where it was, and only the last partition grows', () => {
    const disk = aMachine().disks[0]
    if (!disk?.table) throw new Error('no disk')
    const { partitions } = disk.table
    fc.assert(
      fc.property(fc.integer({ min: 600, max: 4_000_000 }), fc.boolean(), (mib, may) => {
        const made = tableFor(disk, mib * MIB, number => may && number === 3)
        const [one, two, last] = made?.table.partitions ?? []
        expect([one, two]).toEqual(partitions.slice(0, 2))
        expect(last).toMatchObject({ start: 69632, uuid: 'P3' })
        const end = (last?.start ?? 0) + (last?.sectors ?? 0)
        expect(last?.sectors).toBeGreaterThanOrEqual(1_000_000)
        // The copy of the table takes 33 sectors.
        expect(end).toBeLessThanOrEqual((mib * MIB) / 512 - 33)
        expect(made?.grown === undefined).toBe(last?.sectors === 1_000_000)
        if (!may) expect(made?.table).toEqual(disk.table)
      }),
    )
  })

  test('a table of DOS ends where 32 bits do, and a logical partition stays', () => {
    const table = {
      label: 'dos',
      partitions: [{ number: 1, start: 2048, sectors: 4096, type: '83' }],
    }
    const [disk] = aMachine({ disks: [aDisk({ table })] }).disks
    const huge = 4 * 1024 ** 4
    expect(disk && tableFor(disk, huge, () => true)?.grown).toMatchObject({
      sectors: 2 ** 32 - 1 - 2048,
    })
    const logical = {
      label: 'dos',
      partitions: [{ number: 5, start: 2048, sectors: 4096, type: '83' }],
    }
    const [other] = aMachine({ disks: [aDisk({ table: logical })] }).disks
    expect(other && tableFor(other, huge, () => true)?.grown).toBeUndefined()
  })

  test('what needs care is told: other disks, what was not mounted, names in fstab', () => {
    const plan = recoveryPlan(
      aMachine({
        disks: [aDisk(), aDisk({ name: 'sdb', table: undefined })],
        fileSystems: [
          aRoot(),
          { type: 'ext4', disk: 'sda', partition: 2 },
          { type: 'LVM2_member', disk: 'sda', partition: 1 },
        ],
        fstab: ['/dev/sda3 / ext4 defaults 0 1', 'UUID=S none swap sw 0 0'],
      }),
      request(),
    )
    expect(plan.notes).toEqual([
      'partition 2 of sda (ext4) was not mounted when the machine was saved: it comes back as an empty file system.',
      'partition 1 of sda (LVM2_member) comes back empty: XenKeep does not save what it holds.',
      'What was on sdb is not recovered: no file system of it was mounted.',
      '/etc/fstab names /dev/sda3: where disks have other names than before, it has to be changed.',
    ])
  })

  test('UEFI is recovered, and it is said that nobody tried it', () => {
    const esp = { ...aRoot({ type: 'vfat', uuid: '12AB-34CD', label: 'EFI', version: 'FAT32' }) }
    const fileSystems = [
      aRoot(),
      { ...esp, partition: 2, mountPoint: '/boot/efi', makeOptions: [] },
    ]
    const disks = [aDisk({ bootLoader: 'none', bootAreas: [] })]
    const plan = recoveryPlan(aMachine({ firmware: 'uefi', disks, fileSystems }), request())
    expect(plan.fileSystems[1]).toMatchObject({
      args: ['-i', '12AB34CD', '-n', 'EFI', '-F', '32'],
      debian: 'dosfstools',
    })
    expect(plan.notes.join()).toContain('was not tried by the makers of XenKeep')
    const without = refusal(aMachine({ firmware: 'uefi', disks, fileSystems: [aRoot()] }))
    expect(without.message).toContain('Its EFI system partition was not mounted')
  })
})

describe('a recovery is refused', () => {
  test.each([
    ['LVM', { above: 'lvm', disk: undefined }, '"/" lies on LVM.'],
    ['LUKS', { above: 'crypt', disk: undefined }, '"/" lies on an encrypted disk (LUKS).'],
    ['RAID', { above: 'raid1', disk: undefined }, '"/" lies on software RAID (raid1).'],
    ['another type', { type: 'zfs_member' }, '"/" is a file system of type zfs_member.'],
    ['a subvolume', { type: 'btrfs', subvolume: '/@' }, 'is the subvolume "/@" of a btrfs'],
    ['no files', { tree: undefined }, 'The files of "/" are not in the point.'],
  ])('for what it does not make: %s', (_, changes, said) => {
    const error = refusal(aMachine({ fileSystems: [aRoot(changes)], disks: [aDisk()] }))
    expect(error.code).toBe('MACHINE_NOT_RECOVERABLE')
    expect(error.message).toContain(said)
    expect(error.advice).toContain('xenkeep tree restore')
  })

  test.each([
    ['none', 'No disk of its system has a boot loader.'],
    ['other', 'Its boot loader is not GRUB.'],
  ])('where the machine could not start (%s), unless that is allowed', (bootLoader, said) => {
    const machine = aMachine({ disks: [aDisk({ bootLoader, bootAreas: [] })] })
    expect(refusal(machine).message).toContain(`${said} Say --no-boot-loader`)
    expect(recoveryPlan(machine, request({ bootLoader: false })).disks[0]?.bootAreas).toEqual([])
  })

  test('where GRUB lies in files, which move', () => {
    const { partitions } = aDisk().table
    const table = { label: 'gpt', partitions: partitions.slice(1) }
    const error = refusal(aMachine({ disks: [aDisk({ table })] }))
    expect(error.message).toContain(
      'GRUB on the disk sda does not lie where it can be brought back.',
    )
  })

  test('on another architecture, with too few disks or one twice, on a small or other one', () => {
    expect(refusal(aMachine(), { architecture: 'aarch64' })).toMatchObject({
      code: 'RECOVERY_ARCHITECTURE',
      message:
        'The machine was x86_64, and this one is aarch64: what is recovered would not start here.',
    })
    expect(refusal(aMachine(), { targets: [] })).toMatchObject({
      code: 'RECOVERY_DISKS_MISMATCH',
      message: 'The machine had its system on one disk, sda (1.0 GiB), and 0 were named.',
    })
    expect(refusal(aMachine(), { targets: [target(1024), target(1024)] }).code).toBe(
      'RECOVERY_DISKS_MISMATCH',
    )
    const needed = (69632 + 1_000_000 + 33) * 512
    const small = { path: '/dev/vda', bytes: needed - 1, sectorBytes: 512 }
    expect(refusal(aMachine(), { targets: [small] })).toMatchObject({
      code: 'RECOVERY_DISK_UNFIT',
      message: `The disk /dev/vda cannot take what was on its predecessor: it has ${needed - 1} bytes, and what was on sda needs ${needed}.`,
    })
    recoveryPlan(aMachine(), request({ targets: [{ ...small, bytes: needed }] }))
    const large = { ...target(1024), sectorBytes: 4096 }
    expect(refusal(aMachine(), { targets: [large] }).message).toContain('its sectors are of 4096')
    const part = { ...target(1024, '/dev/vda1'), isPartition: true } as const
    expect(refusal(aMachine(), { targets: [part] }).message).toContain('name the whole disk')
  })

  test('a disk of large sectors whose last partition goes to its end fits onto one of the same size', () => {
    const sectors = 262_144
    const last = sectors - 5 - 69632 // UEFI 2.10, 5.3.1: 4 sectors of entries, 1 of the header
    const [bios, swap, root] = aDisk().table.partitions
    const partitions = [bios, swap, { ...root, sectors: last }]
    const disk = aDisk({ sectorBytes: 4096, table: { label: 'gpt', partitions } })
    const large = { path: '/dev/vda', bytes: sectors * 4096, sectorBytes: 4096 }
    const plan = recoveryPlan(aMachine({ disks: [disk] }), request({ targets: [large] }))
    expect(plan.disks[0]?.script).toContain(`size=${last}, type=LINUX`)
    expect(plan.fileSystems.map(({ sectorBytes }) => sectorBytes)).toEqual([4096, 4096])
  })
})
