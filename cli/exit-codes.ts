import type { XenkeepError } from '#core/errors/base.ts'

/** What a script learns from `$?`. Stable; described in docs/cli.md and `xenkeep --help`. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  partly: 3,
  unreachable: 4,
  refused: 5,
  damaged: 6,
  /** 128 + SIGINT: following was ended from the keyboard, what was started goes on. */
  interrupted: 130,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

export const EXIT_CODE_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [ExitCode.ok, 'all that was asked for is done'],
  [ExitCode.failed, 'it failed, or was cancelled'],
  [ExitCode.usage, 'the command line or the settings are wrong; nothing was done'],
  [ExitCode.partly, 'partly done: some VMs succeeded, some did not'],
  [ExitCode.unreachable, 'not running or not reachable: XenKeep, a pool, or the repository'],
  [ExitCode.refused, 'not let in: passphrase, password, token, certificate or permission'],
  [ExitCode.damaged, 'the repository is damaged'],
  [ExitCode.interrupted, 'you stopped watching (Ctrl-C); the run goes on'],
]

const USAGE = /^(USAGE|SETTINGS_\w+|UNKNOWN_SETTING|ALREADY_RUNNING|INVALID_REQUEST)$/
const UNREACHABLE = /(UNREACHABLE|UNAVAILABLE|NOT_RUNNING|CONNECTION|TIMEOUT|TIMED_OUT)/
const REFUSED =
  /(PASSPHRASE|AUTHENTICATION|AUTHORIZATION|UNAUTHORIZED|FORBIDDEN|DENIED|CERTIFICATE|FINGERPRINT)/
const DAMAGED = /(DAMAGED|CORRUPT|TRUNCATED)/

/** @returns the exit code for an error that ends a command, by the family its stable code belongs to */
export const exitCodeOf = ({ code }: Pick<XenkeepError, 'code'>): ExitCode => {
  if (USAGE.test(code)) return ExitCode.usage
  if (REFUSED.test(code)) return ExitCode.refused
  if (UNREACHABLE.test(code)) return ExitCode.unreachable
  if (DAMAGED.test(code)) return ExitCode.damaged
  return ExitCode.failed
}
