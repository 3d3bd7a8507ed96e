import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { dryRun } from '#adapters/wrap/dry-run.ts'
import { answer, type Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'
import { type RepositoryOptions, withRepository, world } from './open.ts'

export interface GcOptions extends RepositoryOptions {
  dryRun?: true
  /** `false`: half-dead packs are left as they are */
  rewrite: boolean
  cache?: string
}

/** New packs are sent and not read again by the same run. */
const isPack = (key: string): boolean => /^(packs|meta)\//.test(key)

/** One run of the collector. The local table is in a file: of a large repository it would not fit into memory. */
export const gc = async (session: Session, options: GcOptions): Promise<ExitCode> => {
  const { rewrite } = options
  // What only seems to have happened must not get into a table that is kept.
  const cache = options.dryRun ? undefined : options.cache
  const own = cache === undefined ? await mkdtemp(join(tmpdir(), 'xenkeep-gc-')) : undefined
  try {
    const cacheDir = own ?? resolve(cache as string)
    return await withRepository(
      session,
      options,
      async (repository, now) => {
        const store = options.dryRun ? dryRun(now, world.clock, isPack) : now
        const tuning = rewrite ? {} : { rewriteBelow: 0 }
        const report = await repository.collectGarbage({ store, tuning })
        const { address } = repository.store
        answer(session, { repository: address, dryRun: options.dryRun === true, report }, () => [
          options.dryRun
            ? `Nothing was changed. A run on ${safeText(address)} now would say:`
            : `One run of the garbage collector on ${safeText(address)}:`,
          ...report.text.map(line => `  ${safeText(line)}`),
        ])
        return ExitCode.ok
      },
      { cacheDir },
    )
  } finally {
    if (own !== undefined) await rm(own, { recursive: true, force: true })
  }
}
