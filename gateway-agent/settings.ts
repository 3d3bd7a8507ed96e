import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Settings } from '#core/contracts/settings.ts'
import { SettingsInvalidError } from '#core/errors/settings.ts'

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
