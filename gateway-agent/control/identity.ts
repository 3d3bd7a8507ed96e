import { readFile } from 'node:fs/promises'
import { exportJWK, generateKeyPair } from 'jose'
import { z } from 'zod'
import { Ulid } from '#core/contracts/ids.ts'
import { IdentityUnreadableError } from './errors.ts'
import { replacePrivateFile } from './private-file.ts'

export const PrivateJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
})

const IdentityFile = z.strictObject({
  /** Absent until the control plane has enrolled this key. */
  gatewayId: Ulid.optional(),
  privateKey: PrivateJwk,
})

export interface Identity {
  gatewayId?: string | undefined
  privateKey: z.infer<typeof PrivateJwk>
}

export const newKey = async (): Promise<Identity['privateKey']> => {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  return PrivateJwk.parse(await exportJWK(privateKey))
}

/** @returns the key in this file; where there is none that can be read, a new one that stands there from then on */
export const keyKeptIn = async (file: string): Promise<Identity['privateKey']> => {
  try {
    return PrivateJwk.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    const key = await newKey()
    await replacePrivateFile(file, `${JSON.stringify(key)}\n`)
    return key
  }
}

/**
 * The key that this gateway signs with; made at the first start, never leaves the machine.
 * @throws `IDENTITY_UNREADABLE`
 */
export const loadIdentity = async (file: string): Promise<Identity> => {
  const text = await readFile(file, 'utf8').catch(error => {
    if (error.code === 'ENOENT') return undefined
    throw new IdentityUnreadableError(file, error)
  })
  if (text === undefined) {
    const identity: Identity = { privateKey: await newKey() }
    await saveIdentity(file, identity)
    return identity
  }
  try {
    return IdentityFile.parse(JSON.parse(text))
  } catch (error) {
    throw new IdentityUnreadableError(file, error)
  }
}

/** Replaces the file in one step, readable by its owner only. */
export const saveIdentity = async (
  file: string,
  { gatewayId, privateKey }: Identity,
): Promise<void> => {
  const text = JSON.stringify({ ...(gatewayId ? { gatewayId } : {}), privateKey }, null, 2)
  await replacePrivateFile(file, `${text}\n`)
}
