import { isConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { AnswerNotKeptError, IdempotencyKeyInUseError } from '../errors/people.ts'
import { IdempotencyKeyReusedError } from '../errors/request.ts'
import { toHex } from '../ids.ts'
import type { Catalog, CatalogKey, CatalogWrite } from '../ports.ts'

/** How long an answer is kept, in ms: a caller that was down over night still gets it. */
export const KEPT_MS = 24 * 3_600_000

/** Longer than any call takes (20 s, infra/constructs/handler-function.ts), in ms: whoever did not answer by then never will, and the next may. */
const WORKS_MS = 25_000

interface Stored {
  /** SHA-256 of what was asked for. */
  request: string
  /** When it came, ms since 1970. */
  at: number
  /** The answer as JSON; `null` where it was done and the answer is not kept. Left out while it is being worked on. */
  answer?: string | null
}

/** The right to do what was asked for under a key. */
export interface Reservation {
  key: CatalogKey
  version: number
  value: Stored
}

/**
 * Takes a key for one request.
 * @param caller keys of two callers never meet
 * @param upSince who worked on it before that is gone (ms since 1970)
 * @returns the reservation, or the answer that the same request got before
 * @throws `IDEMPOTENCY_KEY_REUSED`, `IDEMPOTENCY_KEY_IN_USE`, `IDEMPOTENCY_ANSWER_NOT_KEPT`
 */
export const reserve = async (
  catalog: Catalog,
  { caller, key: given, request }: { caller: string; key: string; request: unknown },
  now: number,
  upSince = 0,
): Promise<Reservation | { answer: string }> => {
  const key = keys.idempotent(await sha256(JSON.stringify([caller, given])))
  const value: Stored = { request: await sha256(JSON.stringify(request)), at: now }
  const before = await catalog.get<Stored>(key)
  const isOver = before !== undefined && before.value.at + KEPT_MS <= now
  if (before && !isOver) {
    if (before.value.request !== value.request) throw new IdempotencyKeyReusedError()
    if (before.value.answer === null) throw new AnswerNotKeptError()
    if (before.value.answer !== undefined) return { answer: before.value.answer }
    if (before.value.at + WORKS_MS > now && before.value.at >= upSince)
      throw new IdempotencyKeyInUseError()
  }
  const expect = before ? { version: before.version } : ('absent' as const)
  try {
    await catalog.write([{ kind: 'put', key, value, expect }])
  } catch (error) {
    throw isConflict(error) ? new IdempotencyKeyInUseError() : error
  }
  if (key.sk.endsWith('0')) await sweep(catalog, key.sk, now)
  return { key, version: (before?.version ?? 0) + 1, value }
}

/** What to write with the work, or after it. @param answer JSON; left out where it is not to be kept */
export const settleWrite = (
  { key, version, value }: Reservation,
  answer: string | undefined,
): CatalogWrite => ({
  kind: 'put',
  key,
  value: { ...value, answer: answer ?? null } satisfies Stored,
  expect: { version },
})

/** What to write with what undoes the work: the next request under the key is a first one again. */
export const withdrawWrite = ({ key }: Reservation): CatalogWrite => ({
  ...{ kind: 'delete', key, expect: 'any' },
})

/** Gives a key back: what was refused, or failed, may be asked for again. What has been settled stays. */
export const release = (catalog: Catalog, { key, version }: Reservation): Promise<void> =>
  catalog.write([{ kind: 'delete', key, expect: { version } }]).catch(() => undefined)

/** One call in sixteen removes up to 100 old ones behind its own: hashes are spread evenly, so in time each is met. */
const sweep = async (catalog: Catalog, after: string, now: number): Promise<void> => {
  const { items } = await catalog.query<Stored>(keys.idempotent('').pk, { after, limit: 100 })
  const old = items.filter(({ value }) => value.at + KEPT_MS <= now)
  if (old.length > 0)
    await catalog
      .write(
        old.map(({ pk, sk, version }) => ({
          kind: 'delete',
          key: { pk, sk },
          expect: { version },
        })),
      )
      .catch(() => undefined)
}

const sha256 = async (text: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
