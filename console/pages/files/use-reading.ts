import { useEffect, useState } from 'react'
import type { FilesQuestion } from '#core/contracts/guest-files.ts'
import { useApi } from '../../api/context.tsx'
import { type AnswerProgress, askGuest, type OpenLook } from './answer.ts'
import { type Contents, readContents } from './contents.ts'
import { keyOf, type Place } from './place.ts'

/** What is there at a place, as far as it was read. */
export type Reading =
  /** Nobody can be asked now. */
  | { state: 'closed' }
  | { state: 'reading'; since: number; progress: AnswerProgress }
  /** `runId`: of the look; the next one tries again. */
  | { state: 'failed'; runId: string; error: unknown }
  | { state: 'read'; contents: Contents }

/** Places that are kept, the oldest gone first; one has up to 10,000 entries. */
const KEPT = 50

/**
 * Reads each place once, and keeps what was read in memory as long as the page is shown. A place that somebody leaves while it is read is read again when they come back.
 * @param asking where questions may be asked now
 */
export const useReading = (asking: OpenLook | undefined, place: Place) => {
  const { client } = useApi()
  const [known, setKnown] = useState<ReadonlyMap<string, Reading>>(new Map())
  const key = keyOf(place)
  const at = known.get(key)
  const isDone = at?.state === 'read' || (at?.state === 'failed' && at.runId === asking?.runId)
  const isWanted = asking !== undefined && !isDone
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the place, the run for the look
  useEffect(() => {
    if (!isWanted) return undefined
    const leaving = new AbortController()
    const { signal } = leaving
    const set = (reading: Reading) => {
      if (!signal.aborted) setKnown(before => withReading(before, key, reading))
    }
    const since = Date.now()
    const onProgress = (progress: AnswerProgress) => set({ state: 'reading', since, progress })
    onProgress({ state: 'waiting' })
    const { volume, path } = place
    const question: FilesQuestion =
      volume === undefined ? { what: 'volumes' } : { what: 'list', volume, path }
    const answer = askGuest(asking, question, { client, signal, onProgress })
    readContents(question, answer).then(
      contents => set({ state: 'read', contents }),
      error => set({ state: 'failed', runId: asking.runId, error }),
    )
    return () => {
      leaving.abort()
      setKnown(before => (before.get(key)?.state === 'reading' ? without(before, key) : before))
    }
  }, [key, isWanted, asking?.runId, client])
  return {
    reading: at ?? ({ state: 'closed' } as const),
    again: () => setKnown(before => without(before, key)),
  }
}

const without = (known: ReadonlyMap<string, Reading>, key: string) =>
  new Map([...known].filter(([one]) => one !== key))

const withReading = (known: ReadonlyMap<string, Reading>, key: string, reading: Reading) =>
  new Map([...without(known, key), [key, reading] as const].slice(-KEPT))
