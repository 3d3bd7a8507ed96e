import { asXenkeepError } from '#core/errors/base.ts'
import { StandbyMissingError } from '#core/errors/replication.ts'
import { isDamage } from '#core/errors/repository.ts'
import { RestoreUnprovenError } from '../errors.ts'
import { type ComparedContent, comparedContent } from '../restore/compared-content.ts'
import { changedContent } from './changed-content.ts'
import type { Pair } from './pairs.ts'
import type { Round, RoundOptions } from './state.ts'

/**
 * Writes what differs between what the standby holds and the newest point. Where the map of what it holds cannot be read, all of the standby is read and compared.
 * @returns bytes
 * @throws `RESTORE_UNPROVEN`, errors of pool and repository
 */
export const writeChanges = async (options: RoundOptions, round: Round): Promise<number> => {
  const { pool, gate, context } = options
  context.report({ phase: 'comparing with what the standby holds' })
  const plans: (Pair & { content: ComparedContent })[] = []
  try {
    for (const pair of round.pairs)
      plans.push({ ...pair, content: await contentOf(options, round, pair) })
    const bytesTotal = plans.reduce((sum, { content }) => sum + content.changedBytes, 0)
    context.report({ phase: 'writing what differs', bytesTotal })
    let done = 0
    for (const { vdiRef, name, userdevice, wanted, content } of plans) {
      context.signal.throwIfAborted()
      const before = done
      if (content.changedBytes > 0)
        done += await gate(() =>
          pool.standbys.write({
            vdiRef,
            name,
            content,
            signal: context.signal,
            onProgress: bytes => context.report({ bytesDone: before + bytes }),
          }),
        )
      const rootHash = content.rootHash()
      if (rootHash !== wanted.rootHash)
        throw new RestoreUnprovenError(userdevice, wanted.rootHash, rootHash)
    }
    return done
  } finally {
    for (const { content } of plans) await content.close()
  }
}

/** By the maps of two points, where both can be read; else by all that is on the standby. */
const contentOf = async (
  options: RoundOptions,
  round: Round,
  pair: Pair,
): Promise<ComparedContent> => {
  const { held, newest, notes } = round
  if (!held) return readAndCompare(options, round, pair)
  try {
    const content = await changedContent(
      options.repository,
      { point: held.point, diskId: pair.heldId },
      { point: newest.point, diskId: pair.wanted.id, ...pair.wanted },
    )
    return { ...content, close: async () => undefined }
  } catch (error) {
    if (!isDamage(error)) throw error
    notes.push(
      `The maps of the recovery points could not be compared, so all of disk ${pair.userdevice} was read from the standby: ${asXenkeepError(error).message}`,
    )
    return readAndCompare(options, round, pair)
  }
}

/** A state has what the standby holds, and can be read while the standby is written. */
const readAndCompare = async (
  { spec, pool, repository, gate, context }: RoundOptions,
  { standby, newest }: Round,
  { userdevice, wanted }: Pair,
): Promise<ComparedContent> => {
  const held = standby.mark.point.pointId
  const state = standby.states.find(({ mark }) => mark.point.pointId === held)
  const disk = state && (await pool.standbys.diskOf(state.ref, userdevice))
  if (!disk) throw new StandbyMissingError(spec.vmName)
  context.report({ phase: 'reading what the standby holds', bytesTotal: wanted.size })
  return gate(() =>
    comparedContent(repository, pool, {
      ...{ disk, point: newest.point, stored: wanted, signal: context.signal },
      onProgress: (bytesDone, bytesRead) => context.report({ bytesDone, bytesRead }),
    }),
  )
}
