import type { IncomingMessage, ServerResponse } from 'node:http'
import { damageDisk } from './control/damage.ts'
import { destroyAsAdministrator } from './control/destroy-vm.ts'
import { changeGuest } from './control/guest.ts'
import { guestDisk } from './control/guest-disk.ts'
import { guestApply, guestWrite } from './control/guest-write.ts'
import { hostByUuid, killHost, reviveHost } from './control/host-death.ts'
import { restartToolstack } from './control/restart.ts'
import { plugStorage } from './control/storage-plug.ts'
import type { Fault } from './faults/faults.ts'
import { authenticateRequest } from './http/authenticate.ts'
import type { Extra } from './http/server.ts'
import type { StreamLimits } from './limits.ts'
import type { GuestBehaviour, State } from './state.ts'
import { asXapiError, XapiError } from './xapi/errors.ts'

interface Request {
  readonly state: State
  readonly query: URLSearchParams
  readonly body: IncomingMessage
  /** Runs something once the answer has left. */
  readonly afterAnswer: (work: () => void) => void
}
type Action = (request: Request) => Promise<unknown>

const MIB = 1024 * 1024

const number = (query: URLSearchParams, name: string, fallback?: number): number => {
  const text = query.get(name)
  if (text === null && fallback !== undefined) return fallback
  if (text === null || !/^\d+$/.test(text))
    throw new XapiError('FIELD_TYPE_ERROR', `${name} is a whole number`)
  return Number(text)
}

const readJson = async (body: IncomingMessage): Promise<unknown> => {
  const parts: Buffer[] = []
  for await (const part of body) parts.push(part)
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch {
    throw new XapiError('FIELD_TYPE_ERROR', 'the body is no JSON')
  }
}

const readLimits = (given: unknown): Partial<StreamLimits> => {
  const known = ['bytesPerSecond', 'latencyMilliseconds']
  const limits = Object.entries((given ?? {}) as Record<string, unknown>)
  for (const [name, value] of limits)
    if (!known.includes(name) || typeof value !== 'number' || !(value >= 0))
      throw new XapiError('FIELD_TYPE_ERROR', `${known.join(' and ')} are numbers from 0 on`)
  return Object.fromEntries(limits)
}

const actions: Readonly<Record<string, Action>> = {
  'POST /sim/guest-write': async ({ state, query, body }) => ({
    written: await guestWrite(state, guestDisk(state, query), number(query, 'offset'), body),
  }),
  'POST /sim/guest-apply': async ({ state, query, body }) => ({
    written: await guestApply(state, guestDisk(state, query), body),
  }),
  'POST /sim/damage': async ({ state, query }) => ({
    damaged: await damageDisk(state, guestDisk(state, query), {
      offset: number(query, 'offset', 0),
      length: number(query, 'length', 4 * MIB),
      seed: number(query, 'seed', 1),
    }),
  }),
  'POST /sim/guest-boot': async ({ state, body }) => {
    state.runtime.guestBoot = (await readJson(body)) as State['runtime']['guestBoot']
    return state.runtime.guestBoot
  },
  'POST /sim/lose-cbt': async ({ state, query }) => {
    state.disks.markCbtInconsistent(guestDisk(state, query).uuid)
    return {}
  },
  'POST /sim/restart-toolstack': async ({ state, query, afterAnswer }) => {
    restartToolstack(state, number(query, 'milliseconds', 1000))
    afterAnswer(state.runtime.dropConnections)
    return {}
  },
  'POST /sim/host-death': async ({ state, query, afterAnswer }) => {
    const host = hostByUuid(state, query.get('host'))
    const successor = query.get('successor')
    const next = successor === null ? undefined : hostByUuid(state, successor)
    const silent = query.get('silent') === 'true'
    afterAnswer(() => void killHost(state, host, { successor: next, silent }))
    return {}
  },
  'POST /sim/host-return': async ({ state, query }) => {
    await reviveHost(state, hostByUuid(state, query.get('host')))
    return {}
  },
  'POST /sim/end-sessions': async ({ state }) => {
    state.sessions.closeAll()
    return {}
  },
  'POST /sim/unplug-sr': async ({ state, query }) => ({
    unplugged: plugStorage(state, query, false),
  }),
  'POST /sim/plug-sr': async ({ state, query }) => ({ plugged: plugStorage(state, query, true) }),
  'POST /sim/emergency': async ({ state, query }) => {
    const { ref } = hostByUuid(state, query.get('host'))
    const reason = query.getAll('reason')
    if (reason.length > 0) state.runtime.emergency.set(ref, reason)
    else state.runtime.emergency.delete(ref)
    return {}
  },
  'GET /sim/calls': async ({ state }) => Object.fromEntries(state.runtime.calls),
  'DELETE /sim/calls': async ({ state }) => {
    state.runtime.calls.clear()
    return {}
  },
  'GET /sim/limits': async ({ state }) => state.limits.get(),
  'POST /sim/limits': async ({ state, body }) => {
    state.limits.set(readLimits(await readJson(body)))
    return state.limits.get()
  },
  'POST /sim/guest': async ({ state, query, body }) =>
    changeGuest(state, query.get('vm') ?? '', (await readJson(body)) as Partial<GuestBehaviour>),
  'POST /sim/destroy-vm': async ({ state, query }) => {
    destroyAsAdministrator(state, query.get('vm') ?? '')
    return {}
  },
  'GET /sim/faults': async ({ state }) => state.faults.waiting(),
  'POST /sim/faults': async ({ state, body }) => {
    const given = await readJson(body)
    for (const fault of Array.isArray(given) ? given : [given]) state.faults.add(fault as Fault)
    return state.faults.waiting()
  },
  'DELETE /sim/faults': async ({ state }) => {
    state.faults.clear()
    return []
  },
}

const answer = (response: ServerResponse, status: number, value: unknown) => {
  const text = JSON.stringify(value)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length })
  response.end(text)
}

/**
 * The channel of tests and the demo: what happens inside guests, and trouble ordered in advance. It lives under `/sim/`,
 * takes the pool's credentials (HTTP Basic or a session), and is plainly no part of XAPI.
 */
export const createControl =
  (state: State): Extra =>
  async (request, response, url) => {
    const action = actions[`${request.method} ${url.pathname}`]
    if (!action) return false
    try {
      const [host] = state.hosts
      if (!host) return false
      const who = await authenticateRequest(state, host, request, url.searchParams)
      who.end()
    } catch {
      answer(response, 401, { error: ['SESSION_AUTHENTICATION_FAILED'] })
      return true
    }
    try {
      const query = url.searchParams
      const afterAnswer = (work: () => void) => response.once('finish', work)
      answer(response, 200, await action({ state, query, body: request, afterAnswer }))
    } catch (thrown) {
      answer(response, 400, { error: asXapiError(thrown).description })
    }
    return true
  }
