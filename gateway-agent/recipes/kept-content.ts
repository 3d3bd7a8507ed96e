import { countText } from '#core/count-text.ts'
import { ComponentPointUnfitError } from '#core/errors/recipes.ts'
import { readable } from '#file-tree/raw-text.ts'
import type { Outcome } from '#file-tree/restore/outcome.ts'
import { peopleHere } from '#file-tree/restore/people-here.ts'
import { restoreTree } from '#file-tree/restore/restore-tree.ts'
import { treeSource } from '#file-tree/tree-source.ts'
import type { Point, Repository } from '#repository/index.ts'
import type { Kept } from './content.ts'

/** What a point holds, for the steps of a restore. */
export const keptContent = (repository: Repository, point: Point): Kept => ({
  stream: (name, signal) => {
    if (!point.streams.some(({ id }) => id === name))
      throw new ComponentPointUnfitError(point.id, `it does not hold "${name}".`)
    return repository.readStream(point, name, { signal })
  },
  tree: async (name, target, signal) => {
    const outcome = await restoreTree(treeSource(repository, point, name, signal), {
      ...{ target, selection: {}, people: peopleHere, signal },
      onExisting: 'replace',
      owners: { by: 'name' },
    })
    const failed = failedIn(outcome)
    return { note: noteOn(outcome), ...(failed !== undefined && { failed }) }
  },
})

const noteOn = ({ files, folders, whole, leftOut }: Outcome): string =>
  [
    `${countText(files, 'file')} and ${countText(folders, 'folder')} were written, ${whole} were there already`,
    ...leftOut.map(
      ({ what, why, count, example }) =>
        `not restored of ${countText(count, 'entry', 'entries')}, as ${readable(example)}: ${what} (${why})`,
    ),
  ].join('; ')

const failedIn = ({ failed }: Outcome): string | undefined => {
  const [first] = failed
  return first
    ? `${countText(failed.length, 'entry', 'entries')} could not be restored, as ${readable(first.path)}: ${first.why} (${first.code}).`
    : undefined
}
