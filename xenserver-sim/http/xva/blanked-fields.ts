import { NULL_REF } from '../../identifiers.ts'
import type { DataModel } from '../../xapi/data-model.ts'
import { defaultValue } from '../../xapi/defaults.ts'
import type { Value } from '../../xapi/marshal.ts'
import type { ExportedClass } from './exported-classes.ts'

export type Row = Record<string, Value>

const never = new Date(0)

const always: Partial<Record<ExportedClass, Row>> = {
  VM: {
    is_a_snapshot: false,
    snapshot_of: NULL_REF,
    snapshots: [],
    snapshot_time: never,
    transportable_snapshot_id: '',
    parent: NULL_REF,
    children: [],
    consoles: [],
    crash_dumps: [],
    blobs: {},
    appliance: NULL_REF,
  },
  VBD: { metrics: NULL_REF },
  VIF: { metrics: NULL_REF },
  network: { PIFs: [], blobs: {} },
  SR: { PBDs: [], blobs: {} },
  VDI: { VBDs: [] },
}

const withoutPower: Partial<Record<ExportedClass, Row>> = {
  VM: { power_state: 'Halted', suspend_VDI: NULL_REF, resident_on: NULL_REF },
  VBD: { currently_attached: false },
  VIF: { currently_attached: false },
}

const hostFields = ['uuid', 'name_label', 'name_description', 'hostname', 'address']

/**
 * The record as an archive shows it. The template flag stays as it is: an exported snapshot comes back as a template
 * unless somebody cleared it before.
 */
export function blanked(
  model: DataModel,
  className: ExportedClass,
  record: Readonly<Row>,
  preservePowerState: boolean,
): Row {
  const fields = [...(model.get(className)?.fields.values() ?? [])]
  const locks: Row = { current_operations: {}, allowed_operations: [] }
  if (className !== 'host') {
    const power = preservePowerState ? {} : withoutPower[className]
    const whole = { ...record, ...locks, ...always[className], ...power }
    return Object.fromEntries(fields.map(({ name }) => [name, whole[name] as Value]))
  }
  // Of a host little more than its identity is kept.
  return Object.fromEntries(
    fields.map(field => [
      field.name,
      hostFields.includes(field.name) ? (record[field.name] as Value) : defaultValue(model, field),
    ]),
  )
}
