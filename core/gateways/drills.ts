import { keys } from '../catalog/keys.ts'
import type { DrillRecord } from '../contracts/guests-api.ts'
import type { Catalog } from '../ports.ts'

/** The last drill of each recipe on a guest. */
export const readDrills = async (catalog: Catalog, guestUuid: string): Promise<DrillRecord[]> =>
  (await catalog.query<DrillRecord>(keys.drill(guestUuid, '').pk)).items.map(({ value }) => value)

/** Keeps a drill, in place of an earlier one of the same recipe. */
export const keepDrill = async (
  catalog: Catalog,
  guestUuid: string,
  value: DrillRecord,
): Promise<void> =>
  catalog.write([{ kind: 'put', key: keys.drill(guestUuid, value.recipe), value, expect: 'any' }])
