import { keys } from '../catalog/keys.ts'
import { IdempotencyKeyReusedError } from '../errors/request.ts'
import { toHex } from '../ids.ts'
import type { Catalog, CatalogKey, CatalogWrite } from '../ports.ts'

/** A request that asks for a run, under the key that its caller gave it. */
export interface Start {
  key: CatalogKey
  /** SHA-256 of what was asked for. */
  request: string
}

/** @param caller keys of two people never meet */
export const startOf = async (caller: string, key: string, request: unknown): Promise<Start> => ({
  key: keys.start(await sha256(JSON.stringify([caller, key]))),
  request: await sha256(JSON.stringify(request)),
})

/** What to write in one piece with the run: of two equal requests at once only one gets through. */
export const startWrite = ({ key, request }: Start, runId: string): CatalogWrite => ({
  kind: 'put',
  key,
  value: { runId, request },
  expect: 'absent',
})

/**
 * @returns the run that the same request has started already
 * @throws `IDEMPOTENCY_KEY_REUSED`
 */
export const runStartedBy = async (
  catalog: Catalog,
  { key, request }: Start,
): Promise<string | undefined> => {
  const before = (await catalog.get<{ runId: string; request: string }>(key))?.value
  if (before && before.request !== request) throw new IdempotencyKeyReusedError(before.runId)
  return before?.runId
}

const sha256 = async (text: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
