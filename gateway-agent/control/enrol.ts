import { readFile, rm } from 'node:fs/promises'
import type { Client } from '#core/contracts/client.ts'
import type { GuestIdentity } from '#core/contracts/guests-api.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Log } from '../log.ts'
import { type Identity, keyKeptIn, saveIdentity } from './identity.ts'
import type { Patience } from './patience.ts'

/** How often the file is looked at, in ms. */
const POLL_MS = 250

/** Answers to a code that asking again does not change. */
const NO_GOOD = new Set(['ENROLMENT_CODE_INVALID', 'ENROLMENT_CODE_UNFIT', 'GUEST_TAKEN'])

/**
 * Waits for a one-time code in `codeFile`, hands it in with the public key, and keeps the gateway id. A crash in between is
 * harmless: the key is the same at the next attempt. Returns early, without an id, when `signal` is aborted.
 * @param options.newKeyFile where a new key waits to be enrolled instead of the one of today: who was revoked may have been so because somebody copied that
 */
export const enrol = async ({
  client,
  identity,
  identityFile,
  codeFile,
  newKeyFile,
  name,
  guest,
  patience,
  signal,
  log,
}: {
  client: Client
  identity: Identity
  identityFile: string
  codeFile: string
  newKeyFile?: string | undefined
  name: string
  /** What an agent in a guest tells of its machine; its code has to be one for a guest. */
  guest?: GuestIdentity
  patience: Patience
  signal: AbortSignal
  log: Log
}): Promise<void> => {
  let told = ''
  const tellOnce = (line: string, error?: unknown) => {
    const key = `${line} ${error ? asXenkeepError(error).code : ''}`
    if (told !== key) log.warn(line, error)
    told = key
  }

  const privateKey = newKeyFile === undefined ? identity.privateKey : await keyKeptIn(newKeyFile)
  let refused = '' // asking again with a code that is no good would be counted as guessing
  while (!signal.aborted) {
    const code = (await readFile(codeFile, 'utf8').catch(() => '')).trim()
    if (code === '') {
      tellOnce(
        `This ${guest ? 'guest' : 'gateway'} is not enrolled; it waits for a one-time code in ${codeFile}.`,
      )
    } else if (code !== refused) {
      try {
        const { gatewayId } = await client.call('enrol', {
          body: { code, name, publicKey: privateKey.x, ...(guest && { guest }) },
          signal,
        })
        await saveIdentity(identityFile, { gatewayId, privateKey })
        Object.assign(identity, { gatewayId, privateKey })
        if (newKeyFile !== undefined) await rm(newKeyFile, { force: true })
        await rm(codeFile, { force: true })
        log.info(`Enrolled as ${guest ? 'guest, by the id' : 'gateway'} ${gatewayId}.`)
        return
      } catch (error) {
        if (signal.aborted) continue
        tellOnce('The enrolment did not succeed yet', error)
        if (NO_GOOD.has(asXenkeepError(error).code)) refused = code
      }
    }
    await patience.wait(POLL_MS, signal)
  }
}
