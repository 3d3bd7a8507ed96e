import { describe, expect, test } from 'vitest'
import { unsupportedIn } from '#core/recovery/unsupported.ts'
import type { Asking } from '#gateway-agent/recovery/ask.ts'
import { MachineUnclearError } from '#gateway-agent/recovery/ask.ts'
import { describeMachine } from '#gateway-agent/recovery/describe-machine.ts'

/*
 * Machines that a test cannot have: disks with LVM, LUKS, btrfs. Their answers are in the form that util-linux 2.38 gives (the peers test takes real ones from a
 * machine in QEMU); passes when what lies on something between is told as such, and so refused by a recovery.
 */
const mount = (target: string, source: string, fstype: string, fsroot = '/') => ({
  ...{ target, source, fstype, fsroot, options: 'rw', size: 1000, used: 10 },
})
const device = (name: string, type: string, children: object[] = []) => ({
  ...{ name, type, size: 1 << 30, 'log-sec': 512, model: null, serial: null, children },
})

const machine = (answers: {
  mounts: object[]
  devices: object[]
  sfdisk?: object
  blkid?: Record<string, string>
}): Asking => ({
  ask: async argv => {
    const [program = ''] = argv
    if (program === 'findmnt') return JSON.stringify({ filesystems: answers.mounts })
    if (program === 'lsblk') return JSON.stringify({ blockdevices: answers.devices })
    if (program === 'sfdisk') return answers.sfdisk ? JSON.stringify(answers.sfdisk) : ''
    if (program === 'blkid') return answers.blkid?.[argv[argv.indexOf('--offset') + 1] ?? ''] ?? ''
    if (program === 'lvs') return '{"report": []}'
    if (program === 'dumpe2fs') return 'Filesystem features: extent needs_recovery\n'
    return ''
  },
  read: async () => undefined,
  head: async (_, bytes) => Buffer.alloc(bytes),
})

const partitions = [
  { node: '/dev/nvme0n1p1', start: 2048, size: 2048, type: 'L', uuid: 'P1', bootable: true },
  { node: '/dev/nvme0n1p5', start: 8192, size: 2048, type: 'L' },
]
const sfdisk = {
  partitiontable: { label: 'dos', id: '0x1', device: '/dev/nvme0n1', unit: 'sectors', partitions },
}

describe('a machine describes itself', () => {
  test('partitions by their numbers, labels with any characters, pseudo and bound file systems left out', async () => {
    const { machine: told, folders } = await describeMachine(
      machine({
        mounts: [
          mount('/', '/dev/nvme0n1p5', 'ext4'),
          mount('/var/bound', '/dev/nvme0n1p5[/srv]', 'ext4', '/srv'),
          mount('/mnt/share', 'server:/share', 'nfs4'),
          mount('/snap/core', '/dev/loop0', 'squashfs'),
        ],
        devices: [
          device('/dev/nvme0n1', 'disk', [
            device('/dev/nvme0n1p1', 'part'),
            device('/dev/nvme0n1p5', 'part'),
          ]),
          { ...device('/dev/sr0', 'rom'), size: 0 },
          device('/dev/zram0', 'disk'),
        ],
        sfdisk,
        blkid: {
          [8192 * 512]: 'ID_FS_TYPE=ext4\nID_FS_UUID=U\nID_FS_LABEL_ENC=caf\\xc3\\xa9\\x20one\n',
        },
      }),
      '/',
    )
    expect(folders).toEqual(['/'])
    expect(told.fileSystems).toEqual([
      {
        ...{ type: 'ext4', uuid: 'U', label: 'café one', disk: 'nvme0n1', partition: 5 },
        ...{ mountPoint: '/', tree: '/', options: 'rw', bytes: 1000, usedBytes: 10 },
        makeOptions: ['-O', 'none,extent'],
      },
    ])
    expect(told.disks.map(({ name }) => name)).toEqual(['nvme0n1'])
    expect(told.disks[0]?.table?.partitions[0]).toMatchObject({ number: 1, bootable: true })
  })

  test.each(['lvm', 'crypt', 'raid1'])('what lies on %s is named so, and refused', async above => {
    const { machine: told, folders } = await describeMachine(
      machine({
        mounts: [mount('/', '/dev/mapper/x', 'ext4')],
        devices: [
          device('/dev/sda', 'disk', [
            device('/dev/sda1', 'part', [device('/dev/mapper/x', above)]),
          ]),
        ],
      }),
      '/',
    )
    expect(folders).toEqual(['/'])
    expect(told.fileSystems).toMatchObject([{ mountPoint: '/', above, tree: '/' }])
    expect(unsupportedIn(told, false)).toHaveLength(1)
    if (above === 'lvm') expect(told.lvm).toBeDefined()
  })

  test('a subvolume of btrfs is told', async () => {
    const { machine: told } = await describeMachine(
      machine({
        mounts: [
          mount('/', '/dev/sda[/@]', 'btrfs', '/@'),
          mount('/home', '/dev/sda[/@home]', 'btrfs', '/@home'),
        ],
        devices: [device('/dev/sda', 'disk')],
      }),
      '/',
    )
    expect(told.fileSystems[0]).toMatchObject({ subvolume: '/@', mountPoint: '/' })
    expect(unsupportedIn(told, false)).toEqual([
      '"/" is the subvolume "/@" of a btrfs file system.',
      '"/home" is the subvolume "/@home" of a btrfs file system.',
    ])
  })

  test('a subvolume beside a root that is none is told, and refused', async () => {
    const { machine: told } = await describeMachine(
      machine({
        mounts: [mount('/', '/dev/sda', 'btrfs'), mount('/var', '/dev/sda[/var]', 'btrfs', '/var')],
        devices: [device('/dev/sda', 'disk')],
      }),
      '/',
    )
    expect(unsupportedIn(told, false)).toEqual([
      '"/var" is the subvolume "/var" of a btrfs file system.',
    ])
  })

  test('what is mounted from a whole disk that seems to have a table, too, is told and refused', async () => {
    const { machine: told } = await describeMachine(
      machine({
        mounts: [mount('/', '/dev/nvme0n1p5', 'ext4'), mount('/data', '/dev/sdb', 'vfat')],
        devices: [
          device('/dev/nvme0n1', 'disk', [device('/dev/nvme0n1p5', 'part')]),
          device('/dev/sdb', 'disk'),
        ],
        sfdisk,
      }),
      '/',
    )
    expect(told.fileSystems.find(({ mountPoint }) => mountPoint === '/data')).toBeDefined()
    expect(unsupportedIn(told, false)).toEqual([
      '"/data" lies on "unknown", which is no plain partition.',
    ])
  })

  test('files of ZFS, which has no device of its own, are kept, and a recovery without them is refused', async () => {
    const { machine: told, folders } = await describeMachine(
      machine({
        mounts: [mount('/', '/dev/sda', 'ext4'), mount('/srv', 'pool/srv', 'zfs')],
        devices: [device('/dev/sda', 'disk')],
      }),
      '/',
    )
    expect(folders).toEqual(['/', '/srv'])
    expect(told.fileSystems.find(({ mountPoint }) => mountPoint === '/srv')).toMatchObject({
      ...{ type: 'zfs', tree: '/srv' },
    })
    expect(unsupportedIn(told, false)).toEqual([
      '"/srv" lies on "unknown", which is no plain partition.',
    ])
  })

  test('a folder that is no mount point is refused', async () => {
    const asked = machine({ mounts: [mount('/', '/dev/sda', 'ext4')], devices: [] })
    await expect(describeMachine(asked, '/srv/guest')).rejects.toThrow(MachineUnclearError)
  })
})
