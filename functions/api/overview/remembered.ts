import type { Clock } from '#core/ports.ts'

/**
 * Gives an answer again for a while, to all who ask meanwhile; one that failed is not kept.
 * @param keepMs for how long, told by the answer itself
 */
export const remembered = <T>(
  look: () => Promise<T>,
  keepMs: (answer: T) => number,
  { clock }: { clock: Clock },
): (() => Promise<T>) => {
  let kept: { answer: T; until: number } | undefined
  let underWay: Promise<T> | undefined
  const lookAnew = async (): Promise<T> => {
    try {
      const answer = await look()
      kept = { answer, until: clock.now() + keepMs(answer) }
      return answer
    } finally {
      underWay = undefined
    }
  }
  return async () => {
    if (kept && clock.now() < kept.until) return kept.answer
    underWay ??= lookAnew()
    return underWay
  }
}
