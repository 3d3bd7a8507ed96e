import type { Catalog, CatalogWrite, Region } from '#core/ports.ts'

/** What a region that stands by writes too: the records of a take-over that a person asks it for, in a chain of its own. */
const isOwn = ({ key: { pk } }: CatalogWrite): boolean => pk.startsWith('AUDIT')

/**
 * A catalog that is written only where the region is the active one, whoever writes: the last line behind the refusals that are told earlier
 * and better (functions/middleware/active-region.ts).
 * @throws `REGION_STANDBY` from `write`
 */
export const activeOnly = (catalog: Catalog, region: Pick<Region, 'guardActive'>): Catalog => ({
  get: key => catalog.get(key),
  query: (pk, options) => catalog.query(pk, options),
  async write(writes) {
    if (!writes.every(isOwn)) await region.guardActive()
    await catalog.write(writes)
  },
})
