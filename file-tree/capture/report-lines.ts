import { formatBytes } from '#core/bytes-text.ts'
import { countText } from '#core/count-text.ts'
import type { Lack } from '../file-system.ts'
import type { Told, TreeReport } from './report.ts'

const LACKING: Readonly<Record<Lack, string>> = {
  xattrs: 'Extended attributes, access lists and capabilities are not captured on this machine.',
  holes: 'Sparse files are captured with their holes as zeros on this machine.',
  devices: 'Devices can be captured on this machine, and not be made again.',
  nanoseconds: 'Times cannot be set to the nanosecond on this machine.',
  'links followed':
    'On this system folders are read by their paths: whoever may write in the tree could lead the backup elsewhere by a link.',
}

/** @returns what an administrator should read of a capture, a sentence a line */
export const reportLines = (report: TreeReport): string[] => [
  `${countText(report.files, 'file')} of ${formatBytes(report.bytes)} in ${countText(report.folders, 'folder')}: ${readAndKept(report)}.`,
  ...others(report),
  ...[
    report.unreadable,
    report.changedWhileRead,
    report.vanished,
    report.tooLarge,
    report.otherFileSystems,
    report.attributesLost,
  ].flatMap(toldLines),
  ...(report.excluded > 0
    ? [`${countText(report.excluded, 'entry', 'entries')} left out by the patterns.`]
    : []),
  ...report.lacking.map(lack => LACKING[lack]),
  ...report.notes,
]

const readAndKept = ({ read, kept }: TreeReport) =>
  `${read.files} read (${formatBytes(read.bytes)}), ${kept.files} unchanged since the last point`

const others = ({ symlinks, hardLinks, specials }: TreeReport): string[] => {
  const counts = [
    symlinks > 0 && countText(symlinks, 'symbolic link'),
    hardLinks > 0 && countText(hardLinks, 'further name', 'further names'),
    specials > 0 && countText(specials, 'device, fifo or socket', 'devices, fifos and sockets'),
  ].filter(count => count !== false)
  return counts.length > 0 ? [`Beside them ${counts.join(', ')}.`] : []
}

const toldLines = ({ count, first }: Told): string[] => [
  ...first.map(({ path, reason }) => `${path}: ${reason}.`),
  ...(count > first.length
    ? [`${countText(count - first.length, 'more', 'more')} of this kind.`]
    : []),
]
