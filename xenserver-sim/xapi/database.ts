import { isDeepStrictEqual } from 'node:util'
import { NULL_REF, refOf } from '../identifiers.ts'
import type { DataModel } from './data-model.ts'
import { defaultValue } from './defaults.ts'
import { XapiError } from './errors.ts'
import type { Value } from './marshal.ts'
import type { ClassName, Records, Ref } from './records/index.ts'
import { relations } from './relations.ts'

export type Operation = 'add' | 'mod' | 'del'

interface Change {
  readonly className: ClassName
  readonly ref: Ref
  readonly operation: Operation
  /** The database generation after the change. */
  readonly generation: number
}

type Row = Record<string, Value>

/**
 * The pool's records. Rows are replaced, never changed in place, so a row once read stays as it was. Both sides of a
 * relation (relations.ts) are kept in step, and each side counts as modified, as in XAPI.
 */
export interface Database {
  generation(): number
  /** Adds a row; fields not given take the data model's defaults. Returns its reference. */
  create<C extends ClassName>(className: C, fields: Partial<Records[C]> & { uuid?: string }): Ref
  /** Throws HANDLE_INVALID [class, ref]. */
  get<C extends ClassName>(className: C, ref: Ref): Readonly<Records[C]>
  find<C extends ClassName>(className: C, ref: Ref): Readonly<Records[C]> | undefined
  all<C extends ClassName>(className: C): ReadonlyMap<Ref, Readonly<Records[C]>>
  /** Throws UUID_INVALID [class, uuid]. */
  byUuid(className: ClassName, uuid: string): Ref
  /** Changes the fields given; a change to what is there already is none. Throws HANDLE_INVALID. */
  update<C extends ClassName>(className: C, ref: Ref, fields: Partial<Records[C]>): void
  /** Counts the row as modified although nothing changed (event.inject). */
  touch(className: ClassName, ref: Ref): void
  remove(className: ClassName, ref: Ref): void
  /** Calls the listener after every change until the returned function is called. */
  onChange(listener: (change: Change) => void): () => void
}

export const createDatabase = (model: DataModel, newUuid: () => string): Database => {
  const tables = new Map<ClassName, Map<Ref, Row>>()
  for (const name of model.keys()) tables.set(name as ClassName, new Map())
  const listeners = new Set<(change: Change) => void>()
  let generation = 1

  const table = (className: ClassName) => {
    const found = tables.get(className)
    if (!found) throw new XapiError('INTERNAL_ERROR', `No table ${className}`)
    return found
  }
  const row = (className: ClassName, ref: Ref) => {
    const found = table(className).get(ref)
    if (!found) throw new XapiError('HANDLE_INVALID', className, ref)
    return found
  }
  const announce = (className: ClassName, ref: Ref, operation: Operation) => {
    generation++
    for (const listener of listeners) listener({ className, ref, operation, generation })
  }

  const relate = (
    className: ClassName,
    ref: Ref,
    before: Row | undefined,
    after: Row | undefined,
  ) => {
    for (const { from, field, to, set } of relations) {
      if (from !== className || before?.[field] === after?.[field]) continue
      const leaves = before?.[field] as Ref | undefined
      const joins = after?.[field] as Ref | undefined
      if (leaves) setMembers(to, leaves, set, members => members.filter(m => m !== ref))
      if (joins) setMembers(to, joins, set, members => [...members, ref])
    }
  }
  const setMembers = (
    className: ClassName,
    ref: Ref,
    set: string,
    change: (members: Ref[]) => Ref[],
  ) => {
    const parent = table(className).get(ref)
    if (!parent) return
    table(className).set(ref, { ...parent, [set]: change(parent[set] as Ref[]) })
    announce(className, ref, 'mod')
  }

  const database: Database = {
    generation: () => generation,
    create: (className, fields) => {
      const uuid = fields.uuid ?? newUuid()
      const ref = refOf(uuid)
      const created: Row = {}
      for (const field of model.get(className)?.fields.values() ?? [])
        created[field.name] = (fields as Row)[field.name] ?? defaultValue(model, field)
      created.uuid = uuid
      // Sets that a relation keeps are not what a record for `create` said: a VM that was destroyed and comes back has its snapshots.
      for (const { from, field, to, set } of relations)
        if (to === className)
          created[set] = [...table(from)].filter(([, row]) => row[field] === ref).map(([r]) => r)
      table(className).set(ref, created)
      announce(className, ref, 'add')
      relate(className, ref, undefined, created)
      return ref
    },
    get: <C extends ClassName>(className: C, ref: Ref) =>
      row(className, ref) as unknown as Readonly<Records[C]>,
    find: <C extends ClassName>(className: C, ref: Ref) =>
      table(className).get(ref) as unknown as Readonly<Records[C]> | undefined,
    all: <C extends ClassName>(className: C) =>
      table(className) as unknown as ReadonlyMap<Ref, Readonly<Records[C]>>,
    byUuid: (className, uuid) => {
      const ref = refOf(uuid)
      if (uuid === '' || ref === NULL_REF || !table(className).has(ref))
        throw new XapiError('UUID_INVALID', className, uuid)
      return ref
    },
    update: (className, ref, fields) => {
      const before = row(className, ref)
      const after = { ...before, ...(fields as Row) }
      if (isDeepStrictEqual(before, after)) return
      table(className).set(ref, after)
      announce(className, ref, 'mod')
      relate(className, ref, before, after)
    },
    touch: (className, ref) => {
      row(className, ref)
      announce(className, ref, 'mod')
    },
    remove: (className, ref) => {
      const before = row(className, ref)
      table(className).delete(ref)
      announce(className, ref, 'del')
      relate(className, ref, before, undefined)
    },
    onChange: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return database
}
