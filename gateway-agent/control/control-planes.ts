import { z } from 'zod'
import type { Client } from '#core/contracts/client.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Clock } from '#core/ports.ts'
import type { KeptText } from '../kept-text.ts'
import type { Log } from '../log.ts'

/** What a gateway has to know of the regions after a restart: who served it, and the highest epoch that it has heard of. */
const Known = z.object({ epoch: z.int().min(0), url: z.string().optional() })

/** RFC 9110, 15.5.20: who was asked stands by, and says so (REGION_STANDBY). */
const MISDIRECTED = 421

/** Told by the control plane with every answer to a gateway (functions/middleware/active-region.ts). */
const EPOCH_HEADER = 'xenkeep-region-epoch'

/** What passes when the call is made once more: at the next address, or signed for the epoch that was told. */
const AGAIN = new Set(['REGION_STANDBY', 'REGION_EPOCH_CHANGED'])

export interface ControlPlanes {
  /** Where calls go now. */
  baseUrl: () => Promise<string>
  /** Calls are signed for it. */
  epoch: () => number
  /** @returns a `fetch` that hears who serves and who does not */
  listening: (fetch: typeof globalThis.fetch) => typeof globalThis.fetch
  /** @returns a client that repeats a call that came to one who stands by, or was signed for a former epoch */
  following: (client: Client) => Client
}

/**
 * The control planes that a gateway may call, in their order. It stays with the one that serves it: which is active people decide, and one that
 * stands by says so, at which the next is called at once. One that does not answer, or answers with a fault of its own (5xx) or with what no control plane says (a page of a
 * proxy, an API that was taken down), is left when nobody has served for `patienceMs`: a few faults between answers move nobody. A gateway that has heard of an epoch obeys no region of a lower one, even after a restart.
 *
 * @param urls at least one, in the order of the settings
 */
export const createControlPlanes = async ({
  urls,
  memory,
  patienceMs,
  clock,
  log,
}: {
  urls: readonly (() => Promise<string>)[]
  memory: KeptText
  patienceMs: number
  clock: Clock
  log: Pick<Log, 'info' | 'warn'>
}): Promise<ControlPlanes> => {
  const kept = Known.safeParse(parsed(await memory.load()))
  let { epoch, url: served } = kept.success ? kept.data : { epoch: 0, url: undefined }
  const addresses = await Promise.all(urls.map(url => url()))
  let current = Math.max(0, served === undefined ? 0 : addresses.indexOf(served))
  let lastServed = clock.now()
  let looking = false

  const baseUrl = async (): Promise<string> => (await urls[current]?.()) ?? ''
  const keep = () =>
    memory
      .save(JSON.stringify({ epoch, ...(urls.length > 1 && { url: served }) }))
      .catch(error => log.warn('What is known of the regions was not kept', error))

  const moveOn = async (why: string) => {
    if (urls.length === 1) return
    current = (current + 1) % urls.length
    // Once: a round of all of them is not told again and again while nobody serves.
    if (!looking) log.warn(`${why}: this gateway calls ${await baseUrl()} from now on.`)
    looking = true
  }

  const hasServed = async (told: string | null) => {
    lastServed = clock.now()
    looking = false
    const here = await baseUrl()
    const newer = Number(told ?? 0)
    const [isNewEpoch, isNewPlace] = [newer > epoch, urls.length > 1 && here !== served]
    if (isNewPlace && served !== undefined) log.info(`The control plane at ${here} serves us now.`)
    if (isNewEpoch)
      log.info(`A region was taken over: it is epoch ${newer} now, before it was ${epoch}.`)
    served = here
    if (isNewEpoch) epoch = newer
    if (isNewEpoch || isNewPlace) await keep()
  }

  return {
    baseUrl,
    epoch: () => epoch,

    listening: fetch => async (input, init) => {
      const at = await baseUrl()
      try {
        const answer = await fetch(input, init)
        // Several calls are under way at once: only the first that finds it out moves on.
        const isStill = at === (await baseUrl())
        const told = answer.headers.get(EPOCH_HEADER)
        // Where there is no other one, any answer will do: a single region tells no epoch.
        const isOurs = urls.length === 1 || told !== null
        if (answer.status === MISDIRECTED) {
          if (isStill) await moveOn(`The control plane at ${at} stands by`)
        } else if (answer.status < 500 && isOurs) await hasServed(told)
        else if (isStill && clock.now() - lastServed >= patienceMs)
          await moveOn(
            isOurs || answer.status >= 500
              ? `The control plane at ${at} answers with faults (HTTP ${answer.status})`
              : `What answers at ${at} is no control plane of several regions (HTTP ${answer.status})`,
          )
        return answer
      } catch (error) {
        if (
          !init?.signal?.aborted &&
          at === (await baseUrl()) &&
          clock.now() - lastServed >= patienceMs
        )
          await moveOn(`The control plane at ${at} does not answer`)
        throw error
      }
    },

    following: client => ({
      async call(name, input) {
        for (let attempt = 0; ; attempt++)
          try {
            return await client.call(name, input)
          } catch (error) {
            if (attempt >= urls.length || !AGAIN.has(asXenkeepError(error).code)) throw error
          }
      },
    }),
  }
}

const parsed = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
