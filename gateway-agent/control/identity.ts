import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { z } from 'zod'
import { Ulid } from '#core/contracts/ids.ts'
import { IdentityUnreadableError } from './errors.ts'

const PrivateJwk = z.object({
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
  /** Stands for this agent in the marks on XenServer objects. Follows from the key, so it outlives an enrolment. */
  owner: string
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
    const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const identity = await identityOf({ privateKey: PrivateJwk.parse(await exportJWK(privateKey)) })
    await saveIdentity(file, identity)
    return identity
  }
  try {
    return await identityOf(IdentityFile.parse(JSON.parse(text)))
  } catch (error) {
    throw new IdentityUnreadableError(file, error)
  }
}

/** Replaces the file in one step, readable by its owner only. */
export const saveIdentity = async (
  file: string,
  { gatewayId, privateKey }: Identity,
): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const text = JSON.stringify({ ...(gatewayId ? { gatewayId } : {}), privateKey }, null, 2)
  const draft = `${file}.new`
  await writeFile(draft, `${text}\n`, { mode: 0o600, flush: true })
  await chmod(draft, 0o600) // a draft of a former crash keeps its own mode
  await rename(draft, file)
}

const identityOf = async (file: z.infer<typeof IdentityFile>): Promise<Identity> => ({
  ...file,
  // RFC 7638, 43 characters of base64url; 16 of them (96 bits) are enough to be nobody else's.
  owner: (await calculateJwkThumbprint(file.privateKey)).slice(0, 16),
})
