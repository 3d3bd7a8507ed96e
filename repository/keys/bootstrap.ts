import {
  NotARepositoryError,
  ObjectDamagedError,
  ObjectNotAuthenticError,
  RepositoryNewerError,
  RepositoryReadOnlyError,
} from '#core/errors/repository.ts'
import { ObjectExistsError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Keys } from '../crypto/keys.ts'
import {
  type Bootstrap,
  bootstrapMacInput,
  type Compatibility,
  compatibilityOf,
  decodeBootstrap,
  encodeBootstrap,
} from '../format/bootstrap.ts'
import { FormatError } from '../format/bytes.ts'
import { parseJson } from '../format/commit.ts'
import { bootstrapName, PREFIX, parseBootstrapName } from '../format/names.ts'
import { putOnce } from '../write/put-once.ts'
import { readSmall } from './read-small.ts'

export interface FoundBootstrap {
  bootstrap: Bootstrap
  compatibility: Compatibility
  key: string
}

/**
 * The highest one. Nothing of it is proven before `verifyBootstrap`.
 * @throws `NOT_A_REPOSITORY`, `REPOSITORY_NEWER`, `OBJECT_DAMAGED`
 */
export const readBootstrap = async (store: ObjectStore): Promise<FoundBootstrap> => {
  let key: string | undefined
  for await (const object of store.list(PREFIX.repo))
    if (parseBootstrapName(object.key) !== undefined) key = object.key
  if (key === undefined) throw new NotARepositoryError(store.address)
  try {
    const json = parseJson(await readSmall(store, key))
    const compatibility = compatibilityOf(json)
    if (compatibility.refused) throw new RepositoryNewerError(store.address, compatibility.refused)
    return { bootstrap: decodeBootstrap(json), compatibility, key }
  } catch (error) {
    throw error instanceof FormatError ? new ObjectDamagedError(key, error.message) : error
  }
}

/** @throws `OBJECT_NOT_AUTHENTIC` */
export const verifyBootstrap = (
  keys: Pick<Keys, 'bootstrapMac'>,
  { bootstrap, key }: FoundBootstrap,
): void => {
  if (keys.bootstrapMac(bootstrapMacInput(bootstrap)) !== bootstrap.mac)
    throw new ObjectNotAuthenticError(key, 'it was changed after it was written')
}

/**
 * Writes a bootstrap with the next number. Two who want the same at once write the same bytes; who comes second with something else looks
 * again.
 * @param change makes the next out of the highest one; `undefined`: it is as it should be
 * @returns the bootstrap that holds now, and its name
 * @throws `OBJECT_NOT_AUTHENTIC` when the highest one is not: nothing is built upon it; `REPOSITORY_READ_ONLY`
 */
export const changeBootstrap = async (
  keys: Pick<Keys, 'bootstrapMac'>,
  store: ObjectStore,
  change: (bootstrap: Bootstrap) => Bootstrap | undefined,
): Promise<{ bootstrap: Bootstrap; key: string }> => {
  for (;;) {
    const found = await readBootstrap(store)
    verifyBootstrap(keys, found)
    if (found.compatibility.readOnly)
      throw new RepositoryReadOnlyError(store.address, found.compatibility.readOnly)
    const changed = change(found.bootstrap)
    if (!changed) return found
    const next = { ...changed, mac: keys.bootstrapMac(bootstrapMacInput(changed)) }
    const name = bootstrapName((parseBootstrapName(found.key) as number) + 1)
    try {
      await putOnce(store, name, [encodeBootstrap(next)])
      return { bootstrap: next, key: name }
    } catch (error) {
      if (!(error instanceof ObjectExistsError)) throw error
    }
  }
}
