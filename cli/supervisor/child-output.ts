import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { safeText } from '../output/safe-text.ts'

/** `2026-11-22T14:07:06.123Z warn text`; a line without a level tells of trouble. */
const LOG_LINE = /^\d{4}-\d\d-\d\dT[\d:.]+Z (?:(debug|info|warn|error) )?(?:control plane: )?(.*)$/s
/** `Sentence. Advice. (CODE)`: why a part will not start. */
const REASON = /\([A-Z][A-Z0-9_]+\)$|\[[A-Z][A-Z0-9_]+\]$/
/** `TypeError: …`, `Error [ERR_X]: …`: the line of a crash that says what happened. */
const CRASH = /^(?:Uncaught )?(?:[A-Z]\w*)?Error(?: \[\w+\])?: ./

export type LineKind = 'quiet' | 'news' | 'crash'

/** @returns what a line of a part's standard error is, and what to show of it */
export const classify = (line: string): { kind: LineKind; text: string } => {
  const [whole, level, text = ''] = LOG_LINE.exec(line) ?? []
  if (whole !== undefined)
    return { kind: level === 'info' || level === 'debug' ? 'quiet' : 'news', text }
  if (REASON.test(line)) return { kind: 'news', text: line }
  return { kind: CRASH.test(line) ? 'crash' : 'quiet', text: line }
}

/**
 * Passes on what a part writes, line by line: all of it to the log, to the person only what concerns them. Stack traces stay
 * in the log.
 */
export const readChildOutput = (
  { stdout, stderr }: { stdout: Readable; stderr: Readable },
  {
    log,
    show,
    crash,
  }: {
    log: (line: string) => void
    show: (text: string) => void
    /** takes the line that says why a part crashed */
    crash: (text: string) => void
  },
): void => {
  createInterface({ input: stdout }).on('line', log)
  createInterface({ input: stderr }).on('line', line => {
    log(line)
    const { kind, text } = classify(line)
    if (kind === 'news') show(safeText(text))
    if (kind === 'crash') crash(safeText(text))
  })
}
