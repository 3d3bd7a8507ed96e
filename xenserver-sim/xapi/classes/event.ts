import type { State } from '../../state.ts'
import { nextChange, pause } from '../../wait.ts'
import type { MergedChange } from '../change-log.ts'
import { XapiError } from '../errors.ts'
import type { Implementation } from '../implementation.ts'
import { type Value, writeRecord } from '../marshal.ts'
import type { ClassName, Messages, Ref } from '../records/index.ts'
import { type Wire, wireArray, wireString, wireStruct } from '../wire.ts'

type Subscription = (className: string, ref: Ref) => boolean

/** `*`, a class, or `class/OpaqueRef:…`; class names in any case. */
const subscription = (text: string): Subscription => {
  if (text === '*') return () => true
  const [className = '', ref, ...more] = text.split('/')
  if (more.length > 0 || className === '')
    throw new XapiError('EVENT_SUBSCRIPTION_PARSE_FAILURE', text)
  const wanted = className.toLowerCase()
  return (name, object) => name.toLowerCase() === wanted && (ref === undefined || ref === object)
}

const anyOf =
  (subscriptions: readonly Subscription[]): Subscription =>
  (className, ref) =>
    subscriptions.some(s => s(className, ref))

// The second half is XAPI's counter of messages; here messages are rows like any other.
const formatToken = (generation: number) =>
  `${String(generation).padStart(20, '0')},${'0'.repeat(20)}`

const parseToken = (token: string): number => {
  if (token === '') return 0
  const found = /^(\d+),(\d+)$/.exec(token)
  if (!found) throw new XapiError('EVENT_FROM_TOKEN_PARSE_FAILURE', token)
  return Number(found[1])
}

const withoutEvents: readonly string[] = ['session', 'event', 'vdi_nbd_server_info']

const relevant = (state: State, generation: number, wants: Subscription): MergedChange[] =>
  state.changes
    .since(generation)
    .filter(c => !withoutEvents.includes(c.className) && wants(c.className, c.ref))

const eventWire = (state: State, change: MergedChange): Wire => {
  const row = state.database.find(change.className, change.ref)
  return wireStruct([
    ['id', { tag: 'int', text: String(change.generation) }],
    ['timestamp', wireString('0.0')],
    ['class', wireString(change.className.toLowerCase())],
    ['operation', wireString(change.operation)],
    ['ref', wireString(change.ref)],
    ...(row && change.operation !== 'del'
      ? [
          [
            'snapshot',
            writeRecord(state.model, change.className, row as unknown as Record<string, Value>),
          ] as const,
        ]
      : []),
  ])
}

const validRefCounts = (state: State, wants: Subscription): Wire =>
  wireStruct(
    [...state.model.keys()]
      .filter(name => !withoutEvents.includes(name))
      .filter(
        name =>
          wants(name, '') ||
          [...state.database.all(name as ClassName).keys()].some(ref => wants(name, ref)),
      )
      .map(name => [
        name.toLowerCase(),
        { tag: 'i4', text: String(state.database.all(name as ClassName).size) },
      ]),
  )

/** Messages first, then what was added, changed and deleted. */
const inOrder = (changes: readonly MergedChange[]) => [
  ...changes.filter(c => c.className === 'message'),
  ...changes.filter(c => c.className !== 'message'),
]

// The deprecated calls: one subscription per session, lost with it.
const registered = new WeakMap<State, Map<Ref, { classes: string[]; generation: number }>>()
const registrations = (state: State) => {
  const found = registered.get(state) ?? new Map()
  registered.set(state, found)
  return found
}

export const event: Implementation<Messages['event']> = {
  from: async ({ state, session }, classes, token, timeout) => {
    const wants = anyOf(classes.map(subscription))
    const told = parseToken(token)
    const since = state.faults.take('repeat-events') ? 0 : told
    const deadline = performance.now() + timeout * 1000
    let changes = relevant(state, since, wants)
    while (changes.length === 0) {
      const left = deadline - performance.now()
      if (left <= 0) break
      await nextChange(state, left)
      state.sessions.check(session)
      if (relevant(state, since, wants).length === 0) continue
      await pause(state, state.timing.eventBatching)
      changes = relevant(state, since, wants)
    }
    const generation = state.database.generation()
    return wireStruct([
      ['events', wireArray(inOrder(changes).map(change => eventWire(state, change)))],
      ['valid_ref_counts', validRefCounts(state, wants)],
      ['token', wireString(formatToken(generation))],
    ])
  },
  inject: ({ state }, className, ref) => {
    const name = [...state.model.keys()].find(n => n.toLowerCase() === className.toLowerCase())
    if (!name) throw new XapiError('HANDLE_INVALID', className, ref)
    const before = state.database.generation()
    state.database.touch(name as ClassName, ref)
    return formatToken(before)
  },
  get_current_id: ({ state }) => state.database.generation(),
  register: ({ state, session }, classes) => {
    for (const text of classes) subscription(text)
    const known = registrations(state).get(session)
    registrations(state).set(session, {
      classes: [...(known?.classes ?? []), ...classes],
      generation: known?.generation ?? state.database.generation(),
    })
  },
  unregister: ({ state, session }, classes) => {
    const known = registrations(state).get(session)
    if (known) known.classes = known.classes.filter((c: string) => !classes.includes(c))
  },
  next: async ({ state, session }) => {
    const known = registrations(state).get(session)
    if (!known) throw new XapiError('SESSION_NOT_REGISTERED', session)
    for (;;) {
      const changes = relevant(state, known.generation, anyOf(known.classes.map(subscription)))
      if (changes.length > 0) {
        known.generation = state.database.generation()
        return wireArray(changes.map(change => eventWire(state, change)))
      }
      await nextChange(state, 30_000)
      state.sessions.check(session)
    }
  },
}
