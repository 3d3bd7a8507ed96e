import { unlockRoot } from './crypto/slots.ts'
import { DEFAULT_TUNING, type Tuning } from './engine.ts'
import { readBootstrap } from './keys/bootstrap.ts'
import type { OpenRequest } from './open-request.ts'
import type { Repository } from './repository.ts'
import { type Crew, inlineCrew } from './workers/crew.ts'
import { ThreadCrew } from './workers/thread-crew.ts'

/**
 * @throws `NOT_A_REPOSITORY`, `REPOSITORY_NEWER`, `WRONG_PASSPHRASE`, `WRONG_RECOVERY_KEY`, `RECOVERY_KEY_MISTYPED`,
 * `NO_KEY_SLOT`, `REPOSITORY_SHREDDED`, `WRONG_KMS_KEY`, `KMS_*`, `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `STORE_*`
 */
export const openRepository = async (request: OpenRequest): Promise<Repository> => {
  const tuning = { ...DEFAULT_TUNING, ...request.tuning }
  const crew =
    tuning.workers > 0 ? new ThreadCrew(tuning.workers, { alone: tuning.alone }) : inlineCrew()
  try {
    if (request.busySoon) crew.start()
    return await openWith(request, { tuning, crew })
  } catch (error) {
    await crew.close()
    throw error
  }
}

const openWith = async (
  request: OpenRequest,
  parts: { tuning: Tuning; crew: Crew },
): Promise<Repository> => {
  const { store, unlock } = request
  const found = await readBootstrap(store)
  // A hundred modules, which nobody needs without the key: loaded while it is derived.
  const load = () => import('./build.ts')
  const root = await unlockRoot(store, found.bootstrap.repositoryId, unlock, load)
  const { build } = await load()
  return build(request, { found, root, ...parts })
}
