import { readFileSync } from 'node:fs'
import { timeFormat } from './output/units.ts'
import { runProgram } from './program.ts'
import { stopRequests } from './signals.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

// A reader that went away (`xenkeep runs | head -1`) is no failure. A command that streams data listens for itself.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', error => {
    const isOurs = stream.listenerCount('error') === 1
    if (isOurs && (error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
  })

process.exitCode = await runProgram(
  {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    fetch: globalThis.fetch,
    now: Date.now,
    time: timeFormat(),
    onStop: stopRequests(process, Date.now),
  },
  process.argv.slice(2),
  version,
)
