import type { ClassModel, FieldModel, MessageModel } from './data-model.ts'
import { XapiError } from './errors.ts'
import type { AnyMessage, Call } from './implementation.ts'
import type { Value } from './marshal.ts'
import { compileQuery } from './query.ts'
import type { ClassName, Ref } from './records/index.ts'

type Row = Readonly<Record<string, Value>>

const rows = (call: Call, className: ClassName) =>
  call.state.database.all(className) as unknown as ReadonlyMap<Ref, Row>
const row = (call: Call, className: ClassName, ref: Ref) =>
  call.state.database.get(className, ref) as unknown as Row
const change = (call: Call, className: ClassName, ref: Ref, field: string, value: Value) =>
  call.state.database.update(className, ref, { [field]: value })

const wholeClass = (className: ClassName): Record<string, AnyMessage> => ({
  get_all: call => [...rows(call, className).keys()],
  get_all_records: call => Object.fromEntries(rows(call, className)),
  get_all_records_where: (call, expression) => {
    const matches = compileQuery(expression as string)
    return Object.fromEntries([...rows(call, className)].filter(([, record]) => matches(record)))
  },
  get_record: (call, self) => row(call, className, self as Ref),
  get_by_uuid: (call, uuid) => call.state.database.byUuid(className, uuid as string),
  get_by_name_label: (call, label) =>
    [...rows(call, className)].filter(([, r]) => r.name_label === label).map(([ref]) => ref),
})

const addToMap =
  (className: ClassName, field: string): AnyMessage =>
  (call, self, key, value) => {
    const record = row(call, className, self as Ref)
    const map = record[field] as Record<string, Value>
    if (Object.hasOwn(map, key as string))
      throw new XapiError(
        'MAP_DUPLICATE_KEY',
        className,
        field,
        record.uuid as string,
        key as string,
      )
    change(call, className, self as Ref, field, { ...map, [key as string]: value as Value })
  }

const removeFromMap =
  (className: ClassName, field: string): AnyMessage =>
  (call, self, key) => {
    const map = row(call, className, self as Ref)[field] as Record<string, Value>
    const left = Object.entries(map).filter(([k]) => k !== key)
    change(call, className, self as Ref, field, Object.fromEntries(left))
  }

const addToSet =
  (className: ClassName, field: string): AnyMessage =>
  (call, self, value) => {
    const set = row(call, className, self as Ref)[field] as Value[]
    if (!set.includes(value as Value))
      change(call, className, self as Ref, field, [...set, value as Value])
  }

const removeFromSet =
  (className: ClassName, field: string): AnyMessage =>
  (call, self, value) => {
    const set = row(call, className, self as Ref)[field] as Value[]
    change(
      call,
      className,
      self as Ref,
      field,
      set.filter(v => v !== value),
    )
  }

const accessors = (className: ClassName, field: FieldModel): [string, AnyMessage][] => {
  const { name, type, qualifier } = field
  const get: [string, AnyMessage] = [
    `get_${name}`,
    (call, self) => row(call, className, self as Ref)[name],
  ]
  if (qualifier !== 'RW') return [get]
  const set: [string, AnyMessage] = [
    `set_${name}`,
    (call, self, value) => change(call, className, self as Ref, name, value as Value),
  ]
  if (type.kind === 'map')
    return [
      get,
      set,
      [`add_to_${name}`, addToMap(className, name)],
      [`remove_from_${name}`, removeFromMap(className, name)],
    ]
  if (type.kind === 'set')
    return [
      get,
      set,
      [`add_${name}`, addToSet(className, name)],
      [`remove_${name}`, removeFromSet(className, name)],
    ]
  return [get, set]
}

/** What XAPI generates for a class from its fields, as far as the data model lists it for the class. */
export const generatedMessages = (model: ClassModel): Map<string, AnyMessage> => {
  const className = model.name as ClassName
  const all = new Map<string, AnyMessage>([
    ...Object.entries(wholeClass(className)),
    ...[...model.fields.values()].flatMap(field => accessors(className, field)),
  ])
  const listed = (message: MessageModel | undefined) => message?.implicit === true
  return new Map([...all].filter(([name]) => listed(model.messages.get(name))))
}
