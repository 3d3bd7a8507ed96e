import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { ulid } from 'ulid'
import { type GuestAnswer, type GuestCommand, guestRoutes } from '#core/contracts/guest-api.ts'

/** A key pair of a guest, and its signed calls, as an agent in it would make them (docs/guest-agent-protocol.md). */
export const guestAgent = async () => {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  const jwk = await exportJWK(publicKey)
  const iss = await calculateJwkThumbprint(jwk)

  const sign = (path: string, { at = Date.now(), jti = ulid() } = {}) => {
    const now = Math.floor(at / 1_000)
    return new SignJWT({ htm: 'POST', htu: path, iat: now, exp: now + 60 })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(iss)
      .setJti(jti)
      .sign(privateKey)
  }

  /** @param authority PEM of the door's certificate */
  const callsTo = (port: number, authority: string, stop?: AbortSignal) => {
    const call = async (path: string, body: unknown, token?: string) => {
      const authorization = `Bearer ${token ?? (await sign(path))}`
      return new Promise<{ status: number; body: unknown }>((resolve, reject) => {
        const sent = request(
          {
            ...{ host: '127.0.0.1', port, path, method: 'POST', ca: authority },
            ...{ servername: 'gateway', headers: { authorization }, agent: false },
            ...(stop && { signal: stop }),
          },
          response => {
            text(response).then(said => {
              const answered = said === '' ? undefined : JSON.parse(said)
              resolve({ status: response.statusCode ?? 0, body: answered })
            }, reject)
          },
        )
        sent.on('error', reject)
        sent.end(typeof body === 'string' ? body : JSON.stringify(body))
      })
    }
    return {
      call,
      next: async () => (await call(guestRoutes.next.path, {})).body as GuestCommand | undefined,
      answer: (answer: GuestAnswer) => call(guestRoutes.answers.path, answer),
    }
  }
  return { publicKey: jwk.x ?? '', sign, callsTo }
}
