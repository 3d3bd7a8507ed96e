import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Settings } from '#core/contracts/settings.ts'
import { XenkeepError } from '#core/errors/base.ts'
import { SettingsInvalidError } from '#core/errors/settings.ts'

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

/** @throws `SETTINGS_INVALID`, naming each wrong or unknown member */
export const readSettings = async (dataDir: string): Promise<Settings> => {
  const file = join(dataDir, 'settings.json')
  let json: unknown
  try {
    json = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new SettingsInvalidError(file, 'the file is missing or no JSON.', error)
  }
  const parsed = Settings.safeParse(json)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  )
  throw new SettingsInvalidError(file, `${issues.join('; ')}.`, parsed.error)
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
