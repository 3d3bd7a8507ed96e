import type { Entry, Volume } from '#guest-files/answers.ts'
import { safeText } from '../output/safe-text.ts'
import { type Column, table } from '../output/table.ts'
import { formatBytes, type TimeFormat } from '../output/units.ts'

const COLUMNS: Column<Volume>[] = [
  { title: 'VOLUME', cell: ({ name }) => safeText(name) },
  { title: 'SIZE', cell: ({ size }) => formatBytes(size), align: 'right' },
  { title: 'FILE SYSTEM', cell: ({ fileSystem }) => fileSystem || '?' },
  { title: 'LABEL', cell: ({ label }) => safeText(label) },
]

export const volumeLines = (volumes: readonly Volume[]): string[] =>
  volumes.length === 0 ? ['The disks of this point hold no volume.'] : table(COLUMNS, volumes)

const LETTERS: Record<Entry['type'], string> = {
  file: '-',
  directory: 'd',
  link: 'l',
  'block device': 'b',
  'character device': 'c',
  pipe: 'p',
  socket: 's',
  other: '?',
}

/** Type, mode, owner, size, time, path; a name that holds anything but text is shown so that it does no harm. */
export const entryLine = (entry: Entry, time: TimeFormat): string => {
  const { type, mode, uid, gid, size, modified, path, target } = entry
  const owner = `${uid}:${gid}`.padStart(9)
  const bytes = (type === 'file' ? formatBytes(size) : '').padStart(9)
  const arrow = target === undefined ? '' : ` -> ${safeText(target)}`
  return `${LETTERS[type]}${mode} ${owner} ${bytes}  ${time(Date.parse(modified))}  ${safeText(path)}${arrow}`
}
