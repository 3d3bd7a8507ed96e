import { readFile } from 'node:fs/promises'
import { Settings } from '#core/contracts/settings.ts'
import { SettingsInvalidError } from '#core/errors/settings.ts'

/**
 * @param path of `settings.json`; without the file every setting has its default
 * @throws `SETTINGS_INVALID` naming the member
 */
export const readSettings = async (path: string): Promise<Settings> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}'
    throw new SettingsInvalidError(path, `the file cannot be read (${error.code}).`, error)
  })
  const result = Settings.safeParse(parsed(path, text))
  if (result.success) return result.data
  const [issue] = result.error.issues
  const at = issue?.path.join('.') || 'the whole'
  throw new SettingsInvalidError(path, `${at}: ${issue?.message ?? 'not valid'}.`)
}

const parsed = (path: string, text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SettingsInvalidError(path, 'it is not JSON.', cause)
  }
}
