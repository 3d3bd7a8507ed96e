import { type Host, printJson } from '../host.ts'
import { formatBytes } from '../output/units.ts'

const EVERY = { terminal: 100, json: 1000 } // ms

/** Nobody knows beforehand how much there is: what was seen is counted. On a terminal a line, `progress` {entries, bytes} for programs, nothing for logs. */
export const entryProgress = (host: Host, json: boolean) => {
  const terminal = !json && host.stderr.isTTY === true
  let last = host.now()
  let shown = false
  return {
    update: ({ entries, bytes }: { entries: number; bytes: number }): void => {
      const now = host.now()
      if (now - last < (json ? EVERY.json : EVERY.terminal)) return
      last = now
      shown = true
      if (json) printJson(host, { event: 'progress', entries, bytes })
      else if (terminal)
        host.stderr.write(
          `\r  ${entries.toLocaleString('en')} entries, ${formatBytes(bytes)}\x1b[K`,
        )
    },
    end: (): void => {
      if (shown && terminal) host.stderr.write('\r\x1b[K')
    },
  }
}
