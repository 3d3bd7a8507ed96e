import type { Agent } from 'node:http'
import { z } from 'zod'
import {
  isXapiError,
  XapiCertificateMismatchError,
  XapiInterruptedError,
  XapiOtherPoolError,
  XapiUnreachableError,
} from '#core/errors/xenserver.ts'
import type { Incidents, PoolOptions } from '../api.ts'
import { HostRecord, PoolRecord, RefText, recordsOf } from '../records.ts'
import type { Timeouts } from '../timeouts.ts'
import { type Endpoint, endpointAt, endpointName, endpointOf } from './endpoint.ts'
import { type RpcHost, rpc } from './rpc.ts'
import { verifiedAgent } from './trust.ts'

/** XAPI limits sessions per originator (500), so ours never push out a person's. */
const ORIGINATOR = 'xenkeep'
/** Far below XAPI's 24 h; a long read over NBD uses the session nowhere else. */
const KEEP_ALIVE = 15 * 60_000

export interface Session {
  /** A secret: whoever holds it acts as us. */
  ref: string
  host: RpcHost
}

/** What a host says that is starting or has lost its pool (emergency mode). It carries out nothing then. */
const NOT_SERVING = [
  'HOST_STILL_BOOTING',
  'HOST_HAS_NO_MANAGEMENT_IP',
  'HOST_MASTER_CANNOT_TALK_BACK',
  'HOST_UNKNOWN_TO_MASTER',
  'HOST_ITS_OWN_SLAVE',
  'HOST_BROKEN',
  'HA_SHOULD_BE_FENCED',
]

/** Failures of a host that another member of the pool, or the same one later, may not have. Nothing was carried out. */
export const isHostTrouble = (error: unknown): boolean =>
  error instanceof XapiUnreachableError || isXapiError(error, ...NOT_SERVING)

/** Somebody to ask, and the pool that it has to be in. */
interface Candidate {
  endpoint: Endpoint
  expected?: string | undefined
}

/** The one session of a pool, with the coordinator that it belongs to. */
export const poolSessions = (options: PoolOptions, timeouts: Timeouts) => {
  const configured = endpointOf(options.url, options)
  const agents = new Map<string, Agent>()
  let members = (options.members ?? []).map(address => endpointAt(address, configured))
  let preferred = configured
  let poolUuid: string | undefined
  /** Hosts that did not answer when they were asked last. Asked again, but after the others. */
  const silent = new Set<string>()
  let current: Promise<Session> | undefined

  const watchers = new Set<Set<string>>()
  let loggedInAt: string | undefined
  const tellLogin = (name: string): void => {
    const before = loggedInAt
    loggedInAt = name
    if (before === undefined) return
    const sentence =
      before === name
        ? `The session with XenServer was lost, as by a restart of the toolstack of ${name}; the gateway logged in again.`
        : `The coordinator of the pool was ${before} and is ${name} now; the gateway followed it.`
    for (const sentences of watchers) sentences.add(sentence)
  }
  const watchIncidents = (): Incidents => {
    const sentences = new Set<string>()
    watchers.add(sentences)
    return {
      get sentences() {
        return [...sentences]
      },
      stop: () => void watchers.delete(sentences),
    }
  }

  /** By host: one that has left the pool may want another password. */
  const refused = new Map<string, { secret: string; error: unknown; at: number }>()

  const hostAt = (endpoint: Endpoint): RpcHost => {
    const name = endpointName(endpoint)
    const agent = agents.get(name) ?? verifiedAgent(endpoint, options)
    agents.set(name, agent)
    return { endpoint, agent }
  }

  /** @returns the session, or where the host sends us */
  const tryLogin = async (endpoint: Endpoint): Promise<Session | Endpoint> => {
    const host = hostAt(endpoint)
    const { user, password } = options
    const secret = typeof password === 'string' ? password : await password()
    const before = refused.get(endpointName(endpoint))
    if (before?.secret === secret && performance.now() - before.at < timeouts.refused)
      throw before.error
    try {
      const credentials = [user, secret, '1.1', ORIGINATOR]
      const ref = RefText.parse(
        await rpc(host, 'session.login_with_password', credentials, { timeout: timeouts.login }),
      )
      return { ref, host }
    } catch (error) {
      const [address] = isXapiError(error, 'HOST_IS_SLAVE') ? error.parameters : []
      if (address !== undefined) return endpointAt(address, configured)
      if (isXapiError(error, 'SESSION_AUTHENTICATION_FAILED'))
        refused.set(endpointName(endpoint), { secret, error, at: performance.now() })
      throw error
    }
  }

  /** Nobody will use it again. Where it cannot be told, XAPI ends the session after a day. */
  const logout = async ({ ref, host }: Session): Promise<void> => {
    await rpc(host, 'session.logout', [ref], { timeout: timeouts.login }).catch(() => undefined)
  }

  /** @param expected uuid of the pool, where something says that it is ours */
  const learnPool = async ({ ref, host }: Session, expected?: string): Promise<void> => {
    const pools = recordsOf(PoolRecord).parse(await rpc(host, 'pool.get_all_records', [ref]))
    const uuid = Object.values(pools)[0]?.uuid ?? ''
    if (expected !== undefined && expected !== uuid) throw new XapiOtherPoolError(expected, uuid)
    const hosts = recordsOf(HostRecord).parse(await rpc(host, 'host.get_all_records', [ref]))
    poolUuid = uuid
    members = Object.values(hosts).map(({ address }) => endpointAt(address, configured))
    options.onMembers?.(Object.values(hosts).map(({ address }) => address))
  }

  /** Walks from the last known coordinator over redirects and all known members until one lets us in. */
  const login = async (): Promise<Session> => {
    const known: Candidate[] = [
      { endpoint: preferred },
      { endpoint: configured },
      // A host that was once in our pool may be in another one now.
      ...members.map(endpoint => ({ endpoint, expected: options.poolUuid })),
    ]
    const isSilent = ({ endpoint }: Candidate) => silent.has(endpointName(endpoint))
    const queue = [...known.filter(one => !isSilent(one)), ...known.filter(isSilent)]
    const asked = new Set<string>()
    let failure: unknown
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { endpoint, expected } = next
      const name = endpointName(endpoint)
      if (asked.has(name)) continue
      asked.add(name)
      try {
        const answer = await tryLogin(endpoint)
        silent.delete(name)
        if ('ref' in answer) {
          await learnPool(answer, poolUuid ?? expected).catch(async error => {
            await logout(answer)
            throw error
          })
          preferred = endpoint
          tellLogin(name)
          return answer
        }
        queue.unshift({ endpoint: answer, expected })
      } catch (error) {
        const untrusted = error instanceof XapiCertificateMismatchError
        const noAnswer = isHostTrouble(error) || error instanceof XapiInterruptedError
        if (noAnswer) silent.add(name)
        // A member that has left is a pool of its own; the others are still ours.
        const elsewhere = error instanceof XapiOtherPoolError
        // A wrong password: no other host makes it better, and hammering locks accounts.
        if (!untrusted && !noAnswer && !elsewhere) throw error
        // Of several failures that is told which a person can mend; one that has left tells nothing while another may come back.
        if (untrusted || elsewhere || !failure || failure instanceof XapiOtherPoolError)
          failure = error
      }
    }
    throw failure ?? new XapiUnreachableError([...asked], 'every host names another as coordinator')
  }

  /** Exports under way, by host. Every host takes the coordinator's session for them, and sends us on where it cannot see the disk. */
  const exporting = new Map<string, number>()
  const streamHosts = (coordinator: RpcHost): RpcHost[] => {
    const others = members
      .filter(member => !silent.has(endpointName(member)))
      .filter(member => endpointName(member) !== endpointName(coordinator.endpoint))
      .map(hostAt)
    const count = ({ endpoint }: RpcHost) => exporting.get(endpointName(endpoint)) ?? 0
    return [coordinator, ...others].sort((a, b) => count(a) - count(b))
  }
  /** @returns what to call when the export has ended */
  const beginExport = ({ endpoint }: RpcHost): (() => void) => {
    const name = endpointName(endpoint)
    exporting.set(name, (exporting.get(name) ?? 0) + 1)
    return () => void exporting.set(name, (exporting.get(name) ?? 1) - 1)
  }

  const get = (): Promise<Session> => {
    if (current === undefined) {
      const attempt = login()
      current = attempt
      attempt.catch(() => {
        if (current === attempt) current = undefined
      })
    }
    return current
  }

  /** Forgets `session`, unless somebody has replaced it already. */
  const drop = async (session: Session, coordinator?: string): Promise<void> => {
    if ((await current?.catch(() => undefined))?.ref !== session.ref) return
    current = undefined
    if (coordinator !== undefined) preferred = endpointAt(coordinator, configured)
  }

  const keepAlive = setInterval(async () => {
    const session = await current?.catch(() => undefined)
    if (session)
      await rpc(session.host, 'session.get_uuid', [session.ref, session.ref]).catch(() => undefined)
  }, KEEP_ALIVE)
  keepAlive.unref()

  const close = async (): Promise<void> => {
    clearInterval(keepAlive)
    const session = await current?.catch(() => undefined)
    current = undefined
    if (session) await logout(session)
    for (const agent of agents.values()) agent.destroy()
  }

  return {
    get,
    drop,
    close,
    hostAt,
    watchIncidents,
    streamHosts,
    beginExport,
    poolUuid: () => z.string().parse(poolUuid),
  }
}

export type PoolSessions = ReturnType<typeof poolSessions>
