import { NULL_REF } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import { removeVdi } from '../../xapi/classes/vdi-copies.ts'
import type { Ref, VDIRecord } from '../../xapi/records/index.ts'
import type { ImportedObjects, ImportJob } from './import-plan.ts'
import type { OvaObjects } from './read-ova-objects.ts'

const VHD_BLOCK = 2 * 1024 * 1024 // VHD repositories round sizes up to whole blocks

/** New disks in the chosen SR for everything whose data the archive holds; CDs are looked for in the ISO libraries. */
export function importStorage(job: ImportJob, ova: OvaObjects, objects: ImportedObjects): void {
  const { state } = job.context
  for (const { id, record } of ova.of('SR')) {
    const local = [...state.database.all('SR')].find(([, sr]) => sr.uuid === record.uuid)
    if (local) objects.set(id, local[0])
  }
  const data = dataDisks(ova)
  for (const { id, record } of ova.of('VDI')) {
    if (!data.has(id)) objects.set(id, findIso(state, record.location))
    else {
      const vdi = createDisk(job, record)
      objects.set(id, vdi)
      objects.disks.push({ directory: id, vdi, size: record.virtual_size })
      objects.onFailure(() => removeVdi(state, vdi))
    }
  }
}

/** Every disk of a VBD that is no CD and lies in no ISO library, and every memory image. */
function dataDisks(ova: OvaObjects): Set<string> {
  const isoSrs = new Set(
    ova.of('SR').flatMap(({ id, record }) => (record.content_type === 'iso' ? [id] : [])),
  )
  const inDrives = new Set(
    ova.of('VBD').flatMap(({ record }) => (record.type === 'CD' ? [] : [record.VDI])),
  )
  const wanted = ova
    .of('VDI')
    .filter(
      ({ id, record }) => record.type === 'suspend' || (inDrives.has(id) && !isoSrs.has(record.SR)),
    )
  return new Set(wanted.map(({ id }) => id))
}

function createDisk({ context, sr }: ImportJob, record: VDIRecord): Ref {
  const { state } = context
  const { name_label, name_description, type, sharable, other_config, xenstore_data, tags } = record
  const uuid = state.newUuid()
  const virtual_size = Math.ceil(record.virtual_size / VHD_BLOCK) * VHD_BLOCK
  state.disks.createEmpty(uuid, virtual_size)
  return state.database.create('VDI', {
    name_label,
    name_description,
    type,
    sharable,
    other_config,
    xenstore_data,
    tags,
    uuid,
    SR: sr,
    location: uuid,
    virtual_size,
    managed: true,
    physical_utilisation: state.disks.physicalUtilisation(uuid),
    sm_config: { vdi_type: 'vhd' },
  })
}

function findIso(state: State, location: string): Ref {
  const found = [...state.database.all('VDI')].find(
    ([, vdi]) =>
      vdi.location === location && state.database.get('SR', vdi.SR).content_type === 'iso',
  )
  return found?.[0] ?? NULL_REF
}
