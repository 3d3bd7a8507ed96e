import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { XenkeepError } from '#core/errors/base.ts'

/** A file with a secret cannot be read, or is empty. */
export class SecretFileError extends XenkeepError {
  readonly code = 'SECRET_UNREADABLE'
  constructor(what: string, file: string, cause?: unknown) {
    super(`The ${what} cannot be read from ${file}.`, {
      advice: 'Write it into this file, readable by the user of the gateway only (mode 0600).',
      cause,
    })
  }
}

/**
 * @param what for messages: "password of root"
 * @param file relative names start at the data directory
 * @throws `SECRET_UNREADABLE`
 */
export const readSecret = async (what: string, dataDir: string, file: string): Promise<string> => {
  const path = resolve(dataDir, file)
  const text = await readFile(path, 'utf8').catch(error => {
    throw new SecretFileError(what, path, error)
  })
  // Editors end the last line; that line break is not part of a password.
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') throw new SecretFileError(what, path)
  return secret
}
