import type { Log } from '../../log.ts'

/** Lines that are kept at most: a minute of an agent that has trouble. */
const KEPT = 1_000

/** A log whose lines wait in memory while its file may lie on what is frozen: to write there would stop this process with the rest. */
export interface QuietLog extends Log {
  hold(): void
  /** Writes what waited; its times are those of now. */
  goOn(): void
}

export const quietLog = (log: Log): QuietLog => {
  let isHeld = false
  let waiting: (() => void)[] = []
  const later = (line: () => void): void => {
    if (!isHeld) line()
    else if (waiting.length < KEPT) waiting.push(line)
  }
  return {
    info: line => later(() => log.info(line)),
    warn: (line, error) => later(() => log.warn(line, error)),
    error: (line, error) => later(() => log.error(line, error)),
    hold: () => {
      isHeld = true
    },
    goOn: () => {
      isHeld = false
      const lines = waiting
      waiting = []
      for (const line of lines) line()
    },
  }
}
