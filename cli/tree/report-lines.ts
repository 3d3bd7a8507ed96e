import type { Told, TreeReport } from '#file-tree/capture/report.ts'
import { safeText } from '../output/safe-text.ts'
import { count, formatBytes } from '../output/units.ts'

const NAMED = 10

/** What became of a backup, for people: counts, then what somebody should know of, by name. */
export const reportLines = (report: TreeReport): string[] => [
  `  holds   ${count(report.files, 'file')} (${formatBytes(report.bytes)}), ${count(report.folders, 'folder')}${others(report)}`,
  `  read    ${count(report.read.files, 'file')} (${formatBytes(report.read.bytes)}); ${count(report.kept.files, 'file')} did not change`,
  ...(report.excluded > 0 ? [`  left out by patterns: ${report.excluded}`] : []),
  ...toldLines('UNREADABLE', report.unreadable),
  ...toldLines('changed while it was read', report.changedWhileRead),
  ...toldLines('gone before it was read', report.vanished),
  ...toldLines('left out, too large', report.tooLarge),
  ...toldLines('not entered, another file system', report.otherFileSystems),
  ...toldLines('attributes could not be read', report.attributesLost),
  ...(report.lacking.length > 0
    ? [`  this machine cannot save: ${report.lacking.join(', ')}`]
    : []),
  ...report.notes.map(note => `  ${safeText(note)}`),
]

const others = ({ symlinks, hardLinks, specials }: TreeReport): string =>
  [
    ...(symlinks > 0 ? [`, ${count(symlinks, 'symbolic link')}`] : []),
    ...(hardLinks > 0 ? [`, ${count(hardLinks, 'hard link')}`] : []),
    ...(specials > 0 ? [`, ${count(specials, 'device or pipe', 'devices and pipes')}`] : []),
  ].join('')

const toldLines = (what: string, { count: all, first }: Told): string[] => [
  ...first
    .slice(0, NAMED)
    .map(
      ({ path, reason }) => `  ${what}: ${safeText(path)}${reason ? `: ${safeText(reason)}` : ''}`,
    ),
  ...(all > NAMED ? [`  ${what}: ${all - Math.min(NAMED, first.length)} more`] : []),
]
