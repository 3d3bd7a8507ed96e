import { readFileSync } from 'node:fs'
import { parseType, type XapiType } from './types.ts'

/** When a class member came and went, by release name. */
interface Lifecycle {
  readonly published?: string
  readonly deprecated?: string
  readonly removed?: string
}

export interface FieldModel {
  readonly name: string
  readonly type: XapiType
  /** RW has generated setters, `RO/constructor` can be given to `create`, `RO/runtime` is the server's own. */
  readonly qualifier: 'RW' | 'RO/constructor' | 'RO/runtime'
  readonly default?: string
  readonly life: Lifecycle
}

interface ParameterModel {
  readonly name: string
  readonly type: XapiType
  /** Present when callers may leave the parameter out (only ever at the end of the list). */
  readonly default?: unknown
}

export interface MessageModel {
  readonly className: string
  readonly name: string
  /** Without the leading session reference. */
  readonly params: readonly ParameterModel[]
  readonly result: XapiType
  /** False for the logins, which have no session yet. */
  readonly session: boolean
  readonly errors: readonly string[]
  /** True for what XAPI generates from the fields, and for plain `create` and `destroy`. */
  readonly implicit: boolean
  readonly life: Lifecycle
}

export interface ClassModel {
  readonly name: string
  readonly enums: Readonly<Record<string, readonly string[]>>
  readonly fields: ReadonlyMap<string, FieldModel>
  readonly messages: ReadonlyMap<string, MessageModel>
}

export type DataModel = ReadonlyMap<string, ClassModel>

interface RawField {
  type: string
  qualifier: FieldModel['qualifier']
  default?: string
  life?: Lifecycle
}
interface RawMessage {
  params: { name: string; type: string; default?: unknown }[]
  result: string
  session?: boolean
  errors?: string[]
  implicit?: boolean
  life?: Lifecycle
}
interface RawClass {
  enums: Record<string, string[]>
  fields: Record<string, RawField>
  messages: Record<string, RawMessage>
}

const message = (className: string, name: string, raw: RawMessage): MessageModel => ({
  className,
  name,
  params: raw.params.map(p => ({ ...p, type: parseType(p.type) })),
  result: parseType(raw.result),
  session: raw.session ?? true,
  errors: raw.errors ?? [],
  implicit: raw.implicit ?? false,
  life: raw.life ?? {},
})

// Served by every real host but hidden from the published model.
const hidden: Record<string, Record<string, RawMessage>> = {
  VTPM: {
    get_contents: { params: [{ name: 'self', type: 'VTPM ref' }], result: 'string' },
    set_contents: {
      params: [
        { name: 'self', type: 'VTPM ref' },
        { name: 'contents', type: 'string' },
      ],
      result: 'void',
    },
  },
}

const classModel = (name: string, raw: RawClass): ClassModel => {
  const messages = new Map(
    Object.entries({ ...raw.messages, ...hidden[name] }).map(([n, m]) => [n, message(name, n, m)]),
  )
  // The model hides the query form of get_all_records, which exists wherever that does.
  if (messages.has('get_all_records') && !messages.has('get_all_records_where'))
    messages.set(
      'get_all_records_where',
      message(name, 'get_all_records_where', {
        params: [{ name: 'expr', type: 'string' }],
        result: `(${name} ref -> ${name} record) map`,
        implicit: true,
        ...(raw.messages.get_all_records?.life ? { life: raw.messages.get_all_records.life } : {}),
      }),
    )
  return {
    name,
    enums: raw.enums,
    fields: new Map(
      Object.entries(raw.fields).map(([n, f]) => [
        n,
        { ...f, name: n, type: parseType(f.type), life: f.life ?? {} },
      ]),
    ),
    messages,
  }
}

/** Reads `datamodel.json`: the classes of xapi 24.16 with fields, messages, errors and life cycles. */
export const loadDataModel = (): DataModel => {
  const text = readFileSync(new URL('datamodel.json', import.meta.url), 'utf8')
  const raw: Record<string, RawClass> = JSON.parse(text)
  return new Map(Object.entries(raw).map(([name, c]) => [name, classModel(name, c)]))
}

/** The values an enumeration may take, or undefined for one the model does not list. */
export const enumValues = (model: DataModel, name: string): readonly string[] | undefined => {
  for (const c of model.values()) if (c.enums[name]) return c.enums[name]
  return undefined
}
