import { asXenkeepError } from '#core/errors/base.ts'
import type { Clock } from '#core/ports.ts'

/** One line each, for a person or journald to read. Whoever calls it passes no secret. */
export interface Log {
  info(line: string): void
  warn(line: string, error?: unknown): void
  error(line: string, error?: unknown): void
}

/** Lines of time, level and text; line breaks in the text become spaces. */
export const createLog = ({
  clock,
  write,
}: {
  clock: Clock
  write: (line: string) => void
}): Log => {
  const line = (level: string, text: string) =>
    write(
      `${new Date(clock.now()).toISOString()} ${level} ${text.replaceAll(/\s*[\r\n]+\s*/g, ' ')}\n`,
    )
  const withError = (level: string) => (text: string, error?: unknown) =>
    line(level, error === undefined ? text : `${text}: ${described(error)}`)
  return {
    info: text => line('info', text),
    warn: withError('warn'),
    error: withError('error'),
  }
}

const described = (error: unknown): string => {
  const { code, message, advice } = asXenkeepError(error)
  return `${message} ${advice} [${code}]`
}
