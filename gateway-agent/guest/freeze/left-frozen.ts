import type { KeptText } from '../../kept-text.ts'
import type { Log } from '../../log.ts'
import { thawHere } from './freezer.ts'

/**
 * Thaws what a former life of this process may have left frozen, when it was killed together with both helpers. Comes before anything else is written: the
 * folder of the agent may lie on what is frozen.
 * @param marked where the freezer notes what it is about to freeze
 */
export const thawLeftFrozen = async (
  marked: Pick<KeptText, 'load'>,
  log: Log,
  thaw: (mounts: readonly string[]) => Promise<void> = thawHere,
): Promise<void> => {
  const text = await marked.load()
  const mounts: unknown = text === undefined ? [] : parsed(text)
  if (!Array.isArray(mounts) || mounts.length === 0) return
  await thaw(mounts.map(String))
  log.warn(
    `The agent was killed while it held ${mounts.join(', ')} frozen, or soon after; they are thawed.`,
  )
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return []
  }
}
