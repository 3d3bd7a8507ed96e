import { constants } from 'node:fs'
import { link, lstat, open, stat as statFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { XenkeepError } from '#core/errors/base.ts'
import {
  ObjectExistsError,
  ObjectKeyError,
  ObjectNotFoundError,
  StoreUnsuitableError,
} from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectStat, ObjectStore } from '#core/ports.ts'
import { resolveRange } from '../byte-range.ts'
import { checkObjectKey, foldersOf } from '../object-key.ts'
import { durableFolders, syncDirectory } from './durable-folders.ts'
import { errno, NOT_THERE } from './errno.ts'
import { statOf, walk } from './list.ts'
import { readPart } from './read-part.ts'
import { removeLeftovers, STAGING, withStagedFile } from './staging.ts'
import { toLinkError, toStoreError } from './store-error.ts'
import { directoryVersions } from './versions.ts'

const lstatOrNothing = (path: string) => lstat(path).catch(() => undefined)

/**
 * Objects as files of a directory, which several processes may use at once (also over NFS). Created at the first put.
 *
 * A put writes a file below `+staging`, syncs it, and gives it its name by link(2), which fails when the name exists: the
 * same promise as S3's `If-None-Match: *`. Then the directory is synced. A process killed at any moment leaves whole objects,
 * and at worst a file below `+staging` that a later opening removes.
 *
 * @param directory relative to the working directory of the process
 * @returns the store; its `put` may also throw `STORE_UNSUITABLE`, on a file system without hard links
 * @throws `STORE_UNSUITABLE` when something that is no directory stands there
 */
export const openDirectoryStore = async (directory: string): Promise<MaintenanceStore> => {
  const root = resolve(directory)
  const address = `file:${root}`
  const staging = join(root, STAGING)
  const folders = durableFolders(root)
  const found = await statFile(root).catch(() => undefined)
  if (found && !found.isDirectory()) throw new StoreUnsuitableError(address, 'it is no directory')
  await removeLeftovers(staging)

  const refuseFolder = async (key: string) => {
    const found = await lstatOrNothing(join(root, key))
    if (found?.isDirectory()) throw new ObjectKeyError(key, 'it is a folder')
  }

  const refuseObjectAsFolder = async (key: string) => {
    for (const folder of foldersOf(key)) {
      const found = await lstatOrNothing(join(root, folder))
      if (found?.isFile()) throw new ObjectKeyError(key, `"${folder}" is an object, no folder`)
    }
  }

  /** @returns whether the name is ours; `false` when somebody else has it */
  const claim = async (staged: string, path: string, links: () => Promise<number>) => {
    try {
      await link(staged, path)
      return true
    } catch (error) {
      if (errno(error) !== 'EEXIST') throw toLinkError(error, `name "${path}"`, address)
      // Over NFS the reply to our own link can get lost and the repeated call meets our own name (open(2), O_EXCL).
      return (await links()) === 2
    }
  }

  const create = async (key: string, parts: readonly Uint8Array[]) => {
    const path = join(root, key)
    await folders.ensure(staging)
    await folders.ensure(dirname(path))
    const created = await withStagedFile(staging, parts, (staged, links) =>
      claim(staged, path, links),
    )
    // Also for the loser: who is told that an object exists may rely on it.
    await syncDirectory(dirname(path))
    if (created) return
    await refuseFolder(key)
    throw new ObjectExistsError(key)
  }

  const put = async (key: string, parts: readonly Uint8Array[]) => {
    checkObjectKey(key)
    try {
      await create(key, parts)
    } catch (error) {
      if (error instanceof ObjectExistsError || error instanceof ObjectKeyError) throw error
      folders.forget() // a directory may have been taken away
      await refuseObjectAsFolder(key)
      throw error instanceof XenkeepError ? error : toStoreError(error, `write "${key}"`, address)
    }
  }

  const get: ObjectStore['get'] = async (key, range, memory) => {
    checkObjectKey(key)
    const path = join(root, key)
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(error => {
      if (NOT_THERE.includes(errno(error))) throw new ObjectNotFoundError(key, error)
      throw toStoreError(error, `read "${key}"`, address)
    })
    try {
      const found = await handle.stat()
      if (!found.isFile()) throw new ObjectNotFoundError(key)
      const { start, end } = resolveRange(found.size, range)
      return await readPart(handle, { start, length: end - start }, memory)
    } catch (error) {
      if (error instanceof XenkeepError || error instanceof RangeError) throw error
      throw toStoreError(error, `read "${key}"`, address)
    } finally {
      await handle.close()
    }
  }

  const stat = async (key: string): Promise<ObjectStat | undefined> => {
    checkObjectKey(key)
    try {
      const found = await lstat(join(root, key))
      if (!found.isFile()) return undefined
      return statOf(key, found)
    } catch (error) {
      if (NOT_THERE.includes(errno(error))) return undefined
      throw toStoreError(error, `look up "${key}"`, address)
    }
  }

  async function* list(prefix: string, { after = '' }: { after?: string } = {}) {
    try {
      yield* walk(root, '', { prefix, after }, statOf)
    } catch (error) {
      throw toStoreError(error, `list "${prefix}"`, address)
    }
  }

  const objects = { address, put, get, stat, list }
  return { ...objects, ...directoryVersions(root, objects) }
}
