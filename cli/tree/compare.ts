import { compareTree } from '#file-tree/compare/compare-tree.ts'
import type { Difference } from '#file-tree/compare/comparer.ts'
import { readable } from '#file-tree/raw-text.ts'
import { peopleHere } from '#file-tree/restore/people-here.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { count } from '../output/units.ts'
import { ownerRule, type PartOptions, withTree } from './open-tree.ts'

export interface TreeCompareOptions extends PartOptions {
  owners: string
  content?: true
}

/** @returns `partly` when something differs, `damaged` when data of the point is damaged */
export const compare = async (
  session: Session,
  [point, folder]: readonly [string, string],
  { owners, content, ...options }: TreeCompareOptions,
): Promise<ExitCode> => {
  const { host, json } = session
  const rule = await ownerRule(owners)
  return withTree(session, point, options, async ({ pointId, name, source, selection, signal }) => {
    const request = { folder, selection, signal, owners: rule, people: peopleHere }
    const report = await compareTree(source, { ...request, content: content === true }, found => {
      if (json) printJson(host, { event: 'difference', ...found, path: readable(found.path) })
      else print(host, differenceLine(found))
    })
    const { compared, different } = report
    const damaged = report.damaged.map(readable)
    if (json)
      printJson(host, {
        event: 'compared',
        ...{ point: pointId, tree: source.name, folder, compared, different, damaged },
      })
    else
      print(
        host,
        ...damaged.map(path => `damaged in the repository: ${safeText(path)}`),
        `Point ${pointId} of ${quoted(name)} and ${safeText(folder)}: ${count(compared, 'entry', 'entries')} compared, ${different === 0 ? 'no difference' : count(different, 'difference')}${content ? '' : ' (content by size and time; --content reads it)'}.`,
      )
    if (damaged.length > 0) return ExitCode.damaged
    return different > 0 ? ExitCode.partly : ExitCode.ok
  })
}

/** One line: what, the path, and in what it differs. */
export const differenceLine = (difference: Difference): string => {
  const path = difference.path === '' ? '.' : safeText(readable(difference.path))
  switch (difference.what) {
    case 'differs':
      return `differs  ${path}: ${difference.members.join(', ')}`
    case 'unreadable':
      return `unread   ${path}: ${safeText(difference.why)}`
    default:
      return `${difference.what.padEnd(8)} ${path}`
  }
}
