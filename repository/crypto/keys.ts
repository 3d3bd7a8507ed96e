import { createHmac } from 'node:crypto'
import { hex } from '../format/bytes.ts'
import { TYPE } from '../format/kinds.ts'
import type { PackKind } from '../format/names.ts'
import type { Session } from '../format/session-entry.ts'
import { deriveKey, u32 } from './hkdf.ts'
import { secretKey } from './secret-key.ts'

/** All that follows from the root key; docs/repository-format.md, section 5. Holds secrets: never log or return one. */
export interface Keys {
  /** 16 bytes */
  readonly repositoryId: Uint8Array
  /** HMAC over the bootstrap's other members, 64 hex digits */
  bootstrapMac(input: Uint8Array): string
  /** @returns 32 bytes: the id of a record of this type with this plaintext */
  recordId(type: number, plaintext: Uint8Array): Buffer
  /** @returns the secret that ids of this type are made with, for `recordIdWith` in another thread */
  recordIdKey(type: number): Uint8Array
  /** Where streams are cut follows from it: 256 secret numbers, the same for ever. */
  readonly gearTable: Int32Array
  /** @returns 32 hex digits that stand for the VM in object names */
  vmTag(vmUuid: string): string
  /** @returns the key of all records of a session */
  session(session: Session): Buffer
  trailer(pack: { id: Uint8Array; salt: Uint8Array; epoch: number }): Buffer
  object(sealed: { salt: Uint8Array; epoch: number }): Buffer
}

/**
 * @param rootKey 32 bytes; copied
 * @param id of the repository, 16 bytes
 */
export const deriveKeys = (rootKey: Uint8Array, id: Uint8Array): Keys => {
  // In memory of its own: a message to another thread copies all of the memory that a view looks at.
  const repositoryId = Uint8Array.from(id)
  // Epoch keys are derived when they are first needed; by then the caller may have wiped its bytes.
  const root = Buffer.from(rootKey)
  const idKey = deriveKey(root, 'xenkeep/1 id', [repositoryId])
  const bootstrapKey = deriveKey(root, 'xenkeep/1 bootstrap', [repositoryId])

  const epochKey = memo((name: string, epoch: number) =>
    deriveKey(root, `xenkeep/1 ${name}`, [repositoryId, u32(epoch)]),
  )
  const recordIdKey = memo((_: string, type: number) =>
    type === TYPE.chunk
      ? idKey
      : deriveKey(idKey, 'xenkeep/1 record id', [repositoryId, Uint8Array.of(type)]),
  )
  const epochKeyOf = (kind: PackKind, epoch: number) =>
    epochKey(kind === 'data' ? 'data' : 'metadata', epoch)

  // A pack has one session and hundreds of records: 0.05 ms of CPU for each, otherwise.
  const sessions = new Map<string, Buffer>()
  const session = ({ id, salt, epoch, kind }: Session): Buffer => {
    const name = `${hex(id)} ${hex(salt)} ${epoch} ${kind}`
    const known = sessions.get(name)
    if (known) return known
    const key = deriveKey(epochKeyOf(kind, epoch), 'pack', [repositoryId, id], salt)
    if (sessions.size >= SESSIONS) sessions.clear()
    sessions.set(name, key)
    return key
  }

  let gear: Int32Array | undefined
  return {
    repositoryId,
    get gearTable() {
      gear ??= gearTableOf(idKey, repositoryId)
      return gear
    },
    bootstrapMac: input => hex(hmac(bootstrapKey, input)),
    recordId: (type, plaintext) => hmac(recordIdKey('', type), plaintext),
    recordIdKey: type => recordIdKey('', type),
    vmTag: vmUuid => hex(hmac(idKey, Buffer.from(vmUuid.toLowerCase())).subarray(0, 16)),
    session,
    trailer: ({ id, salt, epoch }) =>
      deriveKey(epochKey('metadata', epoch), 'trailer', [repositoryId, id], salt),
    object: ({ salt, epoch }) =>
      deriveKey(epochKey('metadata', epoch), 'object', [repositoryId], salt),
  }
}

/** Keys of sessions that are remembered. */
const SESSIONS = 256

const GEARS = 256 // one for each value of a byte

const gearTableOf = (idKey: Uint8Array, repositoryId: Uint8Array): Int32Array => {
  const bytes = deriveKey(idKey, 'xenkeep/1 gear', [repositoryId], undefined, GEARS * 4)
  return Int32Array.from({ length: GEARS }, (_, i) => bytes.readInt32LE(i * 4))
}

/** @returns 32 bytes: the id of a record */
export const recordIdWith = (idKey: Uint8Array, plaintext: Uint8Array): Buffer =>
  hmac(idKey, plaintext)

const hmac = (key: Uint8Array, data: Uint8Array): Buffer =>
  createHmac('sha256', secretKey(key)).update(data).digest()

const memo = (make: (name: string, n: number) => Buffer) => {
  const made = new Map<string, Buffer>()
  return (name: string, n: number): Buffer => {
    const known = made.get(`${name} ${n}`)
    if (known) return known
    const key = make(name, n)
    made.set(`${name} ${n}`, key)
    return key
  }
}
