import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { messageTable } from '#sim/xapi/classes/index.ts'
import { enumValues, loadDataModel, type MessageModel } from '#sim/xapi/data-model.ts'
import { createDispatcher, type Dispatcher } from '#sim/xapi/dispatcher.ts'
import type { XapiError } from '#sim/xapi/errors.ts'
import type { XapiType } from '#sim/xapi/types.ts'
import { type Wire, wireArray, wireString, wireStruct } from '#sim/xapi/wire.ts'
import { type SimulatedPool, simulatedPool } from '#test/support/simulated-pool.ts'

// The promise of this file: whatever message the simulator implements takes exactly the parameters that the official
// data model lists, refuses any other number and any other type as XAPI does, and answers with the result's type.

const model = loadDataModel()
const table = messageTable(model)
const implemented: [string, MessageModel][] = [...table.keys()].map(method => {
  const [className = '', name = ''] = method.split('.')
  const message = model.get(className)?.messages.get(name)
  if (!message) throw new Error(`${method} is implemented but not in the data model.`)
  return [method, message]
})
const live = implemented.filter(([, message]) => message.life.removed === undefined)

/** A value of the type, well formed though pointing at nothing. */
const sample = (type: XapiType): Wire => {
  switch (type.kind) {
    case 'int':
    case 'float':
      return { tag: 'int', text: '1' }
    case 'bool':
      return { tag: 'boolean', value: true }
    case 'datetime':
      return { tag: 'dateTime', text: '20260821T02:00:23Z' }
    case 'enum':
      return wireString(enumValues(model, type.name)?.[0] ?? '')
    case 'set':
      return wireArray([sample(type.of)])
    case 'map': {
      const key = sample(type.key)
      return wireStruct([['text' in key ? key.text : '', sample(type.value)]])
    }
    case 'record':
      return wireStruct(
        [...(model.get(type.of)?.fields.values() ?? [])]
          .filter(field => field.qualifier !== 'RO/runtime')
          .map(field => [field.name, sample(field.type)]),
      )
    default:
      return wireString('OpaqueRef:none')
  }
}

/** Values no parameter of the type may be. */
const wrong = (type: XapiType): Wire[] => {
  const flag: Wire = { tag: 'boolean', value: true }
  switch (type.kind) {
    case 'bool':
      return [wireString('true'), { tag: 'int', text: '1' }]
    case 'int':
    case 'float':
    case 'datetime':
      return [flag, wireString('many'), wireArray([])]
    case 'enum':
      return [flag, wireString('no such value')]
    case 'set':
    case 'map':
    case 'record':
      return [flag, wireString('')]
    default:
      return [flag, { tag: 'int', text: '1' }, wireArray([])]
  }
}

let pool: SimulatedPool
let dispatcher: Dispatcher
beforeAll(async () => {
  pool = await simulatedPool({ hosts: 2, seed: 1 })
  dispatcher = createDispatcher(pool.state, table)
})
afterAll(() => pool.close())

const call = async (
  method: string,
  params: Wire[],
  host = 0,
): Promise<Wire | readonly string[]> => {
  const target = pool.state.hosts[host]
  if (!target) throw new Error('no host')
  return dispatcher.call(target, method, params).catch((error: XapiError) => error.description)
}
const samples = (message: MessageModel) => message.params.map(p => sample(p.type))
const withSession = (message: MessageModel, session: string, params: Wire[]) =>
  message.session ? [wireString(session), ...params] : params

test('a good part of the API is served', () => {
  expect(live.length).toBeGreaterThan(650)
  expect(dispatcher.methods).toHaveLength(table.size + 1)
})

const byClass = [...Map.groupBy(live, ([, message]) => message.className)]

describe.each(byClass)('every message of %s', (_, messages) => {
  test('refuses one parameter too many or too few', async () => {
    for (const [method, message] of messages) {
      const mandatory = message.params.filter(p => p.default === undefined).length
      const counts = [message.params.length + 1, ...(mandatory > 0 ? [mandatory - 1] : [])]
      for (const count of counts) {
        const params = Array.from({ length: count }, () => wireString(''))
        expect(await call(method, withSession(message, pool.session, params))).toStrictEqual([
          'MESSAGE_PARAMETER_COUNT_MISMATCH',
          method,
          String(mandatory),
          String(count),
        ])
      }
    }
  })

  test('refuses parameters of another type', async () => {
    for (const [method, message] of messages)
      for (const [i, parameter] of message.params.entries())
        for (const value of wrong(parameter.type)) {
          const params = samples(message).with(i, value)
          const answer = await call(method, withSession(message, pool.session, params))
          const what = `${method}: ${parameter.name} as ${JSON.stringify(value)}`
          expect(answer, what).toStrictEqual([
            'INTERNAL_ERROR',
            expect.stringMatching(/Runtime_error|Dispatcher_/),
          ])
        }
  })

  test('needs a session of the coordinator', async () => {
    for (const [method, message] of messages.filter(([, m]) => m.session)) {
      const params = samples(message)
      expect(await call(method, [wireString('OpaqueRef:gone'), ...params]), method).toStrictEqual([
        'SESSION_INVALID',
        'OpaqueRef:gone',
      ])
      expect(await call(method, [wireString(pool.session), ...params], 1), method).toStrictEqual([
        'HOST_IS_SLAVE',
        '127.0.0.1',
      ])
    }
  })

  test('takes no more parameters than the data model lists', () => {
    for (const [method, message] of messages)
      expect(table.get(method)?.length, method).toBeLessThanOrEqual(message.params.length + 1)
  })
})

describe('records', () => {
  const classes = [...model.values()].filter(
    c => c.messages.has('get_all_records') && live.some(([m]) => m === `${c.name}.get_all_records`),
  )

  test.each(classes.map(c => [c.name, c] as const))(
    '%s: every field by record and by getter',
    async (name, c) => {
      const records = await pool.rpc<Record<string, Record<string, unknown>>>(
        `${name}.get_all_records`,
      )
      for (const [ref, record] of Object.entries(records)) {
        expect(Object.keys(record)).toStrictEqual([...c.fields.keys()])
        for (const field of c.fields.keys()) {
          if (c.messages.get(`get_${field}`)?.life.removed !== undefined) continue
          if (!table.has(`${name}.get_${field}`)) continue
          expect(await pool.rpc(`${name}.get_${field}`, ref)).toStrictEqual(record[field])
        }
      }
    },
  )
})

describe('what is not served', () => {
  test.each(['VM.fly', 'nothing', 'Async.VM.fly', 'vm.start', ''])(
    '%j is unknown, even without a session',
    async method => {
      expect(await call(method, [])).toStrictEqual([
        'MESSAGE_METHOD_UNKNOWN',
        method.replace('Async.', ''),
      ])
    },
  )

  test('a removed message says so after the session check', async () => {
    const two = [wireString('OpaqueRef:vm'), wireString('name')]
    expect(
      await call('VM.snapshot_with_quiesce', [wireString(pool.session), ...two]),
    ).toStrictEqual(['MESSAGE_REMOVED'])
    expect(await call('VM.snapshot_with_quiesce', [wireString('x'), ...two])).toStrictEqual([
      'SESSION_INVALID',
      'x',
    ])
  })

  test('a message of the model that the simulator lacks answers NOT_IMPLEMENTED and is not listed', async () => {
    const params = [wireString(pool.session), wireString('OpaqueRef:host')]
    expect(await call('host.dmesg', params)).toStrictEqual(['NOT_IMPLEMENTED', 'Host.dmesg'])
    expect(dispatcher.methods).not.toContain('host.dmesg')
  })
})
