import { TreePathNotFoundError } from '#core/errors/tree-restore.ts'
import type { Entry } from './entry.ts'
import { NamesLike } from './names-like.ts'
import { isBelow, normal, type SelectionRequest, selectionOf } from './selection.ts'
import type { TreeSource } from './tree-source.ts'

/** @returns the entries that are wanted, in their order, without the folders above them */
export async function* listTree(
  source: TreeSource,
  request: SelectionRequest,
): AsyncGenerator<Entry[]> {
  const selection = selectionOf(request)
  for await (const group of source.entries()) {
    const wanted = group.filter(entry => selection.wants(entry))
    if (wanted.length > 0) yield wanted
  }
}

/**
 * Looks whether all paths are there, before anything is done with them. Reads the list of files, unless no path is named.
 * @throws `TREE_PATH_NOT_FOUND` with what was perhaps meant
 */
export const assertPaths = async (source: TreeSource, paths: readonly string[]): Promise<void> => {
  if (paths.length === 0) return
  const wanted = new Map(paths.map(path => [normal(path), path]))
  const missing = new Set(wanted.keys())
  missing.delete('')
  // Names that are like the first part of a path that is not there, in the folder where it should be.
  const depths = new Map([...missing].map(path => [path, { below: '', like: likeIn(path, '') }]))
  for await (const group of source.entries())
    for (const { path } of group) {
      missing.delete(path)
      for (const each of missing) offer(depths, each, path)
    }
  const [first] = missing
  if (first === undefined) return
  throw new TreePathNotFoundError(wanted.get(first) ?? '', depths.get(first)?.like.best() ?? [])
}

interface Near {
  /** the deepest folder above the path that is there */
  below: string
  like: NamesLike
}

const likeIn = (path: string, below: string): NamesLike => {
  const rest = below === '' ? path : path.slice(below.length + 1)
  return new NamesLike(rest.slice(0, rest.indexOf('/') < 0 ? rest.length : rest.indexOf('/')))
}

const offer = (depths: Map<string, Near>, wanted: string, path: string): void => {
  const near = depths.get(wanted)
  if (!near || !isBelow(path, near.below) || path === '') return
  if (isBelow(wanted, path)) {
    depths.set(wanted, { below: path, like: likeIn(wanted, path) })
    return
  }
  const name = path.slice(near.below === '' ? 0 : near.below.length + 1)
  if (!name.includes('/')) near.like.offer(name)
}
