import type { SimHost, State } from '../state.ts'
import { pause } from '../wait.ts'
import type { MessageModel } from './data-model.ts'
import { asXapiError, XapiError } from './errors.ts'
import type { AnyMessage, Call } from './implementation.ts'
import { readTyped, UnmarshalError, type Value, writeTyped } from './marshal.ts'
import { coordinatorOf } from './pool-hosts.ts'
import type { Ref } from './records/index.ts'
import { type Wire, wireArray, wireString } from './wire.ts'

/** All messages the simulator implements, by `class.message`. */
export type MessageTable = ReadonlyMap<string, AnyMessage>

export interface Dispatcher {
  /** Runs one call. Throws a XapiError. */
  call(host: SimHost, method: string, params: readonly Wire[]): Promise<Wire>
  /** What system.listMethods answers: only what is really implemented, so that probing clients learn the truth. */
  readonly methods: readonly string[]
}

// XAPI offers no Async form for these classes.
const synchronousOnly = ['session', 'event', 'task', 'data_source', 'blob']

/** `VM.start` is `VM.start` but OCaml modules begin with a capital: `host.dmesg` is `Host.dmesg`. */
const moduleName = (method: string) => method.charAt(0).toUpperCase() + method.slice(1)

export const createDispatcher = (state: State, table: MessageTable): Dispatcher => {
  const find = (method: string): MessageModel => {
    const [className = '', name = ''] = method.split('.', 2)
    const message = state.model.get(className)?.messages.get(name)
    if (!message) throw new XapiError('MESSAGE_METHOD_UNKNOWN', method)
    return message
  }

  const assertCount = (method: string, { params, session }: MessageModel, received: number) => {
    const given = received - (session ? 1 : 0)
    const mandatory = params.filter(p => p.default === undefined).length
    if (given < mandatory || given > params.length)
      throw new XapiError(
        'MESSAGE_PARAMETER_COUNT_MISMATCH',
        method,
        String(mandatory),
        String(given),
      )
  }

  const readParams = (message: MessageModel, given: readonly Wire[]): Value[] => {
    try {
      return message.params.map((parameter, i) => {
        const wire = given[i]
        return wire ? readTyped(state.model, parameter.type, wire) : (parameter.default as Value)
      })
    } catch (thrown) {
      if (thrown instanceof UnmarshalError) throw new XapiError('INTERNAL_ERROR', thrown.message)
      throw thrown
    }
  }

  const checkSession = (host: SimHost, wire: Wire | undefined): Ref => {
    if (wire?.tag !== 'string')
      throw new XapiError('INTERNAL_ERROR', 'Rpc.Runtime_error("Expected a session reference")')
    const coordinator = coordinatorOf(state)
    if (host !== coordinator) throw new XapiError('HOST_IS_SLAVE', coordinator.address)
    state.sessions.check(wire.text)
    return wire.text
  }

  const work = async (method: string, message: MessageModel, call: Call, args: Value[]) => {
    const delay = state.faults.take('delay-call', method)
    if (delay) await pause(state, delay.milliseconds)
    const fault = state.faults.take('fail-call', method)
    if (fault) throw new XapiError(fault.error[0] ?? 'INTERNAL_ERROR', ...fault.error.slice(1))
    const implementation = table.get(method)
    if (!implementation) throw new XapiError('NOT_IMPLEMENTED', moduleName(method))
    const result = await implementation(call, ...args)
    return message.result.kind === 'any'
      ? (result as Wire)
      : writeTyped(state.model, message.result, result as Value)
  }

  const runAsync = (method: string, message: MessageModel, call: Call, args: Value[]): Ref => {
    const task = state.tasks.begin(`Async.${method}`, {
      session: call.session,
      host: call.host.ref,
    })
    work(method, message, { ...call, task }, args).then(
      result => state.tasks.complete(task, result),
      thrown => state.tasks.fail(task, asXapiError(thrown)),
    )
    return task
  }

  const methods = [
    'system.listMethods',
    ...[...state.model.values()].flatMap(({ name: className, messages }) =>
      [...messages.keys()].map(name => `${className}.${name}`).filter(method => table.has(method)),
    ),
  ]

  return {
    methods,
    call: async (host, fullName, params) => {
      state.runtime.calls.set(fullName, (state.runtime.calls.get(fullName) ?? 0) + 1)
      if (state.runtime.booting) throw new XapiError('HOST_STILL_BOOTING')
      const [code, ...details] = state.runtime.emergency.get(host.ref) ?? []
      if (code) throw new XapiError(code, ...details)
      if (fullName === 'system.listMethods') return wireArray(methods.map(wireString))
      const async = fullName.startsWith('Async.')
      const method = async ? fullName.slice('Async.'.length) : fullName
      const message = find(method)
      assertCount(method, message, params.length)
      const removed = message.life.removed !== undefined
      const args = removed ? [] : readParams(message, params.slice(message.session ? 1 : 0))
      const session = message.session ? checkSession(host, params[0]) : ''
      if (removed) throw new XapiError('MESSAGE_REMOVED')
      if (async && synchronousOnly.includes(message.className))
        throw new XapiError('Fault', `No async mode for this operation (rpc: ${fullName})`)

      const call: Call = { state, host, session, task: `DummyRef:|${state.newUuid()}|${method}` }
      if (!async) return work(method, message, call, args)
      return wireString(runAsync(method, message, call, args))
    },
  }
}
