import type { RecoveryPlan } from '#core/recovery/plan.ts'
import { safeText } from '../output/safe-text.ts'
import { formatBytes } from '../output/units.ts'

/** What a recovery does, for people, before it does it. */
export const planLines = ({ machine, disks, fileSystems, notes }: RecoveryPlan): string[] => [
  `${safeText(machine.hostname)}: ${safeText(machine.operatingSystem)}, ${machine.architecture}, ${machine.firmware === 'bios' ? 'BIOS' : 'UEFI'}`,
  ...disks.flatMap(({ disk, target, script, grown, bootAreas }) => [
    `  ${safeText(target.path)} (${formatBytes(target.bytes)}) takes the place of ${safeText(disk.name)} (${formatBytes(disk.bytes)}): all that is on it is lost`,
    ...(script === undefined
      ? ['    no partition table: one file system on the whole disk']
      : [
          `    a partition table (${disk.table?.label}) with ${disk.table?.partitions.length ?? 0} partitions, as it was`,
        ]),
    ...(grown
      ? [
          `    partition ${grown.number} grows to the end of the disk: ${formatBytes(grown.sectors * disk.sectorBytes)}`,
        ]
      : []),
    ...fileSystems
      .filter(each => each.target === target.path)
      .map(({ system, bytes }) => {
        const { partition, type, label, uuid, mountPoint, tree } = system
        const place = partition === undefined ? 'the whole disk' : `partition ${partition}`
        const name = [label && `"${safeText(label)}"`, uuid].filter(Boolean).join(', ')
        const files = tree === undefined ? '' : ', with its files'
        return `    ${place}: ${type}${name ? ` (${name})` : ''}, ${formatBytes(bytes)}${mountPoint ? `, for ${safeText(mountPoint)}` : ''}${files}`
      }),
    ...(bootAreas.length > 0 ? ['    the boot loader GRUB, as it was'] : []),
  ]),
  ...notes.map(note => `  note: ${safeText(note)}`),
]
