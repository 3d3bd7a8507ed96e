import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** A log grows to this many bytes; then it becomes `<name>.1` at the next start of its writer, and the one before goes. */
const LOG_BYTES = 10 * 1024 * 1024

/** @returns a function that appends one line, and one that ends the file */
export const logFile = (path: string): { write: (line: string) => void; end: () => void } => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (existsSync(path) && statSync(path).size > LOG_BYTES) renameSync(path, `${path}.1`)
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 })
  // A full disk must not end the supervisor: the log is what can be spared.
  stream.on('error', () => {})
  return { write: line => stream.write(`${line}\n`), end: () => stream.end() }
}
