import { formatBytes } from '../bytes-text.ts'
import type { FilesReport } from '../contracts/guest-files.ts'

/** Downloads that a line names; the report and the audit records have more. */
const NAMED = 5

/** What a look at files came to, in words; downloads by name, where the report has them. */
export const filesLine = ({
  questions,
  listed,
  downloads,
  downloaded,
  bytes,
  ended,
}: FilesReport): string => {
  if (questions === 0) return `looked at no files: ${ENDS[ended]}`
  const folders = listed === 0 ? 'listed no folder' : `listed ${count(listed, 'folder')}`
  return `${folders}, ${downloadsText({ downloads, downloaded, bytes })}; ${ENDS[ended]}`
}

const downloadsText = ({
  downloads,
  downloaded,
  bytes,
}: Pick<FilesReport, 'downloads' | 'downloaded' | 'bytes'>): string => {
  if (downloaded === 0) return 'downloaded nothing'
  if (downloads.length === 0) return `made ${count(downloaded, 'download')} (${formatBytes(bytes)})`
  const named = downloads
    .slice(0, NAMED)
    .map(({ volume, path }) => `${shortened(path)} of ${volume}`)
  const more = downloaded - named.length
  return `downloaded ${[...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')} (${formatBytes(bytes)})`
}

const ENDS: Record<FilesReport['ended'], string> = {
  idle: 'it ended because nothing was asked for five minutes',
  time: 'it ended because its hour was over',
  asked: 'it was ended when the page was left, or by hand',
}

const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`

/** Names of guests may hold anything, and a line is one line. */
const shortened = (path: string): string => {
  const shown = path.replaceAll(/\p{C}/gu, '\uFFFD')
  return shown.length <= 120 ? shown : `${shown.slice(0, 60)}…${shown.slice(-59)}`.toWellFormed()
}
