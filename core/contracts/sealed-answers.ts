import { AnswerNotAuthenticError, ReaderKeyInvalidError } from '../errors/files.ts'
import { AnswerKey, LOOK_LIMITS, type Seal } from './guest-files.ts'

/*
 * How names and contents of a guest's files travel from the gateway to one browser, by way of a store that must not read them
 * (docs/decisions/0331-answers-sealed-to-the-browser.md). The same code runs on both sides, on what both have: the Web Cryptography API.
 *
 * For each answer: an ephemeral key pair of ECDH P-256; HKDF-SHA-256 (RFC 5869) over what it shares with the reader's key, with 32 random bytes of salt and
 * the run and question as info, gives one key of AES-256-GCM. Its messages are the parts. The nonce (96 bits) is seven zero bytes, the number of the part (32
 * bits, big endian), and a byte that is 1 for the last part and 0 for the others: the construction STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online
 * Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015). A part that is changed, swapped, repeated or left out does not open.
 *
 * On the wire a part is that last byte, the ciphertext, and the tag of 16 bytes.
 */

/** Bytes that sealing adds to a part. */
export const SEAL_BYTES = 1 + 16

/** Which answer it is: one that is given to another question does not open. */
export interface AnswerTo {
  runId: string
  questionId: string
}

type Bytes = Uint8Array<ArrayBuffer>
type Key = Awaited<ReturnType<typeof newPair>>['privateKey']

const CURVE = { name: 'ECDH', namedCurve: 'P-256' }
const newPair = () => crypto.subtle.generateKey(CURVE, false, ['deriveBits'])

/** @returns a key pair; its private half cannot leave the program that made it */
export const newReader = async (): Promise<{ publicKey: string; privateKey: Key }> => {
  const { publicKey, privateKey } = await newPair()
  return { publicKey: toText(await crypto.subtle.exportKey('raw', publicKey)), privateKey }
}

/** @throws `READER_KEY_INVALID` */
const readKey = async (text: string): Promise<Key> => {
  if (!AnswerKey.safeParse(text).success) throw new ReaderKeyInvalidError()
  try {
    // Refused where it is no point of the curve.
    return await crypto.subtle.importKey('raw', fromText(text), CURVE, true, [])
  } catch (error) {
    throw new ReaderKeyInvalidError(error)
  }
}

const keyOf = async (
  own: Key,
  other: Key,
  salt: Bytes,
  { runId, questionId }: AnswerTo,
  use: 'encrypt' | 'decrypt',
): Promise<Key> => {
  const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: other }, own, 256)
  const secret = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey'])
  const info = new TextEncoder().encode(`xenkeep sealed answer 1 ${runId} ${questionId}`)
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt, info }
  return crypto.subtle.deriveKey(hkdf, secret, { name: 'AES-GCM', length: 256 }, false, [use])
}

const nonceOf = (number: number, last: boolean): Bytes => {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setUint32(7, number)
  nonce[11] = last ? 1 : 0
  return nonce
}

export interface SealedAnswer {
  seal: Seal
  /**
   * Seals the next part, in the order of the calls.
   * @param plain at most `LOOK_LIMITS.partBytes`
   * @param last none may follow
   */
  part(plain: Bytes, last: boolean): Promise<Bytes>
}

/**
 * @param publicKey of whoever asked
 * @throws `READER_KEY_INVALID`
 */
export const sealAnswer = async (publicKey: string, to: AnswerTo): Promise<SealedAnswer> => {
  const reader = await readKey(publicKey)
  const { publicKey: epk, privateKey } = await newReader()
  const salt = crypto.getRandomValues(new Uint8Array(32))
  const key = await keyOf(privateKey, reader, salt, to, 'encrypt')
  let number = 0
  let ended = false
  return {
    seal: { epk, salt: toText(salt.buffer) },
    async part(plain, last) {
      if (ended || plain.length > LOOK_LIMITS.partBytes) throw new RangeError('no such part')
      ended = last
      const iv = nonceOf(number++, last)
      const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain)
      const whole = new Uint8Array(1 + sealed.byteLength)
      whole[0] = last ? 1 : 0
      whole.set(new Uint8Array(sealed), 1)
      return whole
    },
  }
}

export interface OpenedAnswer {
  /**
   * Opens the next part. One after the other; after a failure the same may be tried again, should it have been damaged on the way.
   * @throws `ANSWER_NOT_AUTHENTIC`
   */
  part(sealed: Bytes): Promise<{ plain: Bytes; last: boolean }>
  /** @throws `ANSWER_NOT_AUTHENTIC` where the last part has not come: the answer was cut off */
  end(): void
}

/**
 * @param privateKey of `newReader`
 * @throws `READER_KEY_INVALID` where the seal has no key
 */
export const openAnswer = async (
  privateKey: Key,
  seal: Seal,
  to: AnswerTo,
): Promise<OpenedAnswer> => {
  const epk = await readKey(seal.epk)
  const key = await keyOf(privateKey, epk, fromText(seal.salt), to, 'decrypt')
  let number = 0
  let ended = false
  return {
    async part(sealed) {
      if (ended) throw new AnswerNotAuthenticError('something follows its last part')
      const last = sealed[0] === 1
      const iv = nonceOf(number, last)
      if (!last && sealed[0] !== 0) throw damaged(number)
      const plain = await crypto.subtle
        .decrypt({ name: 'AES-GCM', iv }, key, sealed.subarray(1))
        .catch(() => {
          throw damaged(number)
        })
      number++
      ended = last
      return { plain: new Uint8Array(plain), last }
    },
    end() {
      if (!ended) throw new AnswerNotAuthenticError(`it ends after ${number} parts, in its midst`)
    },
  }
}

const damaged = (number: number) =>
  new AnswerNotAuthenticError(`part ${number} is damaged, or not the one it should be`)

const toText = (bytes: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')

const fromText = (text: string): Bytes =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), char => char.charCodeAt(0))
