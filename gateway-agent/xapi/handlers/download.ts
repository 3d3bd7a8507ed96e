import type { IncomingMessage } from 'node:http'
import {
  StreamBrokenError,
  XapiTaskLostError,
  XapiUnreachableError,
} from '#core/errors/xenserver.ts'
import type { Download, DownloadOptions, PoolOptions, Xapi } from '../api.ts'
import { endpointAt } from '../connection/endpoint.ts'
import { reasonOfTask } from '../connection/refused-by-task.ts'
import type { RpcHost } from '../connection/rpc.ts'
import type { PoolSessions } from '../connection/session.ts'
import { assertTaskSucceeded, cancelTask, destroyTask, waitForTask } from '../connection/tasks.ts'
import { RefText } from '../records.ts'
import type { Timeouts } from '../timeouts.ts'
import {
  type HandlerRequest,
  MAX_REDIRECTS,
  redirectTarget,
  refusal,
  responseTo,
  sendRequest,
} from './handler-request.ts'
import { streamBody } from './stream-body.ts'

/** Who is trusted, and how long a silent host is waited for. */
export type StreamOptions = PoolOptions & { timeouts: Timeouts }

type Caller = Pick<Xapi, 'call' | 'waiting'>

/** Waits for the task of a handler, but not for ever. */
export const verdictOf =
  (caller: Caller, task: string, what: string, ms: number, signal?: AbortSignal) =>
  async (): Promise<void> => {
    const patience = AbortSignal.timeout(ms)
    const limit = signal ? AbortSignal.any([signal, patience]) : patience
    const record = await waitForTask(caller, task, what, { signal: limit }).catch(error => {
      if (patience.aborted && !signal?.aborted) throw new XapiTaskLostError(what, { cause: error })
      throw error
    })
    assertTaskSucceeded(record, what)
  }

/** Asks the host with the fewest exports first, and the next one where it does not answer: a host that died may be known for a while. */
const openBody = async (
  sessions: PoolSessions,
  request: Omit<HandlerRequest, 'session'>,
  what: string,
  trust: StreamOptions,
  only?: string,
): Promise<IncomingMessage> => {
  const session = await sessions.get()
  const hosts =
    only === undefined
      ? sessions.streamHosts(session.host)
      : [sessions.hostAt(endpointAt(only, session.host.endpoint))]
  let failure: unknown
  for (const host of hosts) {
    // Counted before it answers: those that open at the same moment go to different hosts.
    const ended = sessions.beginExport(host)
    try {
      const own = { ...request, session: session.ref }
      return (await openAt(host, sessions, own, what, trust)).once('close', ended)
    } catch (error) {
      ended()
      request.signal.throwIfAborted()
      if (!(error instanceof XapiUnreachableError)) throw error
      failure = error
    }
  }
  throw failure
}

/** GET with redirects followed; the task stays the same across them. */
const openAt = async (
  start: RpcHost,
  sessions: PoolSessions,
  request: HandlerRequest,
  what: string,
  trust: StreamOptions,
): Promise<IncomingMessage> => {
  let host = start
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const sent = sendRequest(host, request)
    sent.end()
    const response = await responseTo(sent, what, request.signal, trust.timeouts.stream)
    if (response.statusCode === 200) return response
    const target = redirectTarget(response, host, trust)
    if (target === undefined) throw await refusal(response, what)
    response.destroy()
    host = sessions.hostAt(target)
  }
  throw new StreamBrokenError('EXPORT_FAILED', what, 'XenServer redirects without end')
}

/** `Xapi.download`. */
export const downloadFrom =
  (sessions: PoolSessions, caller: Caller, trust: StreamOptions): Xapi['download'] =>
  async (
    path,
    { host, query, what, signal, idleTimeout = trust.timeouts.stream }: DownloadOptions,
  ) => {
    const task = await caller.call(
      'task.create',
      [`XenKeep: ${what}`, ''],
      RefText,
      signal && { signal },
    )
    const stop = new AbortController()
    const limit = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
    const verdict = verdictOf(caller, task, what, trust.timeouts.verdict, signal)
    let settled: Promise<void> | undefined
    let known = false
    const outcome = (): Promise<void> => {
      settled ??= verdict().finally(() => {
        known = true
      })
      return settled
    }
    const close = async (): Promise<void> => {
      stop.abort(new DOMException(`${what} was closed`, 'AbortError'))
      if (!known) await cancelTask(caller, task)
      await destroyTask(caller, task)
    }
    try {
      const request = {
        method: 'GET',
        path,
        query: { ...query, task_id: task },
        signal: limit,
      } as const
      const response = await openBody(sessions, request, what, trust, host)
      const body = streamBody(response, { what, signal: limit, idleTimeout, verdict: outcome })
      return { body, outcome, close } satisfies Download
    } catch (error) {
      const reason = await reasonOfTask(caller, task, what, error)
      await close()
      throw reason
    }
  }
