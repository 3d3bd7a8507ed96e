import { answer, type Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'
import { count } from '../output/units.ts'
import { type RepositoryOptions, withRepository } from './open.ts'

/** @returns `damaged` when the trailer of a pack cannot be read */
export const rebuild = (session: Session, options: RepositoryOptions): Promise<ExitCode> =>
  withRepository(session, options, async repository => {
    const { packs, records, damaged } = await repository.rebuildIndex()
    const { address } = repository.store
    answer(session, { repository: address, packs, records, damaged }, () => [
      `The index of ${safeText(address)} is made anew: ${count(packs, 'pack')}, ${count(records, 'record')}.`,
      ...damaged.map(name => `  DAMAGE: the trailer of ${safeText(name)} cannot be read.`),
      ...(damaged.length > 0
        ? ['  what to do: Run "xenkeep repo check --level 2" to see what is affected.']
        : []),
    ])
    return damaged.length === 0 ? ExitCode.ok : ExitCode.damaged
  })
