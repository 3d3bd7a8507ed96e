import { isConflict, queryAll, writeInBatches } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { toHex } from '../ids.ts'
import type { Catalog, CatalogWrite, Person } from '../ports.ts'
import type { Run } from '../runs/run.ts'
import type { Look } from './look.ts'

const DAY = 24 * 60 * 60_000 // ms
/** Looks that are forgotten when another one begins: somebody waits for that. */
const FORGOTTEN_AT_ONCE = 5

/**
 * One look of a person at a point at a time: the page of an earlier one is gone, or about to be, and with it the key that its answers are sealed for.
 * @returns the run of the earlier look where that is open, and what to write with the new one: of two that begin at once one meets a conflict
 */
export const beginLook = async (
  catalog: Catalog,
  { runId, pointId, now }: { runId: string; pointId: string; now: number },
  { name, id = name }: Pick<Person, 'name' | 'id'>,
): Promise<{ former?: string; writes: CatalogWrite[] }> => {
  const of = await sha256(JSON.stringify([id, pointId]))
  const key = keys.lookOf(of)
  const item = await catalog.get<{ runId: string }>(key)
  const run = item && (await catalog.get<Run>(keys.run(item.value.runId)))?.value
  const look: Look = { runId, begun: now, of, questions: 0, open: [] }
  return {
    ...(run && isOpen(run) && { former: run.runId }),
    writes: [
      { kind: 'put', key: keys.look(runId), value: look, expect: 'absent' },
      { kind: 'put', key, value: { runId }, expect: item ? { version: item.version } : 'absent' },
    ],
  }
}

/**
 * Forgets looks that began more than a day ago and have ended, some at each call: what was sealed for them is gone from transit as well. The run, its outcome and the
 * audit records stay. Called when another begins, and at the end of the daily maintenance, so that paths are not left where nobody looks again.
 */
export const forgetLooks = async (
  catalog: Catalog,
  now: number,
  atOnce = FORGOTTEN_AT_ONCE,
): Promise<void> => {
  const { items } = await catalog.query<Look>(keys.look('').pk, { limit: atOnce })
  for (const { value } of items) {
    if (value.begun + DAY > now) return
    const { runId, of } = value
    const run = (await catalog.get<Run>(keys.run(runId)))?.value
    if (run && isOpen(run)) continue
    const last = await catalog.get<{ runId: string }>(keys.lookOf(of))
    const questions = await Array.fromAsync(
      queryAll(catalog, keys.question(runId, '').pk),
      ({ pk, sk }) => ({ pk, sk }),
    )
    if (last?.value.runId === runId)
      await catalog
        .write([{ kind: 'delete', key: keys.lookOf(of), expect: { version: last.version } }])
        .catch(unlessConflict) // another look has begun there
    await writeInBatches(
      catalog,
      [...questions, keys.look(runId)].map(key => ({ kind: 'delete', key, expect: 'any' })),
    )
  }
}

const unlessConflict = (error: unknown): void => {
  if (!isConflict(error)) throw error
}

const isOpen = ({ state }: Run): boolean => state === 'running' || state === 'waiting'

const sha256 = async (text: string): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
