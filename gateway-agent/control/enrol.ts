import { readFile, rm } from 'node:fs/promises'
import type { Client } from '#core/contracts/client.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Log } from '../log.ts'
import { type Identity, saveIdentity } from './identity.ts'
import type { Patience } from './patience.ts'

/** How often the file is looked at, in ms. */
const POLL_MS = 250

/**
 * Waits for a one-time code in `codeFile`, hands it in with the public key, and keeps the gateway id. A crash in between is
 * harmless: the key is the same at the next attempt. Returns early, without an id, when `signal` is aborted.
 */
export const enrol = async ({
  client,
  identity,
  identityFile,
  codeFile,
  name,
  patience,
  signal,
  log,
}: {
  client: Client
  identity: Identity
  identityFile: string
  codeFile: string
  name: string
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

  let refused = '' // asking again with a code that is no good would be counted as guessing
  while (!signal.aborted) {
    const code = (await readFile(codeFile, 'utf8').catch(() => '')).trim()
    if (code === '') {
      tellOnce(`This gateway is not enrolled; it waits for a one-time code in ${codeFile}.`)
    } else if (code !== refused) {
      try {
        const { gatewayId } = await client.call('enrol', {
          body: { code, name, publicKey: identity.privateKey.x },
          signal,
        })
        identity.gatewayId = gatewayId
        await saveIdentity(identityFile, identity)
        await rm(codeFile, { force: true })
        log.info(`Enrolled as gateway ${gatewayId}.`)
        return
      } catch (error) {
        if (signal.aborted) continue
        tellOnce('The enrolment did not succeed yet', error)
        if (asXenkeepError(error).code === 'ENROLMENT_CODE_INVALID') refused = code
      }
    }
    await patience.wait(POLL_MS, signal)
  }
}
