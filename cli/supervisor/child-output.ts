import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { safeText } from '../output/safe-text.ts'

/** `2026-11-22T14:07:06.123Z info text`, as the children log. */
const LOG_LINE = /^\S+Z (debug|info|warn|error) (.*)$/s

/**
 * Passes on what a child writes, line by line.
 * @param log takes every line
 * @param show takes what a person should see: warnings, errors, and whatever is no log line (a crash)
 */
export const readChildOutput = (
  stream: Readable,
  { log, show }: { log: (line: string) => void; show: (line: string) => void },
): void => {
  createInterface({ input: stream }).on('line', line => {
    log(line)
    const [, level, text = ''] = LOG_LINE.exec(line) ?? []
    if (level === undefined) show(safeText(line))
    else if (level === 'warn' || level === 'error') show(safeText(text))
  })
}
