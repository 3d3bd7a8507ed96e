import type { Clock } from '#core/ports.ts'

/**
 * Something that holds for one catalog only, and not for ever: made anew when `of` says that another catalog may be behind the control plane (this
 * gateway was enrolled anew, another region took over), and after `forMs`, since a catalog can be set back to a former time.
 * @param make of nothing known
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
