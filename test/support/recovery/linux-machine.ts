import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { requireTool } from '../tools.ts'
import { fixtureDisk } from './loop-part.ts'

const MIB = 1024 * 1024

/** What the machine is made of: Debian's kernel, busybox and GRUB, each with its package. */
const PARTS: readonly (readonly [path: string, debian: string])[] = [
  ['/bin/busybox', 'busybox-static'],
  ['/usr/bin/grub-mkimage', 'grub-common'],
  ['/usr/lib/grub/i386-pc/grub-bios-setup', 'grub-pc-bin'],
  ['/usr/bin/cpio', 'cpio'],
]

/** @returns the release of Debian's kernel for virtual machines that is installed, if any */
export const kernelRelease = (): string | undefined =>
  readdirSync('/boot').flatMap(file => /^vmlinuz-(.*-cloud-amd64)$/.exec(file)?.[1] ?? [])[0]

/** @returns Debian packages that are missing */
export const missingPackages = (): string[] => [
  ...PARTS.filter(([path]) => !existsSync(path)).map(([, debian]) => debian),
  ...(kernelRelease() === undefined ? ['linux-image-cloud-amd64'] : []),
]

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, PATH } })
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`

interface Uuids {
  root: string
  srv: string
  swap: string
}

export interface LinuxMachine {
  /** Of its file systems. */
  uuids: Uuids
  /** Image of its disk. */
  disk: string
  /** Where its root file system is mounted. */
  root: string
  /** Is in one of its files, and told when it starts. */
  secret: string
  /** May be called again. */
  unmount(): void
}

/**
 * A small Linux machine on a disk image: GRUB for a BIOS, a kernel, an initramfs that looks for the root file system by its UUID, ext4, xfs and swap. Its init
 * tells on the serial console what it finds, and switches the machine off. Takes root.
 * @param label of the partition table
 */
export const linuxMachine = (folder: string, label: 'gpt' | 'dos'): LinuxMachine => {
  const disk = join(folder, `source-${label}.img`)
  const root = join(folder, `root-${label}`)
  const secret = randomBytes(12).toString('hex')
  const uuids = { root: randomUUID(), srv: randomUUID(), swap: randomUUID() }
  writeFileSync(disk, '')
  truncateSync(disk, 800 * MIB)
  execFileSync('/usr/sbin/sfdisk', ['--quiet', disk], { input: TABLES[label] })
  const part = fixtureDisk(disk)
  const swap = part(2)
  const srv = part(3)
  const system = part(4)
  try {
    run('mkswap', '--quiet', '--uuid', uuids.swap, '--label', 'room', swap.device)
    run('mkfs.xfs', '-q', '-m', `uuid=${uuids.srv}`, '-L', 'work', srv.device)
    run('mkfs.ext4', '-q', '-U', uuids.root, '-L', 'the system', system.device)
    mkdirSync(root)
    run('mount', system.device, root)
    mkdirSync(join(root, 'srv'))
    run('mount', srv.device, join(root, 'srv'))
    furnish(root, secret, uuids)
    questions(root, disk)
    installGrub(folder, { disk, root, device: system.device, label })
  } catch (error) {
    spawnSync('umount', ['--recursive', root])
    throw error
  } finally {
    for (const each of [swap, srv, system]) each.close()
  }
  return {
    disk,
    root,
    secret,
    uuids,
    unmount: () => void spawnSync('umount', ['--recursive', root]),
  }
}

const TABLES = {
  gpt: `label: gpt
start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name="bios"
size=32M, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
size=320M, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="some work"
type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="system"
`,
  // As old as can be: the first partition begins at sector 2048, and before it lies GRUB.
  dos: `label: dos
start=2048, size=2048, type=83
size=32M, type=82
size=320M, type=83
type=83, bootable
`,
} as const

const INIT = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules); do insmod /lib/$module; done
for argument in $(cat /proc/cmdline); do case $argument in root=UUID=*) uuid=\${argument#root=UUID=};; esac; done
mount -t ext4 -o rw "$(findfs UUID=$uuid)" /root
mount -o move /dev /root/dev
exec switch_root /root /sbin/init
`

/** All of it comes from the files and disks of the machine. */
const systemInit = (uuids: Uuids): string => `#!/bin/busybox sh
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
for module in $(cat /lib/modules/order); do insmod /lib/modules/$module; done
mount -a
swapon -a
tell() { echo "TOLD $*"; }
tell hostname "$(cat /etc/hostname)"
tell secret "$(cat /etc/secret)"
tell sum "$(sha256sum /srv/books/ledger.bin | cut -d' ' -f1)"
tell root "$(findfs UUID=${uuids.root}) $(grep " / ext4" /proc/mounts)"
tell cmdline "$(cat /proc/cmdline)"
tell srv "$(grep -c ' /srv xfs ' /proc/mounts)"
tell swap "$(grep -c partition /proc/swaps)"
tell owner "$(stat -c '%u:%g %a' /srv/books/ledger.bin)"
tell link "$(stat -c %h /srv/books/ledger.bin)"
tell size "$(df -k / | tail -1 | awk '{print $2}')"
while read -r line; do echo "ASKED $line"; /bin/$line; echo "ANSWERED"; done < /etc/asked
echo "THE MACHINE HAS STARTED"
umount /srv
mount -o remount,ro /
poweroff -f
`

const furnish = (root: string, secret: string, uuids: Uuids): void => {
  const at = (path: string): string => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    return join(root, path)
  }
  const write = (path: string, text: string | Buffer, mode = 0o644): void =>
    writeFileSync(at(path), text, { mode })
  const release = kernelRelease() ?? ''
  for (const folder of ['proc', 'sys', 'dev', 'run', 'tmp', 'boot', 'lib/modules'])
    mkdirSync(at(folder), { recursive: true })
  chmodSync(at('tmp'), 0o1777)
  copyFileSync('/bin/busybox', at('bin/busybox'))
  run('chroot', root, '/bin/busybox', '--install', '-s', '/bin')
  write('sbin/init', systemInit(uuids), 0o755)
  write('etc/hostname', 'books-01\n')
  write('etc/os-release', 'PRETTY_NAME="A small Debian"\n')
  write('etc/secret', `${secret}\n`, 0o600)
  write(
    'etc/fstab',
    `# by UUID\nUUID=${uuids.root} / ext4 defaults 0 1\nUUID=${uuids.srv} /srv xfs defaults 0 2\nUUID=${uuids.swap} none swap sw 0 0\n`,
  )
  copyFileSync(`/boot/vmlinuz-${release}`, at(`boot/vmlinuz-${release}`))
  const order = modules(release, 'xfs', at('lib/modules'))
  write('lib/modules/order', order.join(' '))
  initramfs(root, release)

  // What a restore could lose.
  write('srv/books/ledger.bin', randomBytes(3 * MIB))
  chownSync(at('srv/books/ledger.bin'), 1234, 2345)
  chmodSync(at('srv/books/ledger.bin'), 0o640)
  linkSync(at('srv/books/ledger.bin'), at('srv/books/second name'))
  run('setfacl', '-m', 'u:4711:rw,g:4712:r', at('srv/books/ledger.bin'))
  run('setfattr', '-n', 'user.note', '-v', 'kept', at('srv/books/ledger.bin'))
  write('bin/tool', 'tool', 0o4755)
  run('setcap', 'cap_net_raw+ep', at('bin/tool'))
  write('srv/hole', 'at the beginning')
  truncateSync(at('srv/hole'), 40 * MIB)
  run('mknod', at('srv/null'), 'c', '1', '3')
  symlinkSync('/etc/secret', at('srv/link to the secret'))
  utimesSync(at('srv/books'), 1_000_000_000, 1_000_000_000)
  write('boot/grub/grub.cfg', grubCfg(uuids, release))
}

/** Programs that the agent asks, with their libraries, and what it asks of the only disk of a virtual machine: the running machine answers on its console. */
const questions = (root: string, disk: string): void => {
  const programs = [
    'findmnt',
    'lsblk',
    'losetup',
    'sfdisk',
    'blkid',
    'dumpe2fs',
    'bash',
    'xfs_spaceman',
  ]
  for (const name of programs) {
    const path = requireTool(name)
    rmSync(join(root, 'bin', name), { force: true })
    copyFileSync(path, join(root, 'bin', name))
    for (const [library] of run('ldd', path).matchAll(/\/\S+/g)) {
      mkdirSync(join(root, dirname(library)), { recursive: true })
      copyFileSync(library, join(root, library))
    }
  }
  copyFileSync(requireTool('xfs_info'), join(root, 'bin/xfs_info'))
  const { partitions } = JSON.parse(run('sfdisk', '--json', disk)).partitiontable
  const parts = partitions.map(
    ({ start, size }: { start: number; size: number }) =>
      `blkid --probe --offset ${start * 512} --size ${size * 512} --output udev /dev/vda`,
  )
  const asked = [
    'findmnt --json --list --bytes --real --output TARGET,SOURCE,FSTYPE,OPTIONS,FSROOT,SIZE,USED',
    'lsblk --json --bytes --paths --output NAME,TYPE,SIZE,LOG-SEC,MODEL,SERIAL',
    'losetup --json --list --output NAME,OFFSET,BACK-FILE',
    'sfdisk --json /dev/vda',
    ...parts,
    'dumpe2fs -h /dev/vda4',
    'xfs_info /srv',
  ]
  writeFileSync(join(root, 'etc/asked'), `${asked.join('\n')}\n`)
}

/** Copies a module of the kernel with all that it needs. @returns their files, in the order in which they are loaded */
const modules = (release: string, name: string, folder: string): string[] =>
  run('modprobe', '-S', release, '--show-depends', name)
    .split('\n')
    .flatMap(line => /^insmod (\S+)/.exec(line)?.[1] ?? [])
    .map(file => {
      const short = file.split('/').at(-1) ?? ''
      copyFileSync(file, join(folder, short))
      return short
    })

const initramfs = (root: string, release: string): void => {
  const folder = join(root, 'initramfs')
  for (const each of ['bin', 'lib', 'proc', 'sys', 'dev', 'root'])
    mkdirSync(join(folder, each), { recursive: true })
  copyFileSync('/bin/busybox', join(folder, 'bin/busybox'))
  writeFileSync(join(folder, 'init'), INIT, { mode: 0o755 })
  const names = ['virtio_pci', 'virtio_blk'].flatMap(name =>
    modules(release, name, join(folder, 'lib')),
  )
  writeFileSync(join(folder, 'modules'), [...new Set(names)].join(' '))
  const files = execFileSync('find', ['.'], { cwd: folder })
  const archive = spawnSync('cpio', ['--quiet', '-o', '-H', 'newc'], {
    ...{ cwd: folder, input: files, maxBuffer: 64 * MIB },
  })
  writeFileSync(join(root, `boot/initrd.img-${release}`), archive.stdout)
  rmSync(folder, { recursive: true })
}

const grubCfg = (uuids: Uuids, release: string): string => `serial --unit=0
terminal_output serial
search --no-floppy --fs-uuid --set=root ${uuids.root}
linux /boot/vmlinuz-${release} root=UUID=${uuids.root} ro console=ttyS0 panic=-1 quiet
initrd /boot/initrd.img-${release}
boot
`

/** GRUB's own programs install it. */
const installGrub = (
  folder: string,
  { disk, root, device, label }: { disk: string; root: string; device: string; label: string },
): void => {
  const own = join(root, 'boot/grub/i386-pc')
  mkdirSync(own, { recursive: true })
  for (const file of readdirSync('/usr/lib/grub/i386-pc'))
    if (/\.(mod|lst)$|^boot\.img$/.test(file))
      copyFileSync(join('/usr/lib/grub/i386-pc', file), join(own, file))
  const prefix = `(,${label === 'gpt' ? 'gpt' : 'msdos'}4)/boot/grub`
  const core = ['biosdisk', 'part_gpt', 'part_msdos', 'ext2']
  run('grub-mkimage', '-O', 'i386-pc', '-p', prefix, '-o', join(own, 'core.img'), ...core)
  const whole = run('losetup', '--find', '--show', disk).trim()
  const map = join(folder, 'device.map')
  writeFileSync(map, `(hd0) ${whole}\n(hd1) ${device}\n`)
  try {
    const setup = '/usr/lib/grub/i386-pc/grub-bios-setup'
    run(setup, `--directory=${own}`, `--device-map=${map}`, '--skip-fs-probe', whole)
  } finally {
    run('losetup', '--detach', whole)
  }
}
