import { setTimeout as sleep } from 'node:timers/promises'

/** Calls in all: with the pauses some two seconds, a tenth of what a function has (infra/constructs/handler-function.ts). */
const ATTEMPTS = 8
/** The longest pause before the second call, in ms; doubled before each further one, up to `LONGEST_PAUSE`. */
const FIRST_PAUSE = 20
const LONGEST_PAUSE = 640

/**
 * Repeats a write of DynamoDB that was refused for another transaction that held one of its items at that moment, or for too much at once. The SDK repeats neither in a
 * transaction (`TransactionCanceledException`). Nothing was compared and nothing written then, so the repetition is harmless, and says which it is: done, or
 * a condition that does not hold any more.
 */
export const whileHeld = async <T>(
  send: () => Promise<T>,
  pause: (longest: number) => Promise<unknown> = longest => sleep(Math.random() * longest),
): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (error) {
      if (!isHeld(error) || attempt === ATTEMPTS) throw error
      await pause(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)))
    }
  }
}

const PASSES = /^(TransactionConflict|ThrottlingError|ProvisionedThroughputExceeded)$/

const isHeld = (error: unknown): boolean => {
  const { name, CancellationReasons: reasons = [] } = (error ?? {}) as {
    name?: string
    CancellationReasons?: { Code?: string }[]
  }
  if (name === 'TransactionConflictException') return true
  if (name !== 'TransactionCanceledException') return false
  const codes = reasons.map(({ Code = 'None' }) => Code).filter(code => code !== 'None')
  return codes.length > 0 && codes.every(code => PASSES.test(code))
}
