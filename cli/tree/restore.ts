import { compareTree } from '#file-tree/compare/compare-tree.ts'
import type { Entry } from '#file-tree/entry.ts'
import { readable } from '#file-tree/raw-text.ts'
import type { OnExisting } from '#file-tree/restore/item.ts'
import { peopleHere } from '#file-tree/restore/people-here.ts'
import { restoreTree } from '#file-tree/restore/restore-tree.ts'
import type { TreeSource } from '#file-tree/tree-source.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { formatDuration } from '../output/units.ts'
import { byteProgress } from '../repo/progress.ts'
import { differenceLine } from './compare.ts'
import { type OpenTree, ownerRule, type PartOptions, withTree } from './open-tree.ts'
import { exitCodeOfOutcome, outcomeDocument, outcomeLines } from './outcome-lines.ts'

export interface TreeRestoreOptions extends PartOptions {
  existing: OnExisting
  owners: string
  verify?: true
}

/** @returns `partly` when something could not be restored or set, `damaged` when data of the point is damaged */
export const restore = async (
  session: Session,
  [point, folder]: readonly [string, string],
  options: TreeRestoreOptions,
): Promise<ExitCode> => {
  const { host, json } = session
  const owners = await ownerRule(options.owners)
  return withTree(session, point, options, async tree => {
    const { pointId, name, source, selection, signal } = tree
    const start = host.now()
    const progress = byteProgress(host, json, source.size)
    const request = { target: folder, owners, selection, signal, people: peopleHere }
    const outcome = await restoreTree(source, {
      ...request,
      onExisting: options.existing,
      progress: bytes => progress.update(bytes),
    }).finally(() => progress.end())
    const verified = options.verify ? await differencesOf(tree, { folder, owners }) : undefined
    const seconds = (host.now() - start) / 1000
    if (json)
      printJson(host, {
        event: 'restored',
        point: pointId,
        tree: source.name,
        folder,
        ...outcomeDocument(outcome),
        ...verified,
        seconds,
      })
    else
      print(
        host,
        `Point ${pointId} of ${quoted(name)} is in ${safeText(folder)}, in ${formatDuration(seconds)}.`,
        ...outcomeLines(outcome),
        ...verifiedLines(verified),
      )
    const code = exitCodeOfOutcome(outcome)
    if (verified && verified.damaged.length > 0) return ExitCode.damaged
    return code === ExitCode.ok && verified?.differences.length ? ExitCode.partly : code
  })
}

interface Verified {
  /** as lines */
  differences: string[]
  /** paths whose data in the repository could not be read this time */
  damaged: string[]
}

/** What is in the folder alone is no difference: it may have been there before. */
const differencesOf = async (
  { source, selection, signal }: OpenTree,
  { folder, owners }: { folder: string; owners: Awaited<ReturnType<typeof ownerRule>> },
): Promise<Verified> => {
  const differences: string[] = []
  const kept = { ...source, entries: () => withoutSockets(source) }
  const request = { folder, owners, selection, signal, people: peopleHere, content: true }
  const { damaged } = await compareTree(kept, request, difference => {
    if (difference.what !== 'extra') differences.push(differenceLine(difference))
  })
  return { differences, damaged: damaged.map(readable) }
}

/** A restore makes none: that they are missing is told already, and is no fault. */
async function* withoutSockets(source: TreeSource): AsyncGenerator<Entry[]> {
  for await (const group of source.entries()) yield group.filter(({ type }) => type !== 'socket')
}

const verifiedLines = (verified: Verified | undefined): string[] => {
  if (!verified) return []
  const { differences, damaged } = verified
  if (differences.length + damaged.length === 0)
    return ['  read again: all of it is as in the point']
  return [
    '  read again: this is not as in the point',
    ...differences.map(line => `    ${line}`),
    ...damaged.map(path => `    damaged in the repository: ${safeText(path)}`),
  ]
}
