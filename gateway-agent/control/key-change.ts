import { readFile } from 'node:fs/promises'
import { CompactSign, importJWK } from 'jose'
import { z } from 'zod'
import type { Client } from '#core/contracts/client.ts'
import { KEY_ANNOUNCEMENT_TYPE } from '#core/contracts/gateway-key.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { limits } from '../limits.ts'
import type { Log } from '../log.ts'
import { type Chore, createChore } from './chore.ts'
import { KeyChangeUnreadableError, KeyRefusedError } from './errors.ts'
import { type Identity, newKey, PrivateJwk, saveIdentity } from './identity.ts'
import type { Patience } from './patience.ts'
import { replacePrivateFile } from './private-file.ts'

/** The last change of the key: under way as long as the identity is `from`. The former key stays until the next change, for a control plane that has lost this one. */
const KeyChange = z.strictObject({ from: PrivateJwk, to: PrivateJwk })
type KeyChange = z.infer<typeof KeyChange>
type Key = KeyChange['to']

export interface KeyChangeHost {
  identity: Identity
  identityFile: string
  /** Beside it, so that an older program still reads the identity. */
  changeFile: string
  /** @returns a client whose calls are signed with this key */
  clientWith: (key: Key) => Client
  log: Log
}

/**
 * Replaces the key of this gateway, or goes on with a change that was begun. Both keys are on disk before the control plane hears of the next one, and the next one
 * signs nothing else before the control plane has taken it: a crash at any step leaves a key that it takes, and the same steps end the change.
 * @throws `KEY_CHANGE_UNREADABLE`, `GATEWAY_KEY_REFUSED` where neither key is taken, `CONTROL_PLANE_UNREACHABLE`, errors of the call and of the disk
 */
export const changeKey = async (host: KeyChangeHost): Promise<void> => {
  const { identity, identityFile, changeFile, log } = host
  const before = await loadKeyChange(changeFile)
  const change = isUnderWay(before, identity)
    ? before
    : { from: identity.privateKey, to: await newKey() }
  if (change !== before) await replacePrivateFile(changeFile, `${JSON.stringify(change)}\n`)
  await haveTaken(host, change)
  await saveIdentity(identityFile, { ...identity, privateKey: change.to })
  identity.privateKey = change.to
  log.info(`This gateway signs with a new key: ${change.to.x} instead of ${change.from.x}.`)
}

/**
 * For a key that the control plane refuses: has it taken once more, by the former key. It helps where the catalog was restored to a state before the change, or
 * another region took over that had not heard of it.
 * @returns whether there was a former key to do it with
 * @throws as `changeKey`
 */
export const haveKeyTakenAgain = async (host: KeyChangeHost): Promise<boolean> => {
  const change = await loadKeyChange(host.changeFile)
  if (change?.to.x !== host.identity.privateKey.x) return false
  await haveTaken(host, change)
  return true
}

/** @throws `KEY_CHANGE_UNREADABLE` */
export const loadKeyChange = async (file: string): Promise<KeyChange | undefined> => {
  try {
    return KeyChange.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new KeyChangeUnreadableError(file, error)
  }
}

const isUnderWay = (change: KeyChange | undefined, identity: Identity): change is KeyChange =>
  change?.from.x === identity.privateKey.x

/** Whatever of it was done before: asks for the end first. */
const haveTaken = async ({ identity, clientWith }: KeyChangeHost, { from, to }: KeyChange) => {
  const { gatewayId = '' } = identity
  const announcement = await announcementOf(gatewayId, { from, to })
  const call = (key: Key) =>
    clientWith(key).call('changeKey', { params: { gatewayId }, body: { announcement } })
  if (await taken(call(to))) return
  if (!(await taken(call(from)))) throw new KeyRefusedError()
  await call(to)
}

/** @returns false where the key is none that the control plane takes */
const taken = async (called: Promise<unknown>): Promise<boolean> => {
  try {
    await called
    return true
  } catch (error) {
    if (asXenkeepError(error).code !== 'TOKEN_INVALID') throw error
    return false
  }
}

const announcementOf = async (gatewayId: string, { from, to }: KeyChange): Promise<string> => {
  const payload = JSON.stringify({ gatewayId, publicKey: to.x })
  return sign(await sign(payload, to), from)
}

const sign = async (text: string, key: Key): Promise<string> =>
  new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'EdDSA', typ: KEY_ANNOUNCEMENT_TYPE })
    .sign(await importJWK(key, 'EdDSA'))

/** Changes the key when the control plane asks for it, ends a change that a crash left, and looks for help where the key is refused. */
export const keyChangeChore = (
  host: KeyChangeHost & { patience: Patience },
): Chore & { wanted(): void; refused(): void } => {
  const { identity, changeFile, patience, log } = host
  const asked = { wanted: false, refused: false }
  const chore = createChore({
    name: 'The change of the key of this gateway',
    everyMs: limits.keyChangeMs,
    retryMs: limits.keyChangeRetryMs,
    work: async () => {
      if (!identity.gatewayId) return
      if (asked.wanted || isUnderWay(await loadKeyChange(changeFile), identity)) {
        await changeKey(host)
        asked.wanted = false
      } else if (asked.refused && (await haveKeyTakenAgain(host)))
        log.info('The control plane takes the key of this gateway again.')
      asked.refused = false
    },
    patience,
    log,
  })
  const ask = (what: keyof typeof asked) => () => {
    if (asked[what]) return
    asked[what] = true
    chore.poke()
  }
  return { ...chore, wanted: ask('wanted'), refused: ask('refused') }
}
