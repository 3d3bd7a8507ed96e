import { assertPaths } from '#file-tree/list-tree.ts'
import type { OwnerRule } from '#file-tree/restore/owners.ts'
import { readOwners } from '#file-tree/restore/owners-file.ts'
import type { SelectionRequest } from '#file-tree/selection.ts'
import { type TreeSource, treeSource } from '#file-tree/tree-source.ts'
import type { Session } from '../command.ts'
import type { ExitCode } from '../exit-codes.ts'
import { findPoint } from '../repo/find-point.ts'
import { type RepositoryOptions, withDisksOf } from '../repo/open.ts'
import { stoppable } from '../stoppable.ts'

export interface PartOptions extends RepositoryOptions {
  tree?: string
  path?: string[]
  pattern?: string[]
}

export interface OpenTree {
  pointId: string
  name: string
  source: TreeSource
  selection: SelectionRequest
  signal: AbortSignal
}

/**
 * Opens the tree of a point that is named, whole or in part, and hands it to `work`.
 * @throws `USAGE`, `TREE_NOT_FOUND`, `TREE_PATH_NOT_FOUND`, and what opening a repository throws
 */
export const withTree = (
  session: Session,
  point: string,
  options: PartOptions,
  work: (tree: OpenTree) => Promise<ExitCode>,
): Promise<ExitCode> =>
  stoppable(session.host, signal =>
    withDisksOf(session, options, async repository => {
      const described = await findPoint(repository, point)
      const source = treeSource(repository, described.point, options.tree, signal)
      const { path: paths = [], pattern: patterns = [] } = options
      await assertPaths(source, paths)
      const { name } = described
      return work({
        pointId: described.point.id,
        name,
        source,
        signal,
        selection: { paths, patterns },
      })
    }),
  )

/** @throws `OWNERS_INVALID` */
export const ownerRule = async (text: string): Promise<OwnerRule> =>
  text === 'name' || text === 'id' || text === 'none'
    ? { by: text }
    : { by: 'list', list: await readOwners(text) }
