import { open, readdir } from 'node:fs/promises'
import { hostname, machine, release } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Machine } from '#core/recovery/machine.ts'
import type { Asking } from './ask.ts'

type Facts = Pick<
  Machine,
  | 'hostname'
  | 'operatingSystem'
  | 'architecture'
  | 'kernel'
  | 'kernelCommandLine'
  | 'kernels'
  | 'initramfs'
  | 'swapFiles'
  | 'fstab'
  | 'network'
  | 'packages'
>

/**
 * What a system says of itself, beside its disks. Of one that is not the running one only what its files tell.
 * @param root where its root file system is mounted
 */
export const systemFacts = async (asking: Asking, root: string): Promise<Facts> => {
  const { read } = asking
  const runs = root === '/'
  const text = async (path: string): Promise<string> => (await read(join(root, path))) ?? ''
  const boot = await readdir(join(root, 'boot')).catch(() => [])
  const name = runs ? hostname() : (await text('etc/hostname')).trim()
  const release_ = await text('etc/os-release')
  return {
    hostname: name || 'localhost',
    operatingSystem: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release_)?.[1] ?? 'Linux',
    architecture: runs ? machine() : ((await architectureOf(root)) ?? machine()),
    ...(runs && { kernel: release() }),
    ...(runs && { kernelCommandLine: (await text('proc/cmdline')).trim() }),
    kernels: boot.filter(file => /^vmlinu[xz]/.test(file)).sort(),
    initramfs: boot.filter(file => /^init(rd|ramfs)/.test(file)).sort(),
    swapFiles: runs ? swapFilesIn(await text('proc/swaps')) : [],
    fstab: (await text('etc/fstab'))
      .split('\n')
      .map(line => line.trim())
      .filter(line => line !== '' && !line.startsWith('#')),
    network: runs ? await networkOf(asking) : [],
    packages: await packagesOf(asking, root),
  }
}

/** proc(5): Filename, Type, Size in KiB, …; spaces in names are \040. */
const swapFilesIn = (text: string): Machine['swapFiles'] =>
  text.split('\n').flatMap(line => {
    const [path = '', type, size] = line.split(/\s+/)
    if (type !== 'file' || path.endsWith('(deleted)')) return []
    const plain = path.replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    )
    // The size that the kernel tells lacks the first page.
    return [{ path: plain, bytes: (Number(size) + 4) * 1024 }]
  })

const Links = z.array(
  z.object({
    ifname: z.string(),
    address: z.string().optional(),
    addr_info: z
      .array(z.object({ local: z.string().optional(), prefixlen: z.number().optional() }))
      .default([]),
  }),
)

/** Nothing of it is needed to recover: a machine without `ip` is saved all the same. */
const networkOf = async ({ ask }: Asking): Promise<Machine['network']> => {
  try {
    return Links.parse(JSON.parse(await ask(['ip', '-json', 'address']))).map(
      ({ ifname, address, addr_info }) => ({
        name: ifname,
        ...(address !== undefined && { mac: address }),
        addresses: addr_info.flatMap(({ local, prefixlen }) =>
          local === undefined ? [] : [`${local}/${prefixlen}`],
        ),
      }),
    )
  } catch {
    return []
  }
}

const packagesOf = async ({ ask, read }: Asking, root: string): Promise<Machine['packages']> => {
  const lines = (text: string): string[] => text.split('\n').filter(Boolean).sort()
  const admin = join(root, 'var/lib/dpkg')
  if ((await read(join(admin, 'status'))) !== undefined) {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a format of dpkg-query
    const format = '${Package} ${Version} ${Architecture}\\n'
    const argv = ['dpkg-query', `--admindir=${admin}`, '--show', `--showformat=${format}`]
    const list = lines(await ask(argv).catch(() => ''))
    return { manager: 'dpkg', list }
  }
  const format = '%{NAME} %{VERSION}-%{RELEASE} %{ARCH}\\n'
  const told = await ask(['rpm', '--root', root, '-qa', '--qf', format]).catch(() => '')
  const list = lines(told)
  return list.length > 0 ? { manager: 'rpm', list } : { manager: 'none', list: [] }
}

/** e_machine of ELF (System V ABI), as uname calls it. */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'i686',
  21: 'ppc64le',
  22: 's390x',
  40: 'armv7l',
  62: 'x86_64',
  183: 'aarch64',
  243: 'riscv64',
}
const PROGRAMS = [
  'usr/bin/bash',
  'bin/bash',
  'usr/bin/busybox',
  'bin/busybox',
  'usr/lib/systemd/systemd',
]

/** By a program of a system that does not run. */
const architectureOf = async (root: string): Promise<string | undefined> => {
  for (const program of PROGRAMS) {
    const file = await open(join(root, program)).catch(() => undefined)
    if (!file) continue
    try {
      const { buffer } = await file.read(Buffer.alloc(20), 0, 20, 0)
      if (buffer.toString('latin1', 1, 4) === 'ELF') return MACHINES[buffer.readUInt16LE(18)]
    } finally {
      await file.close()
    }
  }
  return undefined
}
