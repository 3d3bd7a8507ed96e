import type { Stats } from 'node:fs'
import { lstat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  LockUnsupportedError,
  ObjectNotFoundError,
  StoreUnsuitableError,
} from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import { checkObjectKey } from '../object-key.ts'
import { syncDirectory } from './durable-folders.ts'
import { errno, NOT_THERE } from './errno.ts'
import { statOf, walk } from './list.ts'
import { toStoreError } from './store-error.ts'

/** Objects never change, so time and size tell an object from a later one of the same name; both survive a copy that keeps times. */
const versionOf = ({ mtimeMs, size }: Stats): string => `${Math.floor(mtimeMs * 1000)}-${size}`

/**
 * What a directory can do for those who lock and remove: it has one version of each object and no locks. So what is removed is
 * gone, and whoever may write there may remove.
 */
export const directoryVersions = (
  root: string,
  { address, get, stat }: Pick<ObjectStore, 'address' | 'get' | 'stat'>,
): Omit<MaintenanceStore, keyof ObjectStore> => {
  const isVersion = async (key: string, version: string): Promise<boolean> => {
    checkObjectKey(key)
    const found = await lstat(join(root, key)).catch(error => {
      if (NOT_THERE.includes(errno(error))) return undefined
      throw toStoreError(error, `look up "${key}"`, address)
    })
    return found?.isFile() === true && versionOf(found) === version
  }

  return {
    async lockSupport() {
      return { versioning: false, objectLock: false }
    },

    async retain() {
      throw new LockUnsupportedError(address, 'a directory has no Object Lock')
    },

    async retention(key) {
      if (!(await stat(key))) throw new ObjectNotFoundError(key)
      return undefined
    },

    async *versions(prefix, { after = '' } = {}) {
      try {
        yield* walk(root, '', { prefix, after }, (key, found) => ({
          ...statOf(key, found),
          version: versionOf(found),
          latest: true,
          deleteMarker: false,
        }))
      } catch (error) {
        throw toStoreError(error, `list "${prefix}"`, address)
      }
    },

    async getVersion(key, version, range) {
      if (!(await isVersion(key, version))) throw new ObjectNotFoundError(key)
      return get(key, range)
    },

    async supersede(key) {
      checkObjectKey(key)
      throw new StoreUnsuitableError(address, 'a directory keeps no older versions')
    },

    async remove(key, version) {
      if (!(await isVersion(key, version))) return
      const path = join(root, key)
      try {
        await unlink(path)
        await syncDirectory(dirname(path))
      } catch (error) {
        if (!NOT_THERE.includes(errno(error))) throw toStoreError(error, `remove "${key}"`, address)
      }
    },
  }
}
