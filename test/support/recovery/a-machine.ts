import { Machine } from '#core/recovery/machine.ts'

const MIB = 1024 * 1024

/** A machine with one disk: a BIOS boot partition, swap, and a root file system at its end. */
export const aMachine = (changes: Partial<Record<keyof Machine, unknown>> = {}): Machine =>
  Machine.parse({
    ...{ format: 'linux-machine', version: 1, root: '/', hostname: 'web' },
    ...{ operatingSystem: 'Debian', architecture: 'x86_64', firmware: 'bios' },
    ...{ kernels: [], initramfs: [], swapFiles: [], fstab: [], network: [] },
    packages: { manager: 'none', list: [] },
    disks: [aDisk()],
    fileSystems: [{ type: 'swap', uuid: 'S', disk: 'sda', partition: 2 }, aRoot()],
    ...changes,
  })

export const aDisk = (changes: object = {}) => ({
  ...{ name: 'sda', bytes: 1024 * MIB, sectorBytes: 512, bootLoader: 'grub' },
  bootAreas: [
    { stream: 'boot/sda/0', offset: 0, bytes: 512 },
    { stream: 'boot/sda/1048576', offset: MIB, bytes: MIB },
  ],
  table: {
    ...{ label: 'gpt', id: 'D', firstSector: 2048 },
    partitions: [
      { number: 1, start: 2048, sectors: 2048, type: '21686148-6449-6E6F-744E-656564454649' },
      { number: 2, start: 4096, sectors: 65536, type: 'SWAP', uuid: 'P2', name: 'a "name"' },
      { number: 3, start: 69632, sectors: 1_000_000, type: 'LINUX', uuid: 'P3' },
    ],
  },
  ...changes,
})

export const aRoot = (changes: object = {}) => ({
  ...{ type: 'ext4', uuid: 'R', label: 'root', disk: 'sda', partition: 3 },
  ...{ mountPoint: '/', tree: '/', makeOptions: ['-O', 'none,extent'] },
  ...changes,
})
