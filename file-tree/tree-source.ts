import { TreeListInvalidError, TreeNotFoundError } from '#core/errors/tree-restore.ts'
import { FormatError } from '#repository/format/bytes.ts'
import type { Point, Repository } from '#repository/index.ts'
import type { Entry } from './entry.ts'
import { decodeEntries } from './entry-decoder.ts'

/** A tree of files of a recovery point, to be read. */
export interface TreeSource {
  name: string
  /** bytes of all content */
  size: number
  /** @throws damage; `TREE_LIST_INVALID` */
  entries(): AsyncIterable<Entry[]>
  /** @throws damage: what lies before it was given by then */
  content(offset: number, length?: number): AsyncIterable<Uint8Array>
}

const CONTENT = '/content'
const ENTRIES = '/entries'

/** @returns names of the trees that a point holds */
export const treesOf = (point: Pick<Point, 'streams'>): string[] =>
  point.streams
    .filter(({ id }) => id.endsWith(ENTRIES))
    .map(({ id }) => id.slice(0, -ENTRIES.length))

/**
 * @param wanted may be left out where the point has only one
 * @throws `TREE_NOT_FOUND`
 */
export const treeSource = (
  repository: Pick<Repository, 'readStream'>,
  point: Point,
  wanted: string | undefined,
  signal: AbortSignal | undefined,
): TreeSource => {
  const trees = treesOf(point)
  const [only] = trees
  const name = wanted ?? (trees.length === 1 ? only : undefined)
  if (name === undefined || !trees.includes(name))
    throw new TreeNotFoundError(point.id, wanted, trees)
  const content = point.streams.find(({ id }) => id === name + CONTENT)
  return {
    name,
    size: content?.size ?? 0,
    entries: () => entriesOf(repository.readStream(point, name + ENTRIES, { signal }), name),
    content: (offset, length) =>
      repository.readStream(point, name + CONTENT, {
        offset,
        ...(length !== undefined && { length }),
        signal,
        lent: true,
      }),
  }
}

async function* entriesOf(bytes: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Entry[]> {
  try {
    yield* decodeEntries(bytes)
  } catch (error) {
    if (error instanceof FormatError) throw new TreeListInvalidError(name, error.message, error)
    throw error
  }
}
