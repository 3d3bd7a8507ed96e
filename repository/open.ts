import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, ObjectStore, Random } from '#core/ports.ts'
import { deriveKeys } from './crypto/keys.ts'
import { type Unlock, unlockRoot } from './crypto/slots.ts'
import { DEFAULT_TUNING, type Tuning } from './engine.ts'
import { fromHex } from './format/bytes.ts'
import { Moves } from './gc/moves.ts'
import { IndexTable } from './index/table.ts'
import { readBootstrap, verifyBootstrap } from './keys/bootstrap.ts'
import { KnownDamage } from './lost/known-damage.ts'
import { OpenedRepository } from './opened.ts'
import type { Repository } from './repository.ts'
import { type Crew, inlineCrew } from './workers/crew.ts'
import { ThreadCrew } from './workers/thread-crew.ts'
import { BufferPool } from './write/buffer-pool.ts'
import { ByteBudget } from './write/byte-budget.ts'
import { Semaphore } from './write/semaphore.ts'

export interface OpenRequest {
  store: ObjectStore
  unlock: Unlock
  clock: Clock
  random: Random
  /** Directory for the local table, which survives restarts there; made if need be. Without it the table lives in memory. */
  cacheDir?: string | undefined
  /** bytes of buffers for everything that goes on in this repository; 256 MiB unless told */
  budgetBytes?: number | undefined
  tuning?: Partial<Tuning> | undefined
  /** Disks are going to be read or written: the threads for that start while the key is derived. */
  busySoon?: boolean | undefined
}

/**
 * @throws `NOT_A_REPOSITORY`, `REPOSITORY_NEWER`, `WRONG_PASSPHRASE`, `WRONG_RECOVERY_KEY`, `RECOVERY_KEY_MISTYPED`,
 * `NO_KEY_SLOT`, `REPOSITORY_SHREDDED`, `WRONG_KMS_KEY`, `KMS_*`, `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `STORE_*`
 */
export const openRepository = async (request: OpenRequest): Promise<Repository> => {
  const tuning = { ...DEFAULT_TUNING, ...request.tuning }
  const crew = tuning.workers > 0 ? new ThreadCrew(tuning.workers) : inlineCrew()
  try {
    if (request.busySoon) crew.start()
    return await openWith(request, tuning, crew)
  } catch (error) {
    await crew.close()
    throw error
  }
}

const openWith = async (
  { store, clock, random, cacheDir, budgetBytes, unlock }: OpenRequest,
  tuning: Tuning,
  crew: Crew,
): Promise<Repository> => {
  const found = await readBootstrap(store)
  const { repositoryId, epoch, created } = found.bootstrap
  const root = await unlockRoot(store, repositoryId, unlock)
  const keys = deriveKeys(root, fromHex(repositoryId))
  verifyBootstrap(keys, found)

  const engine = {
    store,
    keys,
    clock,
    random,
    epoch,
    index: new IndexTable(cacheDir === undefined ? undefined : tablePath(cacheDir, repositoryId)),
    damage: new KnownDamage(),
    moves: new Moves(),
    budget: new ByteBudget(budgetBytes ?? tuning.budget),
    buffers: new BufferPool(budgetBytes ?? tuning.budget),
    crew,
    work: new Semaphore(tuning.chunksAtWork),
    // One more than at work for each thread, so that none waits.
    opening: new Semaphore(2 * Math.max(1, tuning.workers) + 1),
    tuning,
  }
  return new OpenedRepository(engine, {
    id: repositoryId,
    created: Date.parse(created),
    keyUnnamed: 'kms' in unlock && unlock.key === undefined,
    readOnlyBecause: found.compatibility.readOnly,
  })
}

const tablePath = (cacheDir: string, repositoryId: string): string => {
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 })
  return join(cacheDir, `${repositoryId}.index.sqlite`)
}
