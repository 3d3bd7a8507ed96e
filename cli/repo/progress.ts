import { bar, speaksUnicode } from '../follow/bar.ts'
import { type Host, printJson } from '../host.ts'
import { formatBytes, formatRate } from '../output/units.ts'

const EVERY = { terminal: 100, json: 1000 } // ms

/** A bar on a terminal, `progress` {done, total} in bytes for programs, nothing for logs. */
export const byteProgress = (host: Host, json: boolean, total: number) => {
  const unicode = speaksUnicode(host.env)
  const terminal = !json && host.stderr.isTTY === true
  const every = json ? EVERY.json : EVERY.terminal
  const start = host.now()
  let last = start
  let shown = false
  return {
    update: (done: number): void => {
      const now = host.now()
      if (now - last < every) return
      last = now
      shown = true
      if (json) printJson(host, { event: 'progress', done, total })
      else if (terminal) {
        const rate = formatRate((done * 1000) / (now - start))
        host.stderr.write(
          `\r  ${bar(total > 0 ? done / total : 0, 24, { unicode })}  ${formatBytes(done)} of ${formatBytes(total)}  ${rate}\x1b[K`,
        )
      }
    },
    end: (): void => {
      if (shown && terminal) host.stderr.write('\r\x1b[K')
    },
  }
}
