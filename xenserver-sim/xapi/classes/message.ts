import type { State } from '../../state.ts'
import type { Implementation } from '../implementation.ts'
import { compileQuery } from '../query.ts'
import type { MessageRecord, Messages, Ref } from '../records/index.ts'

type Row = Readonly<MessageRecord>

const select = (state: State, wanted: (row: Row) => boolean) =>
  Object.fromEntries([...state.database.all('message')].filter(([, row]) => wanted(row)))

/** Leaves a message about an object, as XAPI does for snapshots, starts and shutdowns. */
export const leaveMessage = (
  state: State,
  name: string,
  cls: MessageRecord['cls'],
  objectUuid: string,
  body = '',
): Ref =>
  state.database.create('message', {
    name,
    priority: 5,
    cls,
    obj_uuid: objectUuid,
    timestamp: state.clock(),
    body,
  })

export const message: Implementation<Messages['message']> = {
  create: ({ state }, name, priority, cls, obj_uuid, body) =>
    state.database.create('message', {
      name,
      priority,
      cls,
      obj_uuid,
      timestamp: state.clock(),
      body,
    }),
  destroy: ({ state }, self) => state.database.remove('message', self),
  destroy_many: ({ state }, messages) => {
    for (const ref of messages) state.database.remove('message', ref)
  },
  get: ({ state }, cls, obj_uuid, since) =>
    select(state, r => r.cls === cls && r.obj_uuid === obj_uuid && r.timestamp > since) as never,
  get_all: ({ state }) => [...state.database.all('message').keys()],
  get_since: ({ state }, since) => select(state, r => r.timestamp > since) as never,
  get_record: ({ state }, self) => state.database.get('message', self) as never,
  get_by_uuid: ({ state }, uuid) => state.database.byUuid('message', uuid),
  get_all_records: ({ state }) => select(state, () => true) as never,
  get_all_records_where: ({ state }, expr) =>
    select(state, compileQuery(expr) as unknown as (row: Row) => boolean) as never,
}
