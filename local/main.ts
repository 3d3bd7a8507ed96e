import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { asXenkeepError } from '#core/errors/base.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

/** Whoever supervises us: starting again will not help before a person has done something. */
const CANNOT_START = 2

const directoryOf = (): string => {
  const { values } = parseArgs({ options: { data: { type: 'string' } } })
  return resolve(
    values.data ?? process.env.XENKEEP_DATA ?? join(homedir(), '.local', 'share', 'xenkeep'),
  )
}

const log = (line: string): void => {
  process.stderr.write(`${new Date().toISOString()} control plane: ${line}\n`)
}

const stopOnce = (control: ControlPlane): (() => void) => {
  let stopping = false
  return () => {
    if (stopping) return
    stopping = true
    control.stop().then(
      () => process.exit(0),
      error => {
        log(`The stop failed: ${error}`)
        process.exit(1)
      },
    )
  }
}

try {
  const control = await startControlPlane(directoryOf(), log)
  const stop = stopOnce(control)
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('disconnect', stop) // our supervisor is gone
  process.stdout.write(`${JSON.stringify({ event: 'listening', url: control.url })}\n`)
} catch (error) {
  const { code, message, advice, retryable } = asXenkeepError(error)
  process.stderr.write(`${message} ${advice} (${code})\n`)
  process.exit(retryable || code === 'UNEXPECTED' ? 1 : CANNOT_START)
}
