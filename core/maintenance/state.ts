import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { CollectionReport, ReadBack, VerificationReport } from '../contracts/maintenance.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'

/** What the last jobs on the repository found; like all of the catalog only a view. */
export interface RepositoryState {
  collection?: { runId: string; report: CollectionReport }
  verification?: { jobId: string; runId: string; report: VerificationReport }
  /** Of the last verification that told it. */
  readBack?: { at: number; result: ReadBack }
}

/** What the last run that removed expired points was to remove. */
export interface RetentionState {
  runId: string
  at: number
  points: number
  left: number
  /** See `RetentionPlan.upTo`. */
  upTo?: string
}

export const readRetentionState = async (catalog: Catalog): Promise<RetentionState | undefined> =>
  (await catalog.get<RetentionState>(keys.maintenance('retention')))?.value

export const readRepositoryState = async (catalog: Catalog): Promise<RepositoryState> =>
  (await catalog.get<RepositoryState>(keys.maintenance('state')))?.value ?? {}

/**
 * @param change pure; leaves what it is given as it is where there is nothing to change
 * @param beside written in one piece with a change
 */
export const changeRepositoryState = (
  catalog: Catalog,
  change: (before: RepositoryState) => RepositoryState,
  beside: () => readonly CatalogWrite[] = () => [],
): Promise<void> =>
  retryOnConflict(async () => {
    const key = keys.maintenance('state')
    const item = await catalog.get<RepositoryState>(key)
    const before = item?.value ?? {}
    const value = change(before)
    if (value === before) return
    const expect = item ? { version: item.version } : ('absent' as const)
    await catalog.write([{ kind: 'put', key, value, expect }, ...beside()])
  })
