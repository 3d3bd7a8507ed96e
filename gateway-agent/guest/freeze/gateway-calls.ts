import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { calculateJwkThumbprint, importJWK, SignJWT } from 'jose'
import { ulid } from 'ulid'
import { GATEWAY_TOKEN_SECONDS } from '#core/contracts/gateway-token.ts'
import {
  GUEST_WAIT_MS,
  type GuestAnswer,
  GuestCommand,
  guestRoutes,
} from '#core/contracts/guest-api.ts'
import type { FreezeSettings } from '#core/contracts/guest-settings.ts'
import { Problem } from '#core/contracts/problem.ts'
import type { Clock } from '#core/ports.ts'
import type { Identity } from '../../control/identity.ts'
import { SecretFileError } from '../../secret-file.ts'
import { endpointOf } from '../../xapi/connection/endpoint.ts'
import { verifiedAgent } from '../../xapi/connection/trust.ts'

/** Bytes of an answer; a command is a line. */
const LARGEST = 16 * 1024
/** A call takes no longer, in ms: the gateway keeps one waiting for a command. */
const CALL_MS = GUEST_WAIT_MS + 15_000
/** A token that was made ahead is used for so long, in ms: it has to arrive while it is good. */
const AHEAD_MS = (GATEWAY_TOKEN_SECONDS * 1_000) / 2

/** What an agent asks its gateway, and tells it (docs/guest-agent-protocol.md). Throw an Error whose message is a sentence. */
export interface GatewayCalls {
  /** Signs the next calls ahead: signing waits for threads, which all may wait for a disk that stands still. */
  prepare(): Promise<void>
  /**
   * @param reached called when the gateway is there and is the one that is trusted; it may still refuse us, which takes it no time
   * @returns nothing where there was no command for a while
   */
  next(signal: AbortSignal, reached: () => void): Promise<GuestCommand | undefined>
  answer(answer: GuestAnswer, signal: AbortSignal): Promise<void>
  close(): void
}

/**
 * One connection to the gateway, kept open: while the machine stands still nothing has to be looked up or read for it.
 * @param identity read at each call: its key may change
 * @throws `SECRET_UNREADABLE` where the CA file cannot be read
 */
export const gatewayCalls = async (
  dataDir: string,
  { gateway, fingerprint, caFile }: FreezeSettings,
  { identity, clock }: { identity: Pick<Identity, 'privateKey'>; clock: Clock },
): Promise<GatewayCalls> => {
  const trusted =
    caFile === undefined
      ? { fingerprints: fingerprint === undefined ? [] : [fingerprint] }
      : { ca: await readAuthority(resolve(dataDir, caFile)) }
  const agent = verifiedAgent(endpointOf(gateway, trusted), trusted)

  const sign = async (path: string): Promise<string> => {
    const { d: _, ...publicKey } = identity.privateKey
    const now = Math.floor(clock.now() / 1_000)
    return new SignJWT({ htm: 'POST', htu: path })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(await calculateJwkThumbprint(publicKey))
      .setIssuedAt(now)
      .setExpirationTime(now + GATEWAY_TOKEN_SECONDS)
      .setJti(ulid())
      .sign(await importJWK(identity.privateKey, 'EdDSA'))
  }

  const ahead = new Map<string, { token: string; until: number }>()
  const tokenFor = (path: string): string | Promise<string> => {
    const made = ahead.get(path)
    ahead.delete(path)
    return made && made.until > clock.now() ? made.token : sign(path)
  }

  const post = async (
    path: string,
    body: object,
    signal: AbortSignal,
    reached = () => {},
  ): Promise<unknown> => {
    const authorization = `Bearer ${await tokenFor(path)}`
    const payload = JSON.stringify(body)
    const { status, answer } = await new Promise<{ status: number; answer: string }>(
      (done, failed) => {
        const sent = request(new URL(path, gateway), {
          ...{ method: 'POST', agent },
          signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
          headers: {
            authorization,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(payload),
          },
        })
        sent.on('error', failed)
        sent.on('socket', reached)
        sent.on('response', response => {
          let length = 0
          response.on('data', (part: Buffer) => {
            length += part.length
            if (length > LARGEST) response.destroy(new Error('The answer is too long.'))
          })
          text(response).then(answer => done({ status: response.statusCode ?? 0, answer }), failed)
        })
        sent.end(payload)
      },
    )
    if (status === 204) return undefined
    const json = parsed(answer)
    if (status === 200) return json
    const problem = Problem.pick({ code: true, message: true, advice: true }).safeParse(json)
    throw new Error(
      problem.success
        ? `The gateway refuses this guest (${problem.data.code}): ${problem.data.message}`
        : `The gateway answered with status ${status}.`,
    )
  }

  return {
    prepare: async () => {
      const until = clock.now() + AHEAD_MS
      for (const { path } of [guestRoutes.answers, guestRoutes.next])
        ahead.set(path, { token: await sign(path), until })
    },
    next: async (signal, reached) => {
      const command = await post(guestRoutes.next.path, {}, signal, reached)
      return command === undefined ? undefined : GuestCommand.parse(command)
    },
    answer: async (answer, signal) => void (await post(guestRoutes.answers.path, answer, signal)),
    close: () => agent.destroy(),
  }
}

const readAuthority = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch(error => {
    throw new SecretFileError('CA certificate', path, error)
  })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
