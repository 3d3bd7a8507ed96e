import { isDamage } from '#core/errors/repository.ts'
import type { PointRef, Repository } from '#repository/index.ts'
import { answer, type Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { findPoint } from './find-point.ts'
import { type RepositoryOptions, withRepository } from './open.ts'

export interface RemovePointOptions extends RepositoryOptions {
  /** id of the point once more */
  confirm?: string
}

/** Deletes a point for ever, where its id is given twice and no lock holds it. */
export const removePoint = (
  session: Session,
  wanted: string,
  options: RemovePointOptions,
): Promise<ExitCode> =>
  withRepository(session, options, async (repository, store) => {
    const { ref, what } = await target(session, repository, wanted)
    const { confirm } = options
    if (confirm?.trim().toUpperCase() !== ref.id)
      throw new UsageError(
        confirm === undefined
          ? `${what} would be deleted for ever; nothing was done yet.`
          : `${quoted(confirm)} is not the id of ${what}; nothing was deleted.`,
        `Confirm with --confirm ${ref.id}`,
      )
    await repository.removePoint(ref, store)
    answer(session, { repository: store.address, point: ref.id, removed: true }, () => [
      `${what} is deleted. "xenkeep repo gc" frees what it alone needed, two days from now at the earliest.`,
    ])
    return ExitCode.ok
  })

/** Also one that is damaged can be deleted, by its id. */
const target = async (
  { host }: Session,
  repository: Repository,
  wanted: string,
): Promise<{ ref: Pick<PointRef, 'id' | 'key'>; what: string }> => {
  try {
    const { point, name, taken } = await findPoint(repository, wanted)
    return {
      ref: point,
      what: `The recovery point ${point.id} of ${quoted(name)}, taken ${host.time(taken)},`,
    }
  } catch (error) {
    if (!isDamage(error)) throw error
    for await (const ref of repository.points())
      if (ref.id === wanted.toUpperCase())
        return { ref, what: `The damaged recovery point ${safeText(ref.id)}` }
    throw error
  }
}
