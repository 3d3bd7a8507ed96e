import { compactVerify, importJWK } from 'jose'
import { KEY_ANNOUNCEMENT_TYPE, KeyAnnouncement } from '#core/contracts/gateway-key.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { TokenInvalidError } from '#core/errors/request.ts'
import { readGateway } from '#core/gateways/gateway.ts'
import { changeKey as change, withKey } from '#core/gateways/key-change.ts'
import { recordAudit } from '../../audit.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** A gateway replaces its key pair: it announces the next key with the one of today, then has it taken with the next one. Only the second leaves records. */
export const changeKey =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'auditCopy'>) =>
  async ({
    params: { gatewayId },
    body,
    caller,
  }: RouteCall<'changeKey'>): Promise<RouteReply<'changeKey'>> => {
    const { catalog, clock } = ports
    const { signedBy } = caller
    const gateway = await readGateway(catalog, gatewayId)
    const publicKey = await announced(body.announcement, gatewayId, signedBy)
    const wanted = { signedBy, publicKey }
    const after = withKey(gateway, wanted, clock.now())
    if (after.publicKey === gateway.publicKey)
      return { state: await change(catalog, gatewayId, wanted, clock.now()) }

    const entry = {
      ...{ who: gateway.name, source: 'gateway' as const, action: 'changeKey', target: gatewayId },
      detail: `public key ${publicKey} instead of ${gateway.publicKey}`,
    }
    const { seq } = await recordAudit(ports, { ...entry, outcome: 'asked' })
    const state = await change(catalog, gatewayId, wanted, clock.now()).catch(async error => {
      const { code, retryable } = asXenkeepError(error)
      const outcome = retryable ? 'failed' : 'refused'
      await recordAudit(ports, { ...entry, outcome, code, of: seq })
      throw error
    })
    await recordAudit(ports, { ...entry, outcome: 'done', of: seq })
    return { state }
  }

/**
 * The key that is announced. Who signed the call with that very key has had its announcement looked at before.
 * @throws `TOKEN_INVALID`
 */
const announced = async (
  announcement: string,
  gatewayId: string,
  signedBy: string,
): Promise<string> => {
  const inner = payloadOf(announcement)
  const read = KeyAnnouncement.safeParse(parsed(payloadOf(inner)))
  if (!read.success || read.data.gatewayId !== gatewayId) throw new TokenInvalidError(UNSIGNED)
  const { publicKey } = read.data
  await verify(inner, publicKey)
  if (publicKey !== signedBy) await verify(announcement, signedBy)
  return publicKey
}

const UNSIGNED = 'what announces the new key is not signed with both keys of this gateway'

const verify = async (jws: string, publicKey: string): Promise<void> => {
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: publicKey }, 'EdDSA')
  const { protectedHeader } = await compactVerify(jws, key, {
    algorithms: ['EdDSA', 'Ed25519'],
  }).catch(cause => {
    throw new TokenInvalidError(UNSIGNED, cause)
  })
  if (protectedHeader.typ !== KEY_ANNOUNCEMENT_TYPE) throw new TokenInvalidError(UNSIGNED)
}

/** Not proven yet. */
const payloadOf = (jws: string): string =>
  Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const handler = httpHandler('changeKey', changeKey)
