import type { Client } from '#core/contracts/client.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Repository } from '#repository/index.ts'
import type { Log } from '../log.ts'

/** Points of one call (core/contracts/gateway-api.ts). */
const AT_ONCE = 1_000

/**
 * Tells the control plane of points in its catalog that the repository does not have. What it knows is asked for first and the repository is listed after
 * that, so a point that a backup makes meanwhile is never taken for one that is gone.
 */
export const tellGonePoints = async ({
  client,
  repository,
  repositoryId,
  log,
  signal,
}: {
  client: Client
  repository: Pick<Repository, 'points' | 'closedPoints'>
  repositoryId: string
  log: Log
  signal: AbortSignal
}): Promise<void> => {
  const params = { repositoryId }
  const known: string[] = []
  const vanishedBefore = new Set<string>()
  try {
    for (let after: string | undefined; ; ) {
      const body = after === undefined ? {} : { after }
      const page = await client.call('knownPoints', { params, body, signal })
      known.push(...page.pointIds)
      for (const id of page.vanished) vanishedBefore.add(id)
      after = page.next
      if (after === undefined) break
    }
  } catch (error) {
    // An earlier control plane does not know the question.
    if (asXenkeepError(error).code === 'ROUTE_UNKNOWN') return
    throw error
  }
  const there = new Set<string>()
  for await (const { id } of repository.points()) there.add(id)
  const gone = known.filter(id => !there.has(id))
  const found = [...vanishedBefore].filter(id => there.has(id))
  if (gone.length === 0 && found.length === 0) return
  const closed = new Set(await Array.fromAsync(repository.closedPoints()))
  const deleted = gone.filter(id => closed.has(id))
  const vanished = gone.filter(id => !closed.has(id) && !vanishedBefore.has(id))
  for (const body of inParts({ deleted, vanished, found }))
    await client.call('gonePoints', { params, body, signal })
  if (deleted.length > 0)
    log.info(`${deleted.length} recovery points of the catalog were deleted; told.`)
  for (const id of vanished)
    log.warn(`The recovery point ${id} is not in the repository, and nobody deleted it; told.`)
}

type Gone = Record<'deleted' | 'vanished' | 'found', string[]>

function* inParts(gone: Gone): Generator<Gone> {
  const longest = Math.max(gone.deleted.length, gone.vanished.length, gone.found.length)
  for (let at = 0; at < longest; at += AT_ONCE)
    yield {
      deleted: gone.deleted.slice(at, at + AT_ONCE),
      vanished: gone.vanished.slice(at, at + AT_ONCE),
      found: gone.found.slice(at, at + AT_ONCE),
    }
}
