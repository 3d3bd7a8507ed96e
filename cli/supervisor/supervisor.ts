import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { files } from '../data-directory.ts'
import { formatDuration } from '../output/units.ts'
import { readChildOutput } from './child-output.ts'
import { logFile } from './log-file.ts'
import { type ChildEnd, type SupervisedChild, superviseChild } from './supervised-child.ts'

/** A program that `xenkeep up` runs, below the project's root. */
export interface Part {
  /** As people are told of it. */
  name: string
  script: string
  /** Name of its log file. */
  log: string
  env: NodeJS.ProcessEnv
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Starts a part and keeps it running.
 *
 * It gets a process group of its own, so that Ctrl-C reaches only the supervisor, which then stops the parts in good order;
 * and a channel (ipc), whose end tells it that the supervisor was killed.
 * @param show takes lines for the person at the terminal
 */
export const startPart = (
  { name, script, log, env }: Part,
  dataDir: string,
  show: (line: string) => void,
): SupervisedChild => {
  const path = join(files(dataDir).logs, log)
  const file = logFile(path)
  let reason = ''
  const start = () => {
    const child = spawn(process.execPath, [join(root, script), '--data', dataDir], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
      env,
    })
    readChildOutput(child as typeof child & { stdout: Readable; stderr: Readable }, {
      log: file.write,
      show: text => show(`${name}: ${text}`),
      crash: text => {
        reason = text
      },
    })
    return child
  }
  const supervised = superviseChild({
    spawn: start,
    sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
    now: Date.now,
    onRestart: (end, delay) => {
      const why = [endText(end), ...(reason ? [reason] : [])].join(', ')
      reason = ''
      show(
        `The ${name} ended unexpectedly (${why}). It starts again in ${formatDuration(delay / 1_000)}, and runs under way go on. Details: ${path}`,
      )
    },
  })
  supervised.ended.finally(file.end)
  return supervised
}

export const endText = ({ code, signal }: ChildEnd): string =>
  signal ? `signal ${signal}` : code === null ? 'it could not be started' : `exit code ${code}`

/** How long a part may take to stop in good order before it is ended: it removes its snapshots from the pool. */
const STOP_SECONDS = 40

/**
 * Stops the parts one after the other, in the order given.
 * @param hurry aborted when the person does not want to wait: all are killed then
 */
export const stopParts = async (
  parts: readonly SupervisedChild[],
  hurry: AbortSignal,
): Promise<void> => {
  const killAll = () => {
    for (const part of parts) part.kill()
  }
  if (hurry.aborted) killAll()
  hurry.addEventListener('abort', killAll)
  for (const part of parts) {
    const done = new AbortController()
    part.stop()
    setTimeout(STOP_SECONDS * 1_000, undefined, { signal: done.signal }).then(part.kill, () => {})
    await part.ended
    done.abort()
  }
  hurry.removeEventListener('abort', killAll)
}

/** @returns when a request to stop comes (undefined), or when a part cannot go on (how it ended) */
export const untilStopped = (
  parts: readonly SupervisedChild[],
  stop: AbortSignal,
): Promise<ChildEnd | undefined> =>
  Promise.race([
    ...parts.map(part => part.ended),
    new Promise<undefined>(resolve => {
      if (stop.aborted) resolve(undefined)
      stop.addEventListener('abort', () => resolve(undefined), { once: true })
    }),
  ])
