import { queryAll, writeInBatches } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { SiteRestoreNotFoundError, SiteStepRefusedError } from '../errors/sites.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'
import type { StoredRestore, StoredStep } from './site-restore.ts'

/** Of steps, 90 and what stands beside them are written in one piece: most plans. */
const IN_ONE_PIECE = 90

/** Stores a restore and its steps. The restore itself comes last: a crash before it leaves steps of a long plan that nobody looks at. */
export const createSiteRestore = async (
  catalog: Catalog,
  restore: StoredRestore,
  steps: readonly StoredStep[],
  beside: readonly CatalogWrite[] = [],
): Promise<void> => {
  const { restoreId, pointId } = restore
  const stepWrites = steps.map(
    (value): CatalogWrite => ({
      kind: 'put',
      key: keys.siteStep(restoreId, value.number),
      value,
      expect: 'any',
    }),
  )
  const isShort = steps.length <= IN_ONE_PIECE
  if (!isShort) await writeInBatches(catalog, stepWrites)
  await catalog.write([
    ...(isShort ? stepWrites : []),
    { kind: 'put', key: keys.siteRestore(restoreId), value: restore, expect: 'absent' },
    // The site point stays as long as the restore is open, and with it its members.
    {
      kind: 'put',
      key: keys.use(pointId, `siterestore#${restoreId}`),
      value: { siteRestoreId: restoreId },
      expect: 'any',
    },
    ...beside,
  ])
}

/** @throws `SITE_RESTORE_NOT_FOUND` */
export const readSiteRestore = async (
  catalog: Catalog,
  restoreId: string,
): Promise<CatalogItem<StoredRestore>> => {
  const item = await catalog.get<StoredRestore>(keys.siteRestore(restoreId))
  if (!item) throw new SiteRestoreNotFoundError(restoreId)
  return item
}

/** All steps of a restore in their order. */
export const readSiteSteps = async (
  catalog: Catalog,
  restoreId: string,
): Promise<CatalogItem<StoredStep>[]> =>
  Array.fromAsync(
    queryAll<StoredStep>(catalog, keys.siteStep(restoreId, 0).pk, { page: 500 }),
    item => item,
  )

/** @throws `SITE_STEP_REFUSED` where there is no step of that number */
export const stepNumbered = (
  steps: readonly CatalogItem<StoredStep>[],
  number: number,
): CatalogItem<StoredStep> => {
  const found = steps[number - 1]
  if (!found)
    throw new SiteStepRefusedError(
      String(number),
      `the restore has ${steps.length} steps, and none of that number.`,
      'See them with "xenkeep site restores RESTORE".',
    )
  return found
}

export const stepWrite = (item: CatalogItem<StoredStep>, value: StoredStep): CatalogWrite => ({
  kind: 'put',
  key: { pk: item.pk, sk: item.sk },
  value,
  expect: { version: item.version },
})
