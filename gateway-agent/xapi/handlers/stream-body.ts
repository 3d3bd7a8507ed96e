import type { IncomingMessage } from 'node:http'
import { XenkeepError } from '#core/errors/base.ts'
import { StreamBrokenError, XapiInterruptedError } from '#core/errors/xenserver.ts'
import { failureInPage, responseInTail, startsLikeResponse } from './in-band-error.ts'

/** An error page written into a stream is a few hundred bytes; this is ample. */
const TAIL = 4 * 1024

export interface StreamBodyOptions {
  what: string
  signal: AbortSignal
  /** milliseconds */
  idleTimeout: number
  /** Throws what XAPI's task says about the stream. */
  verdict(): Promise<void>
}

/** Destroys the response when nothing arrives while somebody waits; a slow consumer is not held against the host. */
const watchIdle = (response: IncomingMessage, { what, idleTimeout }: StreamBodyOptions) => {
  let waiting = true
  const timer = setTimeout(() => {
    if (!waiting) timer.refresh()
    else
      response.destroy(
        new StreamBrokenError('STREAM_STALLED', what, `no data for ${idleTimeout / 1000} s`),
      )
  }, idleTimeout)
  return {
    pause: () => {
      waiting = false
    },
    resume: () => {
      waiting = true
      timer.refresh()
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

const brokenBy = (error: unknown, { what, signal }: StreamBodyOptions): unknown => {
  if (signal.aborted) return signal.reason
  if (error instanceof XenkeepError) return error
  return new XapiInterruptedError(what, error instanceof Error ? error.message : '', error)
}

/** Keeps the end of a stream back until more comes, whole pieces without a copy: what may be an error page is given to nobody. */
const endOfStream = () => {
  const kept: Uint8Array[] = []
  let length = 0
  return {
    /** @returns what an error page cannot reach back to */
    *push(part: Uint8Array): Generator<Uint8Array, void> {
      kept.push(part)
      length += part.length
      for (let first = kept[0]; first && length - first.length >= TAIL; first = kept[0]) {
        kept.shift()
        length -= first.length
        yield first
      }
    },
    kept,
    tail: () => Buffer.concat(kept).subarray(-TAIL),
  }
}

/**
 * The body of a streaming handler. XAPI may answer 200 and then write a whole second response with status 500 into the
 * stream, at its start or at its end: both are found and become the error that they name, and nobody takes them for data.
 */
export async function* streamBody(
  response: IncomingMessage,
  options: StreamBodyOptions,
): AsyncGenerator<Uint8Array, void> {
  const { what, verdict } = options
  using idle = watchIdle(response, options)
  let head: Uint8Array = new Uint8Array()
  let judged = false
  const end = endOfStream()
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      idle.pause()
      if (judged) yield* end.push(part)
      else {
        head = head.length === 0 ? part : Buffer.concat([head, part])
        judged = startsLikeResponse(head) === false
        if (judged) yield* end.push(head)
      }
      idle.resume()
    }
  } catch (error) {
    throw brokenBy(error, options)
  } finally {
    response.destroy()
  }
  const tail = judged ? end.tail() : head.subarray(-TAIL)
  const inTail = responseInTail(tail)
  // A disk may hold such text rightfully: the task knows. Without its word the page does.
  if (!judged || inTail !== undefined) await verdict()
  if (judged) {
    yield* end.kept
    return
  }
  const page = inTail ?? Buffer.from(tail).toString('latin1')
  throw (
    failureInPage(page, what) ??
    new StreamBrokenError('EXPORT_FAILED', what, 'an error page came instead of data')
  )
}
