import type { Clock } from '#core/ports.ts'

/**
 * Something that holds for a while, and of one thing only: of a catalog, since another one may come to stand behind the control plane (this gateway was
 * enrolled anew, another region took over) and a catalog can be set back to a former time; or of a plan that may be changed.
 * @param of what it holds for; where that is another one, it is made anew, as it is after `forMs`
 * @returns what is remembered now
 */
export const remembered = <T>(
  make: () => T,
  { of, clock, forMs }: { of: () => string; clock: Clock; forMs: number },
): (() => T) => {
  let known: { value: T; of: string; since: number } | undefined
  return () => {
    const now = clock.now()
    if (known?.of !== of() || now - known.since >= forMs)
      known = { value: make(), of: of(), since: now }
    return known.value
  }
}
