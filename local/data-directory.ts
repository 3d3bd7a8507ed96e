import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DataDirectoryUnusableError } from '#core/errors/settings.ts'

/** Where the control plane keeps what is its own, all of it readable by the owner alone. */
export const filesOf = (directory: string) => ({
  settings: join(directory, 'settings.json'),
  catalog: join(directory, 'control', 'catalog.sqlite'),
  password: join(directory, 'control', 'password.json'),
  endpoint: join(directory, 'control', 'endpoint.json'),
  secrets: join(directory, 'secrets'),
  identity: join(directory, 'gateway', 'identity.json'),
  enrolmentCode: join(directory, 'gateway', 'enrolment-code'),
  auditCopy: join(directory, 'audit'),
  repository: join(directory, 'repository'),
  /** Sealed parts of answers on their way to a browser. */
  transit: join(directory, 'control', 'transit'),
})

/** @returns the parsed file, or `undefined` where there is none, or none that can be read as JSON */
export const readJson = async (path: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * Writes a file that a reader sees whole or not at all.
 * @throws `DATA_DIRECTORY_UNUSABLE`
 */
export const writePrivately = async (path: string, text: string): Promise<void> => {
  const temporary = `${path}.${process.pid}`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeFile(temporary, text, { mode: 0o600 })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    const why = REASONS[(error as NodeJS.ErrnoException).code ?? '']
    throw why === undefined ? error : new DataDirectoryUnusableError(path, why, error)
  }
}

const REASONS: Record<string, string> = {
  ENOSPC: 'there is no space left on the disk',
  EDQUOT: 'the quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
}
