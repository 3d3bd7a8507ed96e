import { randomUUID } from 'node:crypto'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as timer } from 'node:timers/promises'
import { z } from 'zod'
import type { PoolOptions } from '../xapi/api.ts'
import { endpointOf } from '../xapi/connection/endpoint.ts'
import { verifiedAgent } from '../xapi/connection/trust.ts'
import type { FreezeRequest, Frozen, QuiesceProvider } from './provider.ts'

export interface HookOptions {
  /** `https://guest:8443/quiesce`; `/freeze` and `/thaw` are added. */
  url: string
  /** Read at each freeze, so that a secret that was changed is taken up. */
  secret: () => Promise<string>
  /** Its pinned certificate, or the PEM of the authority that signed it (the name in it must match then). */
  trust: () => Promise<Pick<PoolOptions, 'fingerprints' | 'ca'>>
  /** Tests do not wait. */
  sleep?: (milliseconds: number) => Promise<void>
}

/** Seconds that a freeze may take beyond what it may hold: a database writes its buffers first. */
const FREEZE_PATIENCE = 120
const THAW_PATIENCE = 15
const THAW_ATTEMPTS = 3
/** Milliseconds before the second attempt to thaw; each further pause is longer by as much. The guest stands still meanwhile. */
const THAW_PAUSE = 1_000
/** Bytes of an answer; more is no answer of a hook. */
const LARGEST_ANSWER = 64 * 1024

const FreezeReply = z.object({
  seconds: z.number().positive(),
  consistency: z.enum(['application', 'file-system']),
})
const NO_HOOK = 'the answer of its quiesce hook is not that of one'
const ThawReply = z.object({ held: z.boolean(), why: z.string().max(400).optional() })

/**
 * A program in the guest that freezes and thaws it when asked over HTTPS (docs/quiesce-hook.md). The lease is named by us, so that a guest
 * whose answer got lost can be thawed all the same; and the guest thaws by itself when the lease is over.
 */
export const httpsHook = (options: HookOptions): QuiesceProvider => ({
  async freeze({ vm, seconds, signal }: FreezeRequest): Promise<Frozen> {
    const lease = randomUUID()
    const thaw = () => thawed(options, lease)
    try {
      const asked = await post(
        options,
        'freeze',
        { lease, vm: vm.uuid, seconds },
        FREEZE_PATIENCE,
        signal,
      )
      const reply = FreezeReply.safeParse(asked)
      if (!reply.success) throw new Error(NO_HOOK)
      return { ...reply.data, seconds: Math.min(seconds, reply.data.seconds), thaw }
    } catch (error) {
      await thaw()
      throw error
    }
  },
})

const thawed = async (options: HookOptions, lease: string): ReturnType<Frozen['thaw']> => {
  const { sleep = timer } = options
  for (let attempt = 1; ; attempt++)
    try {
      const asked = await post(options, 'thaw', { lease }, THAW_PATIENCE)
      const reply = ThawReply.safeParse(asked)
      if (!reply.success) throw new Error(NO_HOOK)
      const { held, why = 'the guest did not hold still until the snapshot was confirmed' } =
        reply.data
      return held ? { held } : { held, why }
    } catch (error) {
      if (attempt < THAW_ATTEMPTS) {
        await sleep(THAW_PAUSE * attempt)
        continue
      }
      const why = error instanceof Error ? error.message : String(error)
      return { held: false, why: `the guest did not confirm that it had held still (${why})` }
    }
}

/** @throws Error with a clause as its message, which holds neither the secret nor anything of the answer, which may hold others */
const post = async (
  { url, secret, trust }: HookOptions,
  action: 'freeze' | 'thaw',
  body: object,
  patienceSeconds: number,
  signal?: AbortSignal,
): Promise<unknown> => {
  const payload = JSON.stringify(body)
  const timeout = AbortSignal.timeout(patienceSeconds * 1_000)
  let agent: ReturnType<typeof verifiedAgent> | undefined
  try {
    const bearer = await secret()
    const trusted = await trust()
    agent = verifiedAgent(endpointOf(url, trusted), trusted)
    const through = agent
    const { status, answer } = await new Promise<{ status: number; answer: string }>(
      (resolve, reject) => {
        const sent = request(`${url.replace(/\/+$/, '')}/${action}`, {
          method: 'POST',
          agent: through,
          signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
          headers: {
            authorization: `Bearer ${bearer}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(payload),
          },
        })
        sent.on('error', reject)
        sent.on('response', response => {
          let length = 0
          response.on('data', (part: Buffer) => {
            length += part.length
            if (length > LARGEST_ANSWER) response.destroy(new Error('its answer is too long'))
          })
          text(response).then(
            answer => resolve({ status: response.statusCode ?? 0, answer }),
            reject,
          )
        })
        sent.end(payload)
      },
    )
    if (status !== 200) throw new Error(`it answered with status ${status}`)
    return parsed(answer)
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
    throw new Error(`its quiesce hook could not ${action} it: ${why}`, { cause: error })
  } finally {
    agent?.destroy()
  }
}

/** JSON.parse quotes what it cannot read. */
const parsed = (answer: string): unknown => {
  try {
    return JSON.parse(answer)
  } catch {
    throw new Error('its answer is no JSON')
  }
}
