import { NULL_REF } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import { vtpmContentsOf } from '../../xapi/classes/vtpm.ts'
import { type Value, writeTyped } from '../../xapi/marshal.ts'
import type { Ref } from '../../xapi/records/index.ts'
import { type Wire, wireArray, wireString, wireStruct } from '../../xapi/wire.ts'
import { writeValue } from '../../xapi/xmlrpc.ts'
import { blanked, type Row } from './blanked-fields.ts'
import { ovaVersion } from './ova-version.ts'
import type { ExportedObject, Related } from './related-objects.ts'
import { rewriteReferences } from './rewrite-references.ts'

/** Fields that keep the references of the source pool; importers ignore them. */
const keptReferences = ['VDI.snapshot_of', 'VDI.snapshots', 'VDI.parent', 'VDI.crash_dumps']

export interface Ova {
  xml: string
  /** `Ref:n` for each exported object. */
  ids: ReadonlyMap<Ref, string>
}

/** The text of ova.xml. @param firstId where the numbering starts; XAPI counts on through the life of its process */
export function writeOva(
  state: State,
  { objects }: Related,
  preservePowerState: boolean,
  firstId: number,
): Ova {
  const ids = new Map(objects.map(({ ref }, i) => [ref, `Ref:${firstId + i}`]))
  const entries = objects.map(object => {
    const snapshot =
      object.className === 'VTPM'
        ? vtpmSnapshot(state, object.ref, ids)
        : snapshotOf(state, object, ids, preservePowerState)
    return wireStruct([
      ['class', wireString(object.className)],
      ['id', wireString(ids.get(object.ref) ?? '')],
      ['snapshot', snapshot],
    ])
  })
  const document = wireStruct([
    ['version', ovaVersion(state)],
    ['objects', wireArray(entries)],
  ])
  return { xml: writeValue(document), ids }
}

function snapshotOf(
  { model, database }: State,
  { className, ref }: ExportedObject,
  ids: ReadonlyMap<Ref, string>,
  preservePowerState: boolean,
): Wire {
  const stored = database.get(className, ref) as unknown as Row
  const record = blanked(model, className, stored, preservePowerState)
  const lookup = (target: string) => ids.get(target) ?? NULL_REF
  const fields = [...(model.get(className)?.fields.values() ?? [])]
  return wireStruct(
    fields.map(({ name, type }) => {
      const kept = keptReferences.includes(`${className}.${name}`)
      const value = record[name] as Value
      return [name, writeTyped(model, type, kept ? value : rewriteReferences(type, value, lookup))]
    }),
  )
}

/** A vTPM's members carry the name of the OCaml record they come from, and the content beside them. */
function vtpmSnapshot(state: State, ref: Ref, ids: ReadonlyMap<Ref, string>): Wire {
  const vtpm = state.database.get('VTPM', ref)
  const content = vtpmContentsOf(state).get(ref) ?? ''
  return wireStruct([
    ["vTPM'_VM", wireString(ids.get(vtpm.VM) ?? NULL_REF)],
    ["vTPM'_uuid", wireString(vtpm.uuid)],
    ["vTPM'_is_unique", { tag: 'boolean', value: vtpm.is_unique }],
    ["vTPM'_is_protected", { tag: 'boolean', value: vtpm.is_protected }],
    ["vTPM'_content", wireString(content)],
  ])
}
