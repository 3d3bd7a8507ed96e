import type { ClientRequest } from 'node:http'
import { StreamBrokenError, XapiError, XapiInterruptedError } from '#core/errors/xenserver.ts'
import type { UploadOptions, Xapi } from '../api.ts'
import { endpointAt } from '../connection/endpoint.ts'
import type { RpcHost } from '../connection/rpc.ts'
import type { PoolSessions } from '../connection/session.ts'
import { cancelTask, destroyTask } from '../connection/tasks.ts'
import { RefText } from '../records.ts'
import { type StreamOptions, verdictOf } from './download.ts'
import {
  type HandlerRequest,
  MAX_REDIRECTS,
  redirectTarget,
  refusal,
  responseTo,
  sendRequest,
} from './handler-request.ts'

type Caller = Pick<Xapi, 'call' | 'waiting'>
type Target = Pick<HandlerRequest, 'path' | 'query' | 'session' | 'signal'>

/**
 * The host that can write to the storage: asked with an empty body and without a task, since a body that has been sent
 * cannot be sent again. Any other answer than a redirect means "here"; what is wrong shows in the real request.
 */
const hostFor = async (
  sessions: PoolSessions,
  start: RpcHost,
  target: Target,
  what: string,
  trust: StreamOptions,
): Promise<RpcHost> => {
  let host = start
  for (let hop = 0; hop < MAX_REDIRECTS; hop++) {
    const probe = sendRequest(host, {
      ...target,
      method: 'PUT',
      headers: { 'Content-Length': '0' },
    })
    probe.end()
    const response = await responseTo(probe, what, target.signal, trust.timeouts.stream)
    const next = redirectTarget(response, host, trust)
    // Drained, not cut: XAPI may still have to let go of the disk.
    await response
      .resume()
      .toArray()
      .catch(() => undefined)
    if (next === undefined) return host
    host = sessions.hostAt(next)
  }
  throw new StreamBrokenError('EXPORT_FAILED', what, 'XenServer redirects without end')
}

const HINT_TIMEOUT = 10_000

/** @returns where to go from the host that was named, or nothing when that does not answer as one of the pool */
const hintedHost = async (
  sessions: PoolSessions,
  { endpoint }: RpcHost,
  { firstHost, what }: UploadOptions,
  target: Target,
  trust: StreamOptions,
): Promise<RpcHost | undefined> => {
  if (firstHost === undefined) return undefined
  const signal = AbortSignal.any([target.signal, AbortSignal.timeout(HINT_TIMEOUT)])
  try {
    const start = sessions.hostAt(endpointAt(firstHost, endpoint))
    return await hostFor(sessions, start, { ...target, signal }, what, trust)
  } catch {
    target.signal.throwIfAborted()
    return undefined
  }
}

/** The host ended the transfer: its task knows why. */
class HostClosedError extends Error {}

/** Waits until the socket takes more, or until it never will. */
const drained = (request: ClientRequest, what: string, idleTimeout: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const settle = (error?: unknown) => {
      clearTimeout(timer)
      request.off('drain', onDrain).off('close', onClose)
      signal.removeEventListener('abort', onAbort)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onDrain = () => settle()
    const onClose = () => settle(new HostClosedError())
    const onAbort = () => settle(signal.reason)
    const onIdle = () => {
      const why = `the host took no data for ${idleTimeout / 1000} s`
      settle(new StreamBrokenError('STREAM_STALLED', what, why))
    }
    const timer = setTimeout(onIdle, idleTimeout)
    request.once('drain', onDrain).once('close', onClose)
    signal.addEventListener('abort', onAbort, { once: true })
  })

const pump = async (
  request: ClientRequest,
  { body, length, what, idleTimeout }: UploadOptions & { idleTimeout: number },
  signal: AbortSignal,
): Promise<void> => {
  let sent = 0
  for await (const part of body) {
    signal.throwIfAborted()
    if (request.destroyed) throw new HostClosedError()
    sent += part.length
    if (sent > length) break
    if (!request.write(part)) await drained(request, what, idleTimeout, signal)
  }
  if (sent !== length) {
    const why = `${sent} bytes were made where ${length} had been announced`
    throw new StreamBrokenError('STREAM_INVALID', what, why)
  }
  request.end()
}

/** The answer comes before the body is read; one other than 200 ends the sending. Left unread, since Node closes the connection at its end. */
const refused = async (
  request: ClientRequest,
  { what, idleTimeout }: { what: string; idleTimeout: number },
  signal: AbortSignal,
): Promise<void> => {
  const response = await responseTo(request, what, signal, idleTimeout)
  if (response.statusCode !== 200) throw await refusal(response, what)
}

/**
 * Sends the body and listens to the answer at the same time.
 * @returns what went wrong on the host's side, if anything did
 * @throws what went wrong on ours
 */
const transfer = async (
  request: ClientRequest,
  options: UploadOptions & { idleTimeout: number },
  signal: AbortSignal,
): Promise<unknown> => {
  const pumping = pump(request, options, signal)
  const answer = refused(request, options, signal).then(
    () => new Promise<never>(() => undefined),
    (error: unknown) => error,
  )
  try {
    return await Promise.race([pumping, answer])
  } catch (error) {
    if (error instanceof HostClosedError)
      return new XapiInterruptedError(options.what, 'the host closed the connection')
    throw error
  } finally {
    // The source of the body is closed before anyone goes on, but nothing waits for it while the data still flows.
    if (!request.writableEnded) request.destroy()
    await pumping.catch(() => undefined)
  }
}

/** `Xapi.upload`. Trusts neither status nor connection, only XAPI's task: it may reset the connection after the last byte. */
export const uploadTo =
  (sessions: PoolSessions, caller: Caller, trust: StreamOptions): Xapi['upload'] =>
  async (path, options) => {
    const { query, what, length, idleTimeout = trust.timeouts.stream } = options
    const signal = options.signal ?? new AbortController().signal
    const { ref: session, host: coordinator } = await sessions.get()
    const target = { path, query, session, signal }
    const host = options.anyHost
      ? coordinator
      : ((await hintedHost(sessions, coordinator, options, target, trust)) ??
        (await hostFor(sessions, coordinator, target, what, trust)))
    await options.settled?.()
    const task = await caller.call('task.create', [`XenKeep: ${what}`, ''], RefText)
    const request = sendRequest(host, {
      ...target,
      method: 'PUT',
      query: { ...query, task_id: task },
      headers: { 'Content-Length': String(length), 'Content-Type': 'application/octet-stream' },
    })
    try {
      const failure = await transfer(request, { ...options, idleTimeout }, signal)
      signal.throwIfAborted()
      await verdictOf(caller, task, what, trust.timeouts.verdict, signal)().catch(error => {
        throw error instanceof XapiError || failure === undefined ? error : failure
      })
    } catch (error) {
      request.destroy()
      await cancelTask(caller, task)
      throw error
    } finally {
      request.destroy()
      await destroyTask(caller, task)
    }
  }
