import {
  EmptyPassphraseError,
  PrefixNotEmptyError,
  RepositoryExistsError,
} from '#core/errors/repository.ts'
import { ObjectExistsError, StoreUnsuitableError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import { deriveKeys } from './crypto/keys.ts'
import { type RecoveryKit, recoveryKit } from './crypto/recovery-kit.ts'
import { bootstrapMacInput, encodeBootstrap } from './format/bootstrap.ts'
import { fromHex, hex } from './format/bytes.ts'
import { bootstrapName, PREFIX, parseSlotName } from './format/names.ts'
import { type NewSlot, prepareSlot, putSlot } from './keys/new-slot.ts'
import { openRepository } from './open.ts'
import type { OpenRequest } from './open-request.ts'
import type { Repository } from './repository.ts'
import { putOnce } from './write/put-once.ts'

export type CreateRequest = Omit<OpenRequest, 'unlock'> &
  Exclude<NewSlot, { recoveryKey: Uint8Array }> & {
    /** 32 hex digits, where another place has chosen the id; random unless told */
    repositoryId?: string | undefined
  }

/**
 * Makes a repository in an empty prefix: two slots first, the bootstrap last, so that what was cut short is no repository.
 * @returns the opened repository, and the recovery kit: the only time that its key is seen
 * @throws `REPOSITORY_EXISTS`, `PREFIX_NOT_EMPTY`, `PASSPHRASE_EMPTY`, `KMS_*`, `STORE_*`; `STORE_UNSUITABLE` where the store overwrites
 */
export const createRepository = async (
  request: CreateRequest,
): Promise<{ repository: Repository; recoveryKit: RecoveryKit }> => {
  const { store, clock, random } = request
  if ('passphrase' in request && request.passphrase === '') throw new EmptyPassphraseError()
  const nextSlot = await refuseUsedPrefix(store)

  const repositoryId = request.repositoryId ?? hex(random.bytes(16))
  const created = new Date(clock.now()).toISOString()
  const root = random.bytes(32)
  const recoveryKey = random.bytes(32)

  const first = await prepareSlot(random, repositoryId, request)
  const { key, n } = await putSlot(store, nextSlot, first, root)
  await proveCreateOnly(store, key)
  const recovery = await prepareSlot(random, repositoryId, { recoveryKey })
  await putSlot(store, n + 1, recovery, root)
  await putBootstrap(store, root, { repositoryId, created })

  const repository = await openRepository({ ...request, unlock: request })
  return {
    repository,
    recoveryKit: recoveryKit(recoveryKey, {
      repositoryId,
      created,
      address: store.address,
      kmsKey: first.parameters.slot === 'kms' ? first.parameters.key : undefined,
    }),
  }
}

/** @returns the number for the first slot: a creation that was cut short may have left some */
const refuseUsedPrefix = async (store: ObjectStore): Promise<number> => {
  for await (const _ of store.list(PREFIX.repo)) throw new RepositoryExistsError(store.address)
  let next = 1
  for await (const { key } of store.list('')) {
    const slot = parseSlotName(key)
    if (!slot) throw new PrefixNotEmptyError(store.address, key)
    next = Math.max(next, slot.n + 1)
  }
  return next
}

/**
 * Creates an object that is there once more: a store that allows it would let two writers both believe that they were first. Some
 * dialects of S3 ignore `If-None-Match`, or honour it only in buckets without versioning (Ceph 16). With other bytes, one byte of white
 * space more: equal ones, sent again after a reply that got lost, would count as the echo of our own put.
 * @throws `STORE_UNSUITABLE`
 */
const proveCreateOnly = async (store: ObjectStore, key: string): Promise<void> => {
  const bytes = await store.get(key)
  try {
    await store.put(key, [bytes, Buffer.from('\n')])
  } catch (error) {
    if (error instanceof ObjectExistsError) return
    throw error
  }
  throw new StoreUnsuitableError(
    store.address,
    'it overwrites an object that exists, although told not to (If-None-Match)',
  )
}

const putBootstrap = async (
  store: ObjectStore,
  root: Uint8Array,
  { repositoryId, created }: { repositoryId: string; created: string },
): Promise<void> => {
  const bootstrap = {
    format: 'xenkeep-repository' as const,
    formatVersion: 1 as const,
    repositoryId,
    created,
    epoch: 1,
    idAlgorithm: 1 as const,
    features: { compatible: [], incompatible: [], readOnlyCompatible: [] },
  }
  const mac = deriveKeys(root, fromHex(repositoryId)).bootstrapMac(bootstrapMacInput(bootstrap))
  try {
    await putOnce(store, bootstrapName(1), [encodeBootstrap({ ...bootstrap, mac })])
  } catch (error) {
    if (error instanceof ObjectExistsError) throw new RepositoryExistsError(store.address)
    throw error
  }
}
