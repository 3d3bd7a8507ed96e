import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { deriveKeys } from './crypto/keys.ts'
import type { Tuning } from './engine.ts'
import { fromHex } from './format/bytes.ts'
import { Moves } from './gc/moves.ts'
import { IndexTable } from './index/table.ts'
import { type readBootstrap, verifyBootstrap } from './keys/bootstrap.ts'
import { KnownDamage } from './lost/known-damage.ts'
import type { OpenRequest } from './open-request.ts'
import { OpenedRepository } from './opened.ts'
import type { Repository } from './repository.ts'
import type { Crew } from './workers/crew.ts'
import { BufferPool } from './write/buffer-pool.ts'
import { ByteBudget } from './write/byte-budget.ts'
import { Semaphore } from './write/semaphore.ts'

interface Parts {
  found: Awaited<ReturnType<typeof readBootstrap>>
  root: Uint8Array
  tuning: Tuning
  crew: Crew
}

/**
 * The engine with all of its parts, once the root key is known.
 * @throws `OBJECT_NOT_AUTHENTIC` where the bootstrap is not of this key
 */
export const build = (
  { store, clock, random, cacheDir, budgetBytes, unlock }: OpenRequest,
  { found, root, tuning, crew }: Parts,
): Repository => {
  const { repositoryId, epoch, created } = found.bootstrap
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
