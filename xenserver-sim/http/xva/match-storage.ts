import { XapiError } from '../../xapi/errors.ts'
import type { ImportedObjects, ImportJob } from './import-plan.ts'
import type { OvaObjects } from './read-ova-objects.ts'

/**
 * Finds the disks of an archive that holds no data: by the map of the request, else by SR and location.
 * @throws VDI_LOCATION_MISSING unless forced
 */
export function matchStorage(
  { context, force }: ImportJob,
  ova: OvaObjects,
  objects: ImportedObjects,
  map: ReadonlyMap<string, string>,
): void {
  const { database } = context.state
  const srs = new Map<string, string>()
  for (const { id, record } of ova.of('SR')) {
    srs.set(id, record.uuid)
    const local = [...database.all('SR')].find(([, sr]) => sr.uuid === record.uuid)
    if (local) objects.set(id, local[0])
  }
  const vdis = [...database.all('VDI')]
  for (const { id, record } of ova.of('VDI')) {
    const wanted = map.get(record.uuid)
    const found = vdis.find(([, vdi]) =>
      wanted === undefined
        ? vdi.location === record.location && database.get('SR', vdi.SR).uuid === srs.get(record.SR)
        : vdi.uuid === wanted,
    )
    if (found) objects.set(id, found[0])
    else if (!force)
      throw new XapiError('VDI_LOCATION_MISSING', srs.get(record.SR) ?? '', record.location)
  }
}
