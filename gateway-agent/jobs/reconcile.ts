import { BootCheckResult } from '#core/contracts/boot-check.ts'
import type { Client } from '#core/contracts/client.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { summarizeAny } from '#core/points/describe.ts'
import type { Repository } from '#repository/index.ts'
import { limits } from '../limits.ts'
import type { Log } from '../log.ts'
import { readLock } from './read-lock.ts'

/**
 * Tells the control plane of points that its catalog lacks. The catalog is a view: one that was lost is whole again after
 * this. A point that cannot be read is left out, with a line in the log, and does not keep the others back.
 *
 * @returns how many points were sent
 */
export const reconcilePoints = async ({
  client,
  repository,
  repositoryId,
  known = new Set(),
  log,
  signal,
}: {
  client: Client
  repository: Pick<Repository, 'points' | 'readPoint' | 'lockedUntil' | 'proofs'>
  repositoryId: string
  /** Points that need not be asked about; grows by what is found out. */
  known?: Set<string>
  log: Log
  signal: AbortSignal
}): Promise<number> => {
  const params = { repositoryId }
  const refs = new Map((await Array.fromAsync(repository.points())).map(ref => [ref.id, ref]))
  let sent = 0
  const unsure = [...refs.keys()].filter(id => !known.has(id))
  for (const pointIds of chunksOf(unsure, limits.pointIdsPerCall)) {
    const { missing } = await client.call('missingPoints', { params, body: { pointIds }, signal })
    const lacking = new Set(missing)
    for (const id of pointIds) if (!lacking.has(id)) known.add(id)
    for (const ids of chunksOf(missing, limits.pointsPerCall)) {
      const points = []
      for (const id of ids) {
        const ref = refs.get(id)
        if (!ref) continue
        try {
          const point = await repository.readPoint(ref)
          const lock = await readLock(repository, point)
          const bootCheck = await newestBootCheck(repository, id)
          const summary = summarizeAny(repositoryId, point, { ...lock, ...bootCheck })
          if (summary) points.push(summary)
        } catch (error) {
          if (asXenkeepError(error).retryable) throw error
          log.warn(`The recovery point ${id} cannot be listed`, error)
        }
      }
      if (points.length === 0) continue
      await client.call('putPoints', { params, body: { points }, signal })
      sent += points.length
    }
  }
  if (sent > 0)
    log.info(`${sent} recovery points of the repository were missing in the catalog; told.`)
  return sent
}

/** What the repository has kept of boot checks; results that this version does not understand count for nothing. */
const newestBootCheck = async (
  repository: Pick<Repository, 'proofs'>,
  pointId: string,
): Promise<{ bootCheck?: BootCheckResult }> => {
  let newest: BootCheckResult | undefined
  for await (const { result } of repository.proofs(pointId)) {
    const { data } = BootCheckResult.safeParse(result)
    if (data && data.at >= (newest?.at ?? 0)) newest = data
  }
  return newest ? { bootCheck: newest } : {}
}

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
