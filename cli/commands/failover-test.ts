import { UsageError } from '../errors.ts'
import { ulid } from './arguments.ts'

/** What `xenkeep failover --test` takes. */
export interface TestOptions {
  point?: string
  /** seconds */
  for?: number
  network?: string
  timeout?: number
  script?: string
  guestVerdict?: true
}

const DAY = 86_400 // seconds: the longest that a copy stays

/** @throws `USAGE` for what does not go together */
export const guardTest = ({
  test,
  force,
  start,
  ...more
}: TestOptions & { test?: true; force?: true; start: boolean }): void => {
  const ofTest = { ...more, point: undefined }
  const [given] = Object.entries(ofTest).find(([, value]) => value !== undefined) ?? []
  if (!test && given !== undefined)
    throw new UsageError(
      `--${given.replace('guestVerdict', 'guest-verdict')} belongs to a test.`,
      'Add --test; a real failover has no such thing.',
    )
  if (test && (force || !start))
    throw new UsageError(
      `${force ? '--force' : '--no-start'} belongs to a real failover, not to a test.`,
      'A test disturbs nothing, so nothing has to be forced.',
    )
  if ((more.for ?? 0) > DAY)
    throw new UsageError(
      'A copy stays for a day at most.',
      'Say --for 1d, or fail over in earnest.',
    )
}

/** @throws `USAGE` */
export const testOf = (options: TestOptions) => {
  const { point, network, script, timeout, guestVerdict } = options
  return {
    command: 'test' as const,
    ...(point && { pointId: ulid(point, 'recovery point', 'xenkeep replicas --json') }),
    ...(network && { networkUuid: network.toLowerCase() }),
    ...(timeout && { timeoutSeconds: timeout }),
    ...(script && { script }),
    ...(guestVerdict && { guestVerdict }),
    ...(options.for && { keepSeconds: options.for }),
  }
}
