import type { State } from '../../state.ts'
import { defaultValue } from '../../xapi/defaults.ts'
import { XapiError } from '../../xapi/errors.ts'
import { readTyped } from '../../xapi/marshal.ts'
import type { Records } from '../../xapi/records/index.ts'
import type { Wire } from '../../xapi/wire.ts'
import { readValueText } from '../../xapi/xmlrpc.ts'
import type { Row } from './blanked-fields.ts'
import { type ExportedClass, exportedClasses } from './exported-classes.ts'
import type { XapiVersion } from './ova-version.ts'

interface ImportedObject<C extends ExportedClass> {
  id: string
  record: Records[C]
}

interface ImportedVtpm {
  id: string
  vm: string
  uuid: string
  isUnique: boolean
  isProtected: boolean
  content: string
}

export interface OvaObjects {
  version: XapiVersion
  /** 0 = no checksums beside the chunks, 2 = one beside every chunk. */
  exportVersion: number
  of<C extends Exclude<ExportedClass, 'VTPM'>>(className: C): ImportedObject<C>[]
  vtpms: ImportedVtpm[]
}

/** Takes ova.xml apart; members that are missing take the data model's defaults. @throws IMPORT_ERROR */
export function readOvaObjects(state: State, xml: string): OvaObjects {
  try {
    return takeApart(state, xml)
  } catch (error) {
    throw new XapiError('IMPORT_ERROR', (error as Error).message)
  }
}

function takeApart(state: State, xml: string): OvaObjects {
  const document = membersOf(readValueText(xml))
  const version = membersOf(document.version)
  const objects = itemsOf(document.objects).map(membersOf)
  const inClass = (className: ExportedClass) =>
    objects.filter(object => textOf(object.class) === className)
  const parsed = new Map<ExportedClass, { id: string; record: Row }[]>(
    exportedClasses
      .filter(className => className !== 'VTPM')
      .map(className => [
        className,
        inClass(className).map(({ id, snapshot }) => ({
          id: textOf(id),
          record: readRecord(state, className, membersOf(snapshot)),
        })),
      ]),
  )
  return {
    version: [numberOf(version.xapi_major), numberOf(version.xapi_minor)],
    exportVersion: numberOf(version.export_vsn),
    of: <C extends Exclude<ExportedClass, 'VTPM'>>(className: C) =>
      (parsed.get(className) ?? []) as unknown as ImportedObject<C>[],
    vtpms: inClass('VTPM').map(({ id, snapshot }) => readVtpm(textOf(id), membersOf(snapshot))),
  }
}

function readRecord({ model }: State, className: ExportedClass, members: Members): Row {
  const fields = [...(model.get(className)?.fields.values() ?? [])]
  return Object.fromEntries(
    fields.map(field => {
      const member = members[field.name]
      return [
        field.name,
        member ? readTyped(model, field.type, member) : defaultValue(model, field),
      ]
    }),
  )
}

const readVtpm = (id: string, members: Members): ImportedVtpm => ({
  id,
  vm: textOf(members["vTPM'_VM"]),
  uuid: textOf(members["vTPM'_uuid"]),
  isUnique: flagOf(members["vTPM'_is_unique"]),
  isProtected: flagOf(members["vTPM'_is_protected"]),
  content: textOf(members["vTPM'_content"]),
})

type Members = Record<string, Wire | undefined>

const membersOf = (wire: Wire | undefined): Members => {
  if (wire?.tag !== 'struct') throw new Error('ova.xml does not hold the struct expected.')
  return Object.fromEntries(wire.members)
}
const itemsOf = (wire: Wire | undefined) => {
  if (wire?.tag !== 'array') throw new Error('ova.xml holds no array of objects.')
  return wire.items
}
const textOf = (wire: Wire | undefined) => (wire && 'text' in wire ? wire.text : '')
const numberOf = (wire: Wire | undefined) => Number(textOf(wire) || 0)
const flagOf = (wire: Wire | undefined) => wire?.tag === 'boolean' && wire.value
