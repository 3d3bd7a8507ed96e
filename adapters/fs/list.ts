import type { Dirent, Stats } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ObjectStat } from '#core/ports.ts'
import { isObjectKey } from '../object-key.ts'
import { errno } from './errno.ts'

const GONE = ['ENOENT', 'ENOTDIR'] // deleted while we list

const unlessGone = async <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch(error => {
    if (GONE.includes(errno(error))) return undefined
    throw error
  })

export const statOf = (key: string, found: Stats): ObjectStat => ({
  key,
  size: found.size,
  modified: Math.floor(found.mtimeMs),
})

/** A folder sorts as its keys do, with the `/` that follows its name: `a-b` < `a/b` < `a0`. */
const sortName = (entry: Dirent): string => (entry.isDirectory() ? `${entry.name}/` : entry.name)

/** @returns whether keys that start with `folder` may match: they start with `prefix` and some are above `after` */
const mayHold = (folder: string, prefix: string, after: string): boolean =>
  (folder.startsWith(prefix) || prefix.startsWith(folder)) &&
  (folder > after || after.startsWith(folder))

/**
 * Walks directories in the order of the keys, one directory's names in memory per level.
 * @param folder `''` or a key prefix that ends with `/`
 * @param show what to tell of an object
 */
export async function* walk<T>(
  root: string,
  folder: string,
  { prefix, after }: { prefix: string; after: string },
  show: (key: string, found: Stats) => T,
): AsyncGenerator<T> {
  const path = join(root, folder)
  const entries = (await unlessGone(readdir(path, { withFileTypes: true }))) ?? []
  const names = entries
    .filter(entry => entry.isFile() || entry.isDirectory())
    .map(entry => folder + sortName(entry))
    .filter(name => isObjectKey(name.replace(/\/$/, '')))
    .sort()
  for (const name of names) {
    if (name.endsWith('/')) {
      if (mayHold(name, prefix, after)) yield* walk(root, name, { prefix, after }, show)
    } else if (name.startsWith(prefix) && name > after) {
      const found = await unlessGone(lstat(join(root, name)))
      if (found) yield show(name, found)
    }
  }
}
