import type { Agent } from 'node:http'
import { z } from 'zod'
import {
  isXapiError,
  XapiCertificateMismatchError,
  XapiInterruptedError,
  XapiOtherPoolError,
  XapiUnreachableError,
} from '#core/errors/xenserver.ts'
import type { PoolOptions } from './api.ts'
import { type Endpoint, endpointAt, endpointName, endpointOf } from './endpoint.ts'
import { HostRecord, PoolRecord, RefText, recordsOf } from './records.ts'
import { type RpcHost, rpc } from './rpc.ts'
import { verifiedAgent } from './trust.ts'

/** XAPI limits sessions per originator (500), so ours never push out a person's. */
const ORIGINATOR = 'xenkeep'
/** Far below XAPI's 24 h; a long read over NBD uses the session nowhere else. */
const KEEP_ALIVE = 15 * 60_000

/** A wrong password is answered after 5 s. */
const LOGIN_TIMEOUT = 30_000

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

/** The one session of a pool, with the coordinator that it belongs to. */
export const poolSessions = (options: PoolOptions) => {
  const configured = endpointOf(options.url, options)
  const agents = new Map<string, Agent>()
  let members: Endpoint[] = []
  let preferred = configured
  let poolUuid: string | undefined
  let current: Promise<Session> | undefined

  const hostAt = (endpoint: Endpoint): RpcHost => {
    const name = endpointName(endpoint)
    const agent = agents.get(name) ?? verifiedAgent(endpoint, options)
    agents.set(name, agent)
    return { endpoint, agent }
  }

  /** @returns the session, or where the host sends us */
  const tryLogin = async (endpoint: Endpoint): Promise<Session | Endpoint> => {
    const host = hostAt(endpoint)
    try {
      const { user, password } = options
      const secret = typeof password === 'string' ? password : await password()
      const credentials = [user, secret, '1.1', ORIGINATOR]
      const ref = RefText.parse(
        await rpc(host, 'session.login_with_password', credentials, { timeout: LOGIN_TIMEOUT }),
      )
      return { ref, host }
    } catch (error) {
      const [address] = isXapiError(error, 'HOST_IS_SLAVE') ? error.parameters : []
      if (address !== undefined) return endpointAt(address, configured)
      throw error
    }
  }

  const learnPool = async ({ ref, host }: Session): Promise<void> => {
    const pools = recordsOf(PoolRecord).parse(await rpc(host, 'pool.get_all_records', [ref]))
    const uuid = Object.values(pools)[0]?.uuid ?? ''
    if (poolUuid !== undefined && poolUuid !== uuid) {
      await rpc(host, 'session.logout', [ref]).catch(() => undefined)
      throw new XapiOtherPoolError(poolUuid, uuid)
    }
    poolUuid = uuid
    const hosts = recordsOf(HostRecord).parse(await rpc(host, 'host.get_all_records', [ref]))
    members = Object.values(hosts).map(({ address }) => endpointAt(address, configured))
  }

  /** Walks from the last known coordinator over redirects and all known members until one lets us in. */
  const login = async (): Promise<Session> => {
    const queue = [preferred, configured, ...members]
    const asked = new Set<string>()
    let failure: unknown
    for (let endpoint = queue.shift(); endpoint; endpoint = queue.shift()) {
      const name = endpointName(endpoint)
      if (asked.has(name)) continue
      asked.add(name)
      try {
        const answer = await tryLogin(endpoint)
        if ('ref' in answer) {
          await learnPool(answer)
          preferred = endpoint
          return answer
        }
        queue.unshift(answer)
      } catch (error) {
        const untrusted = error instanceof XapiCertificateMismatchError
        const silent = isHostTrouble(error) || error instanceof XapiInterruptedError
        // A wrong password or another pool: no other host makes it better, and hammering locks accounts.
        if (!untrusted && !silent) throw error
        // Of several failures that is told which a person can mend.
        if (untrusted || failure === undefined) failure = error
      }
    }
    throw failure ?? new XapiUnreachableError([...asked], 'every host names another as coordinator')
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
    if (session) await rpc(session.host, 'session.logout', [session.ref]).catch(() => undefined)
    for (const agent of agents.values()) agent.destroy()
  }

  return { get, drop, close, hostAt, poolUuid: () => z.string().parse(poolUuid) }
}

export type PoolSessions = ReturnType<typeof poolSessions>
