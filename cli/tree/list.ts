import type { Entry } from '#file-tree/entry.ts'
import { listTree } from '#file-tree/list-tree.ts'
import { readable } from '#file-tree/raw-text.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { count, formatBytes, type TimeFormat } from '../output/units.ts'
import { type PartOptions, withTree } from './open-tree.ts'

export type TreeListOptions = PartOptions

/** @throws as `withTree` */
export const list = (
  session: Session,
  point: string,
  options: TreeListOptions,
): Promise<ExitCode> =>
  withTree(session, point, options, async ({ pointId, source, selection, signal }) => {
    const { host, json } = session
    let [entries, bytes] = [0, 0]
    for await (const group of listTree(source, selection))
      for (const entry of group) {
        signal.throwIfAborted()
        if (entry.path === '') continue
        entries++
        if (entry.type === 'file' && entry.hardLinkTo === undefined) bytes += entry.size
        if (json) printJson(host, { event: 'entry', ...documentOf(entry) })
        else print(host, lineOf(entry, host.time))
      }
    if (json)
      printJson(host, { event: 'listed', point: pointId, tree: source.name, entries, bytes })
    else if (entries === 0) print(host, 'Nothing fits.')
    else print(host, `${count(entries, 'entry', 'entries')}, ${formatBytes(bytes)}.`)
    return ExitCode.ok
  })

const documentOf = (entry: Entry) => ({
  path: readable(entry.path),
  type: entry.type,
  size: entry.size,
  modified: millisecondsOf(entry.mtime),
  mode: entry.mode.toString(8),
  uid: entry.uid,
  gid: entry.gid,
  ...(entry.user !== undefined && { user: entry.user }),
  ...(entry.group !== undefined && { group: entry.group }),
  ...(entry.target !== undefined && { target: readable(entry.target) }),
  ...(entry.hardLinkTo !== undefined && { hardLinkTo: readable(entry.hardLinkTo) }),
  ...(entry.xattrs && { attributes: entry.xattrs.map(([name]) => readable(name)) }),
  ...(entry.problem !== undefined && { problem: entry.problem }),
})

const millisecondsOf = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n)

const LETTERS = {
  file: '-',
  dir: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  char: 'c',
  block: 'b',
} as const

/** As `ls -l` has it: type and permissions, owner, size, time, path. */
const lineOf = (entry: Entry, time: TimeFormat): string => {
  const { type, mode, size, mtime, path, target, hardLinkTo } = entry
  const owner = `${entry.user ?? entry.uid}:${entry.group ?? entry.gid}`
  const bytes = type === 'file' ? formatBytes(size) : ''
  const arrow =
    target !== undefined
      ? ` -> ${safeText(readable(target))}`
      : hardLinkTo !== undefined
        ? ` = ${safeText(readable(hardLinkTo))}`
        : ''
  const problem = entry.problem === undefined ? '' : `  (${safeText(entry.problem)})`
  return `${LETTERS[type]}${rights(mode)}  ${safeText(owner).padEnd(15)} ${bytes.padStart(9)}  ${time(millisecondsOf(mtime))}  ${safeText(readable(path))}${arrow}${problem}`
}

/** `rwsr-xr-t`: set-user-id, set-group-id and sticky in the place of `x`, in upper case where there is none. */
const rights = (mode: number): string =>
  [6, 3, 0]
    .map((shift, who) => {
      const special = (mode & (0o4000 >> who)) !== 0
      const letter = who === 2 ? 't' : 's'
      const runs = ((mode >> shift) & 1) !== 0
      const last = special ? (runs ? letter : letter.toUpperCase()) : runs ? 'x' : '-'
      return `${(mode >> shift) & 4 ? 'r' : '-'}${(mode >> shift) & 2 ? 'w' : '-'}${last}`
    })
    .join('')
